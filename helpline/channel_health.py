"""Whether messages come in and go out at all: looked at every minute, said on every page, and told to who is on call.

A revoked token or a webhook that no longer comes looks like a quiet day from the desk.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import clock, heartbeats, inbox, logs, notices, outbox
from helpline.db import schema
from helpline.db.engine import reading
from helpline.service import Service
from helpline.whatsapp import carrier, client

KIND = "whatsapp"
UNREACHABLE_SECONDS = 120
"""A single call that finds no connection is no trouble yet."""
UNCHECKED_SECONDS = 300
UNSENT_SECONDS, UNREAD_SECONDS = 300, 120
QUIET_SECONDS = 6 * 3600
USUAL_MESSAGES, USUAL_SECONDS = 20, 7 * 86400
"""Silence is news only where so many messages came within a week."""
AWAKE = range(10, 22)
"""Hours of the day in the Netherlands at which people write."""
log = logs.get(__name__)


@dataclass(frozen=True)
class Trouble:
    """One thing that is wrong, and for how long."""

    kind: str
    """account, unreachable, unchecked, unsent, unread or quiet."""
    seconds: int


def look(service: Service, wire: client.Client | None = None) -> None:
    """Ask WhatsApp for our own number, keep the answer, and tell who is on call of anything that is wrong."""
    wire = wire or carrier.client_of(service.settings)
    trouble = _asked(wire)
    with service.engine.begin() as conn:
        before = _sign(conn)
        same = before is not None and before.facts.get("trouble") == trouble
        since = before.facts.get("since", clock.now()) if same and before else clock.now()
        heartbeats.beat(conn, KIND, {"kind": KIND, "trouble": trouble, "since": since})
    with reading(service.engine) as conn:
        found = troubles(conn)
    with service.engine.begin() as conn:
        for one in found:
            began = clock.now() - one.seconds
            if notices.put(conn, "channel", "on_call", f"channel:{one.kind}:{began // 3600}", seconds=one.seconds):
                logs.event(log, "channel_trouble", level=50, kind=one.kind, seconds=one.seconds)


def troubles(conn: Connection) -> list[Trouble]:
    """What is wrong now, the worst first; usually nothing. A fixed number of cheap queries."""
    at = clock.now()
    found = []
    sign = _sign(conn)
    if sign is not None:
        lasts = at - int(sign.facts.get("since", sign.at))
        if sign.at < at - UNCHECKED_SECONDS:
            found.append(Trouble("unchecked", at - sign.at))
        elif sign.facts.get("trouble") == "account":
            found.append(Trouble("account", lasts))
        elif sign.facts.get("trouble") == "unreachable" and lasts >= UNREACHABLE_SECONDS:
            found.append(Trouble("unreachable", lasts))
    unsent, unread = outbox.waiting(conn)[1], inbox.waiting(conn)[1]
    if unsent >= UNSENT_SECONDS:
        found.append(Trouble("unsent", unsent))
    if unread >= UNREAD_SECONDS:
        found.append(Trouble("unread", unread))
    quiet = _quiet(conn)
    if quiet >= QUIET_SECONDS and not found:
        found.append(Trouble("quiet", quiet))
    return found


def _asked(wire: client.Client) -> str:
    try:
        wire.check()
    except client.AccountTrouble:
        return "account"
    except client.Refusal as error:
        return "unreachable" if error.retryable else ""
    return ""


def _sign(conn: Connection) -> heartbeats.Sign | None:
    return next(iter(heartbeats.signs(conn, KIND)), None)


def _quiet(conn: Connection) -> int:
    """Seconds without any message, by day, where messages are usual; else 0."""
    at, table = clock.now(), schema.inbox
    if clock.local(at).hour not in AWAKE:
        return 0
    newest = sa.select(table.c.received_at).order_by(table.c.id.desc()).limit(USUAL_MESSAGES)
    times = [row.received_at for row in conn.execute(newest)]
    usual = len(times) == USUAL_MESSAGES and times[-1] > at - USUAL_SECONDS
    opening = at - (clock.local(at).hour - AWAKE.start) * 3600 - clock.local(at).minute * 60
    return max(0, at - max(times[0], opening)) if usual else 0
