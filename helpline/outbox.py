"""Messages to send: one gate they all pass, then claim, send in parts, retry. Receipts: receipts.py.

States: queued → sending → sent → delivered → read; or failed (final), unknown (the provider may have it),
held (outside the 24-hour window), suppressed (the gate refused it; agents can see it).
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import clock, contacts, receipts
from helpline.db.engine import insert_once
from helpline.db.schema import cases, outbox
from helpline.db.vault import Vault
from helpline.messages import Author, Button, Media, OutboundMessage
from helpline.receipts import ATTEMPTS, RANK

WINDOW_SECONDS = 24 * 3600 - 600
"""WhatsApp's customer-service window, ten minutes early: a message on its way must still arrive inside it."""
LEASE_SECONDS = 60
UNKNOWN_WAIT_SECONDS = 30
"""How long a receipt may still tell that an unanswered call did arrive, before the message is sent again, once."""
OPEN_STATES = ("queued", "sending", "unknown")


@dataclass(frozen=True)
class Outgoing:
    """A message the worker has claimed."""

    id: int
    contact_id: str
    message: OutboundMessage
    attempts: int
    was_unknown: bool
    parts_done: int = 0
    """How many of its payloads the provider took already: a long text is not begun again after a fault half-way."""


# Statements of every message are made once: SQLAlchemy takes five times longer to build one than to run it.
_AT = sa.bindparam("at")
_OF_CONTACT = outbox.c.contact_id == sa.bindparam("contact")
_READY = sa.and_(outbox.c.state.in_(("queued", "unknown")), outbox.c.next_attempt_at <= _AT)
_STALE = sa.and_(outbox.c.state == "sending", outbox.c.lease_until < _AT)
_ANY_STALE = sa.select(outbox.c.id).where(_STALE).limit(1)
_DUE = sa.select(outbox.c.id).where(sa.or_(_READY, _STALE)).limit(1)
_OPEN = outbox.c.state.in_(OPEN_STATES)
_HEADS = sa.select(sa.func.min(outbox.c.id).label("id")).where(_OPEN).group_by(outbox.c.contact_id).subquery()
_TAKEABLE = (
    sa.select(outbox)
    .join(_HEADS, _HEADS.c.id == outbox.c.id)
    .where(_READY)
    .order_by(outbox.c.id)
    .limit(sa.bindparam("most"))
    .with_for_update(of=outbox, skip_locked=True)
)
_TAKE = (
    sa.update(outbox)
    .where(outbox.c.id.in_(sa.bindparam("rows", expanding=True)))
    .values(state="sending", lease_until=sa.bindparam("until"), attempts=outbox.c.attempts + 1)
)
_SENT = (
    sa.update(outbox)
    .where(outbox.c.id == sa.bindparam("row"))
    .values(
        message_id=sa.bindparam("theirs"),
        sent_at=_AT,
        lease_until=None,
        error=sa.case((_OPEN, None), else_=outbox.c.error),
        state=sa.case((_OPEN, "sent"), else_=outbox.c.state),
        rank=sa.case((outbox.c.rank >= RANK["sent"], outbox.c.rank), else_=RANK["sent"]),
    )
)
_RELEASE_HELD = (
    sa.update(outbox).where(_OF_CONTACT, outbox.c.state == "held").values(state="queued", next_attempt_at=_AT)
)
_NEWEST_BODY = (
    sa.select(outbox.c.body_sealed)
    .where(_OF_CONTACT, outbox.c.state != "suppressed")
    .order_by(outbox.c.id.desc())
    .limit(1)
)
_OPEN_CASE = sa.select(cases.c.id, cases.c.state).where(
    cases.c.contact_id == sa.bindparam("contact"), cases.c.state != "closed"
)


