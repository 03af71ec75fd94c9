"""What the holder of a case says, and what colleagues write to each other: two ways that never meet."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import cases, clock, contacts, outbox, redaction
from helpline.db.schema import cases as table
from helpline.db.schema import inbox as received
from helpline.db.schema import notes
from helpline.db.schema import outbox as sent
from helpline.db.vault import Vault
from helpline.errors import InputError, Refused, StaleVersion, WindowClosed
from helpline.messages import Author, OutboundMessage


class Unseen(StaleVersion):
    """The contact or a colleague wrote something that is not on the agent's screen yet."""


@dataclass(frozen=True)
class Seen:
    """The newest message and note on somebody's screen."""

    inbox_id: int = 0
    note_id: int = 0

    @classmethod
    def read(cls, word: str) -> Seen | None:
        """From `12.3`; None for anything else."""
        first, _, second = word.partition(".")
        if not (first.isdecimal() and second.isdecimal() and len(word) < 40):
            return None
        return cls(int(first), int(second))

    def __str__(self) -> str:
        return f"{self.inbox_id}.{self.note_id}"


def newest(conn: Connection, case: cases.Case) -> Seen:
    """The newest message of the contact and the newest note of the case."""
    inbound = sa.select(sa.func.max(received.c.id)).where(received.c.contact_id == case.contact_id)
    noted = sa.select(sa.func.max(notes.c.id)).where(notes.c.case_id == case.id)
    row = conn.execute(sa.select(inbound.scalar_subquery(), noted.scalar_subquery())).one()
    return Seen(row[0] or 0, row[1] or 0)


def reply(
    conn: Connection,
    vault: Vault,
    case_id: int,
    account_id: int,
    message: OutboundMessage,
    once_key: str,
    *,
    kind: str = "reply",
    seen: Seen | None = None,
    nudge: OutboundMessage | None = None,
) -> bool:
    """Send the holder's words; False when `once_key` was used before (a second click, a repeated request).

    Raises Refused for anybody but the holder, Unseen when `seen` is behind, WindowClosed after 24 hours of the
    contact's silence. With `nudge`, a template that reveals nothing, the words are kept then and go out when the
    contact writes; the nudge is sent once per silence.
    """
    case = cases.get(conn, case_id)
    contact = contacts.get(conn, case.contact_id, lock=True)
    case = cases.get(conn, case_id)  # as it is now that nobody else can change it
    if conn.execute(sa.select(sent.c.id).where(sent.c.once_key == once_key)).first():
        return False
    cases.require_holder(conn, case_id, account_id)
    if contact.stopped_at is not None:
        raise Refused("error.stopped")
    now = newest(conn, case)
    if seen is not None and (seen.inbox_id < now.inbox_id or seen.note_id < now.note_id):
        raise Unseen("Something new was written. Read it, then send again.")
    cases.wake(conn, case_id, to_holder=True)
    shut = message.template is None and not outbox.window_open(contact)
    if shut and nudge is None:
        raise WindowClosed(
            "The contact last wrote more than 24 hours ago, so WhatsApp takes no free text. Send the template."
        )
    words = [(message, kind, once_key)]
    if shut and nudge is not None:
        words.insert(0, (nudge, "nudge", f"nudge:{contact.id}:{contact.last_inbound_at or 0}"))
    for one, its_kind, its_key in words:
        outbox.put(
            conn, vault, contact.id, one, author=Author.AGENT, kind=its_kind, once_key=its_key,
            account_id=account_id, case_id=case_id, language=case.language,
        )  # fmt: skip
    first = sa.func.coalesce(table.c.first_reply_at, clock.now())
    conn.execute(sa.update(table).where(table.c.id == case_id).values(waiting_since=None, first_reply_at=first))
    cases.record(conn, case_id, "held" if shut else "replied", account_id)
    return True


def name_answers(conn: Connection, once_key: str, answers: str) -> None:
    """Write down which approved answers a reply holds: who got a text that turns out wrong can be found."""
    conn.execute(sa.update(sent).where(sent.c.once_key == once_key).values(answers=answers[:300]))


def again(conn: Connection, vault: Vault, case_id: int, account_id: int, outbox_id: int) -> bool:
    """Send a message that failed once more, as a new message with its own record; False if that was done before."""
    query = sa.select(sent.c.body_sealed).where(
        sent.c.id == outbox_id, sent.c.case_id == case_id, sent.c.state == "failed", sent.c.author == Author.AGENT.value
    )
    body = conn.execute(query).scalar()
    if body is None:
        raise InputError("error.not_failed")
    message = dataclasses.replace(outbox.unpack(vault.open(body)), template=None)
    return reply(conn, vault, case_id, account_id, message, f"again:{outbox_id}")


def note(conn: Connection, vault: Vault, case_id: int, account_id: int, text: str) -> None:
    """Write an internal note, without numbers that lead to a person. Nothing leads from here to the outbox."""
    if not text.strip():
        raise InputError("The note is empty.")
    cases.get(conn, case_id)
    kept, _ = redaction.mask(text.strip())
    values = {"case_id": case_id, "account_id": account_id, "body_sealed": vault.seal(kept), "at": clock.now()}
    conn.execute(sa.insert(notes).values(**values))
    cases.record(conn, case_id, "noted", account_id)
