"""Messages received: stored once, handed out in order, one in flight per contact."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import clock, redaction
from helpline.db.engine import insert_once
from helpline.db.schema import dead_letters, inbox
from helpline.db.vault import Vault
from helpline.messages import Identity, InboundMessage, Location, Media

LEASE_SECONDS = 60
"""A drain that died gives its messages back after this long; longer than any turn's deadline."""
ATTEMPTS = 5
PIN_DECIMALS = 2
"""About a kilometre: near enough for the nearest service, too coarse for a doorstep (DNH-05)."""
RETENTION_OF_IDS_DAYS = 30


@dataclass(frozen=True)
class Received:
    """A stored message that a drain has claimed."""

    id: int
    contact_id: str
    message: InboundMessage
    attempts: int


# Statements of every message are made once: SQLAlchemy takes five times longer to build one than to run it.
_UPDATE = sa.update(inbox).where(inbox.c.id == sa.bindparam("row"))
_OUTCOME = sa.select(inbox.c.outcome).where(inbox.c.id == sa.bindparam("row")).with_for_update()
_TAKE = (
    sa.update(inbox)
    .where(inbox.c.id.in_(sa.bindparam("rows", expanding=True)))
    .values(state="in_flight", lease_until=sa.bindparam("until"), attempts=inbox.c.attempts + 1)
)


def _takeable() -> Any:
    unfinished = inbox.c.state.in_(("waiting", "in_flight"))
    heads = sa.select(sa.func.min(inbox.c.id).label("id")).where(unfinished).group_by(inbox.c.contact_id).subquery()
    free = sa.or_(inbox.c.state == "waiting", inbox.c.lease_until < sa.bindparam("at"))
    query = sa.select(inbox).join(heads, heads.c.id == inbox.c.id).where(free, unfinished)
    return query.order_by(inbox.c.id).limit(sa.bindparam("most")).with_for_update(of=inbox, skip_locked=True)


_TAKEABLE = _takeable()


def store(conn: Connection, vault: Vault, message: InboundMessage, contact_id: str) -> int | None:
    """Keep a message, without numbers that lead to a person; its row id, or None when WhatsApp sent it before."""
    message = redaction.cleaned(message)
    values = {
        "phone_number_id": message.phone_number_id,
        "message_id": message.message_id,
        "contact_id": contact_id,
        "kind": message.kind[:24],
        "body_sealed": vault.seal(_pack(message)),
        "sent_at": message.sent_at,
        "received_at": clock.now(),
        "state": "waiting",
        "attempts": 0,
    }
    return insert_once(conn, inbox, values, ("phone_number_id", "message_id"))


def claim(conn: Connection, vault: Vault, limit: int) -> list[Received]:
    """Take up to `limit` messages: the oldest unfinished one of each contact, longest waiting first."""
    at = clock.now()
    rows = conn.execute(_TAKEABLE, {"at": at, "most": limit}).all()
    if not rows:
        return []
    conn.execute(_TAKE, {"rows": [row.id for row in rows], "until": at + LEASE_SECONDS})
    return [Received(row.id, row.contact_id, unpack(vault.open(row.body_sealed)), row.attempts + 1) for row in rows]


def finish(
    conn: Connection,
    vault: Vault,
    received: Received,
    outcome: str,
    *,
    language: str | None,
    case_id: int | None,
    topic: str | None = None,
) -> None:
    """Mark a message as dealt with. A pin has been used now, so it is taken out of the stored message.

    `topic`, the intent, stays until it is counted (insights/counting.py).
    """
    values: dict[str, Any] = {
        "state": "done", "outcome": outcome, "language": language, "case_id": case_id, "topic": (topic or "")[:40],
    }  # fmt: skip
    if received.message.location is not None:
        values["body_sealed"] = vault.seal(_pack(_without_pin(received.message)))
    conn.execute(_UPDATE, {"row": received.id, "lease_until": None, **values})