def put(
    conn: Connection,
    vault: Vault,
    contact_id: str,
    message: OutboundMessage,
    *,
    author: Author,
    kind: str,
    once_key: str,
    epoch: int | None = None,
    account_id: int | None = None,
    case_id: int | None = None,
    in_reply_to: int | None = None,
    language: str | None = None,
    contact: contacts.Contact | None = None,
) -> str | None:
    """The send gate. The state the message got, or None when `once_key` was used before.

    The assistant may speak only while no case is open and nothing changed since its turn began (`epoch`);
    otherwise its text is kept as suppressed. The one exception is the answer to a suggestion the contact tapped
    (`case_id`) while that case still waits for a person. An agent may speak only in the active case they hold.
    Contacts who asked for silence get nothing but what the safety net says, until they write again.
    `contact`: the row, if this transaction has locked it already.
    """
    contact = contact or contacts.get(conn, contact_id, lock=True)
    state = "queued"
    if (
        (author is Author.ASSISTANT and not _assistant_may_speak(conn, contact, epoch, case_id))
        or (author is Author.AGENT and not _holds(conn, contact_id, account_id))
        or (contact.stopped_at is not None and kind not in ("safety", "stopped"))
    ):
        state = "suppressed"
    elif message.template is None and not window_open(contact):
        state = "held"
    values = {
        "contact_id": contact_id,
        "case_id": case_id,
        "author": author.value,
        "account_id": account_id,
        "in_reply_to": in_reply_to,
        "once_key": once_key,
        "kind": kind[:40],
        "body_sealed": vault.seal(pack(message)),
        "language": language,
        "state": state,
        "rank": 0,
        "attempts": 0,
        "next_attempt_at": clock.now(),
        "created_at": clock.now(),
    }
    return state if insert_once(conn, outbox, values, ("once_key",)) is not None else None


def window_open(contact: contacts.Contact) -> bool:
    """Whether WhatsApp still takes free text for this contact."""
    return window_closes_at(contact) > clock.now()


def window_closes_at(contact: contacts.Contact) -> int:
    """When WhatsApp stops taking free text; 0 for somebody who never wrote."""
    return contact.last_inbound_at + WINDOW_SECONDS if contact.last_inbound_at else 0


def is_due(conn: Connection) -> bool:
    """Whether `claim` might find something: a question that, unlike claim, takes no lock."""
    return conn.execute(_DUE, {"at": clock.now()}).first() is not None


def claim(conn: Connection, vault: Vault, limit: int) -> list[Outgoing]:
    """Take up to `limit` messages that are due: only the oldest unsent one of each contact, so order is kept."""
    at = clock.now()
    _expire_leases(conn, at)
    rows = conn.execute(_TAKEABLE, {"at": at, "most": limit}).all()
    if not rows:
        return []
    conn.execute(_TAKE, {"rows": [row.id for row in rows], "until": at + LEASE_SECONDS})
    return [
        Outgoing(
            r.id, r.contact_id, unpack(vault.open(r.body_sealed)), r.attempts + 1, r.state == "unknown", r.parts_done
        )
        for r in rows
    ]


def _expire_leases(conn: Connection, at: int) -> None:
    """A worker that died in mid-send leaves an outcome nobody knows."""
    if conn.execute(_ANY_STALE, {"at": at}).first():
        conn.execute(
            sa.update(outbox)
            .where(_STALE)
            .values(state="unknown", lease_until=None, next_attempt_at=at + UNKNOWN_WAIT_SECONDS, error="worker_died"),
            {"at": at},
        )


def part_sent(conn: Connection, outbox_id: int, parts_done: int) -> bool:
    """The provider took one more part and there are others; False when they must not follow (failed, erased)."""
    values = {"parts_done": parts_done, "lease_until": clock.now() + LEASE_SECONDS}
    return bool(conn.execute(sa.update(outbox).where(*_sending(outbox_id)).values(**values)).rowcount)


def sent(conn: Connection, outbox_id: int, message_id: str) -> None:
    """The provider took it (its last part); receipts that came before this are applied now."""
    conn.execute(_SENT, {"row": outbox_id, "theirs": message_id, "at": clock.now()})
    receipts.apply_early(conn, outbox_id, message_id)


def retry(conn: Connection, outbox_id: int, attempts: int, after_seconds: int, error: str) -> bool:
    """Try again later; False (and failed for good) when it has been tried enough."""
    if attempts >= ATTEMPTS:
        failed(conn, outbox_id, error)
        return False
    _requeue(conn, outbox_id, after_seconds, error)
    return True


def postpone(conn: Connection, outbox_id: int, after_seconds: int, error: str) -> None:
    """Try again later without counting an attempt: the provider is busy or our account needs a person."""
    _requeue(conn, outbox_id, after_seconds, error, attempts=outbox.c.attempts - 1)


def _requeue(conn: Connection, outbox_id: int, after_seconds: int, error: str, **more: Any) -> None:
    due = clock.now() + after_seconds
    values = {"state": "queued", "lease_until": None, "next_attempt_at": due, "error": error[:40], **more}
    conn.execute(sa.update(outbox).where(*_sending(outbox_id)).values(**values))


def _sending(outbox_id: int) -> tuple[Any, ...]:
    """Only while it is still ours to decide: a receipt may have settled it in the meantime."""
    return outbox.c.id == outbox_id, outbox.c.state == "sending"


