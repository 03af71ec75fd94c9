"""Rasa's tracker store (endpoints.yml, `tracker_store`): one encrypted row per stretch, in the service's own database.

A stretch ends after 30 turns or 30 idle minutes, so a row stays small and its cost flat; retention deletes it.
Whoever is no contact of ours (`rasa shell`, `rasa test`) is kept in memory only.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import SerializedTrackerAsText, TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker

from helpline import clock, contacts, service
from helpline.db.engine import reading
from helpline.db.schema import trackers


class StretchTrackerStore(TrackerStore, SerializedTrackerAsText):
    """Trackers of contacts in the database, all others in memory."""

    def __init__(
        self,
        domain: Domain | None = None,
        event_broker: EventBroker | None = None,
        host: str | None = None,
        **kwargs: Any,
    ) -> None:
        self._service = service.start()
        self._strangers: dict[str, str] = {}
        super().__init__(domain or Domain.empty(), event_broker, **kwargs)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Keep the tracker as it is now."""
        await self.stream_events(tracker)
        dialogue = self.serialise_tracker(tracker)
        if ":" not in tracker.sender_id:
            self._strangers[tracker.sender_id] = dialogue
            return
        values = {
            "events_sealed": self._service.vault.seal(dialogue),
            "contact_id": contacts.of_sender(tracker.sender_id),
            "updated_at": clock.now(),
        }
        # In a thread: waiting for the database must not hold up the other conversations.
        await asyncio.to_thread(self._write, tracker.sender_id, values)

    def _write(self, sender_id: str, values: dict[str, Any]) -> None:
        with self._service.engine.begin() as conn:
            update = sa.update(trackers).where(trackers.c.sender_id == sender_id).values(**values)
            if not conn.execute(update).rowcount:
                conn.execute(sa.insert(trackers).values(sender_id=sender_id, **values))

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The tracker of a stretch, or None when it is new.

        A database that cannot be reached raises: a forgotten conversation would be worse than a late answer.
        """
        dialogue = self._strangers.get(sender_id)
        if ":" in sender_id:
            sealed = await asyncio.to_thread(self._read, sender_id)
            dialogue = self._service.vault.open(sealed) if sealed else None
        return self.deserialise_tracker(sender_id, dialogue) if dialogue else None

    def _read(self, sender_id: str) -> str | None:
        with reading(self._service.engine) as conn:
            query = sa.select(trackers.c.events_sealed).where(trackers.c.sender_id == sender_id)
            sealed: str | None = conn.execute(query).scalar()
        return sealed

    async def retrieve_full_tracker(self, conversation_id: str) -> DialogueStateTracker | None:
        """The same: a stretch is one session."""
        return await self.retrieve(conversation_id)

    async def keys(self) -> Iterable[str]:
        """Sender ids known in this process; the contacts' are not listed on purpose."""
        return list(self._strangers)
