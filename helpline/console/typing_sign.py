"""Show the contact that a person is writing. WhatsApp marks their messages as read with it: see docs/decisions."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import clock, contacts, logs
from helpline.cases import Case
from helpline.db.schema import inbox
from helpline.errors import ProviderError
from helpline.whatsapp.client import Client

EVERY_SECONDS = 25
"""WhatsApp shows it for so long; more often would only cost calls."""
log = logs.get(__name__)


class TypingSign:
    """Tells WhatsApp, at most every 25 seconds for a contact, and never in the way of who types."""

    def __init__(self, wire: Client) -> None:
        self._wire = wire
        self._told: dict[str, float] = {}
        self._lock = threading.Lock()
        self._beside = ThreadPoolExecutor(max_workers=1, thread_name_prefix="typing")

    def show(self, conn: Connection, case: Case) -> bool:
        """Show it to the case's contact, if their window is open and they want messages; whether it was shown."""
        if case.window_closes_at <= clock.now() or contacts.get(conn, case.contact_id).stopped_at is not None:
            return False
        at = time.monotonic()
        with self._lock:
            self._told = {who: told for who, told in self._told.items() if at - told < EVERY_SECONDS}
            if case.contact_id in self._told:
                return False
            self._told[case.contact_id] = at
        newest = sa.select(inbox.c.message_id).where(inbox.c.contact_id == case.contact_id)
        message_id = conn.execute(newest.order_by(inbox.c.id.desc()).limit(1)).scalar()
        if message_id:
            self._beside.submit(self._tell, message_id)
        return bool(message_id)

    def settle(self) -> None:
        """Wait until everything was told; for tests."""
        self._beside.submit(int).result(5)

    def _tell(self, message_id: str) -> None:
        try:
            self._wire.typing(message_id)
        except ProviderError as error:
            logs.event(log, "typing_not_shown", error=type(error).__name__)