def unknown(conn: Connection, outbox_id: int, *, again: bool, error: str, part: int = 0) -> None:
    """The call for a part ended without an answer. Wait for a receipt, then send once more; after that give up.

    If a receipt came while the call was still open, the next part is due at once.
    """
    due = sa.case((outbox.c.parts_done > part, clock.now()), else_=clock.now() + UNKNOWN_WAIT_SECONDS)
    state = sa.case((outbox.c.parts_done > part, "queued"), else_="unknown" if again else "failed")
    values = {"state": state, "next_attempt_at": due, "lease_until": None, "error": error[:40]}
    conn.execute(sa.update(outbox).where(*_sending(outbox_id)).values(**values))


def keep_unknown(conn: Connection, outbox_id: int, error: str) -> None:
    """The provider does not answer at all: what became of the message stays unknown, and no try is counted."""
    due = clock.now() + UNKNOWN_WAIT_SECONDS
    values = {"state": "unknown", "next_attempt_at": due, "lease_until": None, "error": error[:40]}
    conn.execute(sa.update(outbox).where(*_sending(outbox_id)).values(attempts=outbox.c.attempts - 1, **values))


def failed(conn: Connection, outbox_id: int, error: str) -> None:
    """It will not arrive."""
    values = {"state": "failed", "lease_until": None, "error": error[:40]}
    conn.execute(sa.update(outbox).where(outbox.c.id == outbox_id, outbox.c.rank < RANK["delivered"]).values(**values))


def silence(conn: Connection, contact_id: str) -> None:
    """Suppress what still waits to go to somebody who asked for silence; safety texts go all the same."""
    waiting = sa.and_(outbox.c.contact_id == contact_id, outbox.c.state.in_(("queued", "held")))
    conn.execute(sa.update(outbox).where(waiting, outbox.c.kind != "safety").values(state="suppressed"))


def hold(conn: Connection, outbox_id: int) -> None:
    """The window has shut: keep it until the contact writes."""
    conn.execute(sa.update(outbox).where(*_sending(outbox_id)).values(state="held", lease_until=None))


def release_held(conn: Connection, contact_id: str) -> None:
    """The contact wrote, so the window is open: what was held for them may go."""
    conn.execute(_RELEASE_HELD, {"contact": contact_id, "at": clock.now()})


def waiting(conn: Connection) -> tuple[int, int]:
    """How many messages wait to be sent, and for how many seconds the oldest has."""
    query = sa.select(sa.func.count(), sa.func.min(outbox.c.created_at)).where(outbox.c.state.in_(OPEN_STATES))
    count, oldest = conn.execute(query).one()
    return count, max(0, clock.now() - oldest) if count else 0


def last_buttons(conn: Connection, vault: Vault, contact_id: str) -> tuple[Button, ...]:
    """What the newest message to the contact offered to tap, so that a typed number or title counts as a tap."""
    sealed = conn.execute(_NEWEST_BODY, {"contact": contact_id}).scalar()
    return unpack(vault.open(sealed)).buttons if sealed else ()


def last_kind(conn: Connection, contact_id: str) -> str | None:
    """Which of our texts the newest message to the contact is."""
    query = sa.select(outbox.c.kind).where(outbox.c.contact_id == contact_id).order_by(outbox.c.id.desc()).limit(1)
    found: str | None = conn.execute(query).scalar()
    return found


def _assistant_may_speak(conn: Connection, contact: contacts.Contact, epoch: int | None, case_id: int | None) -> bool:
    if epoch != contact.epoch:
        return False
    case = conn.execute(_OPEN_CASE, {"contact": contact.id}).first()
    return case is None or (case.id == case_id and case.state == "waiting")


def _holds(conn: Connection, contact_id: str, account_id: int | None) -> bool:
    query = sa.select(cases.c.id).where(
        cases.c.contact_id == contact_id, cases.c.state == "active", cases.c.account_id == account_id
    )
    return conn.execute(query).first() is not None


def pack(message: OutboundMessage) -> dict[str, Any]:
    """The stored form of a message."""
    return {key: value for key, value in dataclasses.asdict(message).items() if value not in (None, "", (), [], False)}


def unpack(body: dict[str, Any]) -> OutboundMessage:
    """A message from its stored form."""
    body = {"text": "", **body}
    body["buttons"] = tuple(Button(**one) for one in body.get("buttons", ()))
    body["media"] = Media(**body["media"]) if body.get("media") else None
    return OutboundMessage(**body)