def outcome(conn: Connection, inbox_id: int) -> str | None:
    """How a message ended; None while it has not. Nobody else can end it in the same moment."""
    found: str | None = conn.execute(_OUTCOME, {"row": inbox_id}).scalar()
    return found


def give_back(conn: Connection, received: Received) -> bool:
    """Let a message be taken again later; False when it has been tried too often and is now dead."""
    state = "waiting" if received.attempts < ATTEMPTS else "dead"
    conn.execute(_UPDATE, {"row": received.id, "state": state, "lease_until": None})
    return state == "waiting"


def pin_of(conn: Connection, vault: Vault, inbox_id: int) -> Location | None:
    """The location a message in flight carries; gone once the message is finished."""
    sealed = conn.execute(sa.select(inbox.c.body_sealed).where(inbox.c.id == inbox_id)).scalar()
    return unpack(vault.open(sealed)).location if sealed else None


def before(conn: Connection, vault: Vault, received: Received) -> InboundMessage | None:
    """The message the contact sent before this one."""
    here = sa.and_(inbox.c.contact_id == received.contact_id, inbox.c.id < received.id)
    sealed = conn.execute(sa.select(inbox.c.body_sealed).where(here).order_by(inbox.c.id.desc()).limit(1)).scalar()
    return unpack(vault.open(sealed)) if sealed else None


def take_back(conn: Connection, vault: Vault, revoke: InboundMessage, contact_id: str) -> None:
    """The contact deleted a message of theirs on the phone: what it said goes from here too."""
    original = inbox.c.message_id == str(revoke.details.get("original_message_id") or "")
    here = sa.and_(original, inbox.c.phone_number_id == revoke.phone_number_id, inbox.c.contact_id == contact_id)
    row = conn.execute(sa.select(inbox.c.id).where(here)).first()
    if row is not None:
        empty_message(conn, vault, row.id, revoked=True)


def empty_message(conn: Connection, vault: Vault, inbox_id: int, **why: bool) -> None:
    """Take everything a message said out of it; the row stays, so that a resend is still known."""
    sealed = conn.execute(sa.select(inbox.c.body_sealed).where(inbox.c.id == inbox_id)).scalar_one()
    left = dataclasses.replace(unpack(vault.open(sealed)), text=None, media=(), location=None, context={}, details=why)
    conn.execute(sa.update(inbox).where(inbox.c.id == inbox_id).values(body_sealed=vault.seal(_pack(left))))


def bury(conn: Connection, vault: Vault, reason: str, raw: str) -> None:
    """Keep what was signed but could not be read, for a person to look at."""
    values = {"reason": reason[:60], "body_sealed": vault.seal(raw), "received_at": clock.now()}
    conn.execute(sa.insert(dead_letters).values(**values))


def waiting(conn: Connection) -> tuple[int, int]:
    """How many messages wait, and for how many seconds the oldest has."""
    query = sa.select(sa.func.count(), sa.func.min(inbox.c.received_at)).where(inbox.c.state == "waiting")
    count, oldest = conn.execute(query).one()
    return count, max(0, clock.now() - oldest) if count else 0


def unpack(body: dict[str, Any]) -> InboundMessage:
    """A message from its stored form."""
    body = dict(body)
    location = body.get("location")
    body["sender"] = Identity()
    body["media"] = tuple(Media(**one) for one in body.get("media", ()))
    body["location"] = Location(**location) if location else None
    return InboundMessage(**body)


def _pack(message: InboundMessage) -> dict[str, Any]:
    """The stored form. The sender is left out: contacts.py alone keeps identities. Of a pin only about a kilometre."""
    body = dataclasses.asdict(message)
    del body["sender"]
    if message.location is not None:
        body["location"] |= {name: round(body["location"][name], PIN_DECIMALS) for name in ("latitude", "longitude")}
    return {key: value for key, value in body.items() if value not in (None, [], {}, ())}


def _without_pin(message: InboundMessage) -> InboundMessage:
    return dataclasses.replace(message, location=None, details={**message.details, "pin": "used"})
