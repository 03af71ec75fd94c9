"""Who holds a case: taking one within one's capacity, passing it on, parking it, and what happens to what is left."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import cases, clock, contacts, outbox, presence, replies
from helpline.db.schema import accounts, inbox
from helpline.db.schema import cases as table
from helpline.db.schema import outbox as sent
from helpline.db.vault import Vault
from helpline.errors import AlreadyClaimed, InputError, Refused, StaleVersion
from helpline.messages import Author, OutboundMessage

UNDO_SECONDS = 10
UNDO_GRACE = 5
"""A click takes its time to arrive."""
PARK_SECONDS = 14 * 24 * 3600


class Full(Refused):
    """The agent holds as many cases as they should; an urgent one may be taken on top, knowingly."""


def claim(conn: Connection, case_id: int, account_id: int, *, capacity: int, knowingly: bool = False) -> None:
    """Take a waiting case, unless the agent's hands are full. Raises Full, AlreadyClaimed or Refused."""
    case = cases.get(conn, case_id)
    if case.state == "waiting" and held(conn, account_id) >= capacity and not (case.urgent and knowingly):
        raise Full(f"You hold {capacity} cases. Close, park or give back one first.")
    cases.claim(conn, case_id, account_id)


def held(conn: Connection, account_id: int) -> int:
    """How many cases the agent is answering; parked ones do not count."""
    query = sa.select(sa.func.count()).select_from(table)
    return int(conn.execute(query.where(table.c.account_id == account_id, table.c.state == "active")).scalar_one())


def take_over(conn: Connection, vault: Vault, contact_id: str, account_id: int) -> int:
    """Take a conversation from the assistant; the case's id. What the assistant was about to say is refused.

    Raises AlreadyClaimed when a colleague has it.
    """
    contact = contacts.get(conn, contact_id, lock=True)
    case_id, _ = cases.open_case(conn, vault, contact_id, "takeover", language=contact.language)
    cases.claim(conn, case_id, account_id)
    return case_id


def take_from(conn: Connection, case_id: int, account_id: int) -> None:
    """A coordinator takes a case from its holder."""
    case = cases.get(conn, case_id)
    contacts.get(conn, case.contact_id, lock=True)
    values = {"account_id": account_id, "state": "active", "parked_until": None, "version": table.c.version + 1}
    where = (table.c.id == case_id, table.c.state.in_(("active", "parked")))
    if not conn.execute(sa.update(table).where(*where).values(**values)).rowcount:
        raise StaleVersion("This case changed while you looked at it.")
    contacts.raise_epoch(conn, case.contact_id)
    cases.record(conn, case_id, "taken_over", account_id)


def transfer(conn: Connection, vault: Vault, case_id: int, account_id: int, to: int | None, text: str) -> bool:
    """Pass a case on with a note, so that the contact need not tell their story twice.

    True when the colleague has it now; False when they are away (or nobody was named) and it went to the queue.
    """
    if not text.strip():
        raise InputError("error.transfer_note")
    cases.require_holder(conn, case_id, account_id)
    replies.note(conn, vault, case_id, account_id, text)
    if to is None or to == account_id or not _may_hold(conn, to) or not presence.is_here(conn, to):
        cases.release(conn, case_id, account_id)
        return False
    values = {"account_id": to, "state": "active", "parked_until": None}
    cases.change(conn, case_id, account_id, ("active", "parked"), "transferred", values)
    contacts.raise_epoch(conn, cases.get(conn, case_id).contact_id)
    return True


def park(conn: Connection, case_id: int, account_id: int, until: int) -> None:
    """Let a case rest until a moment, or until the contact writes. Raises Refused while they wait for an answer."""
    if not clock.now() < until <= clock.now() + PARK_SECONDS:
        raise InputError("error.park_time")
    cases.require_holder(conn, case_id, account_id)
    if cases.get(conn, case_id).waiting_since is not None:
        raise Refused("error.park_unanswered")
    cases.change(conn, case_id, account_id, ("active",), "parked", {"state": "parked", "parked_until": until})


def say_goodbye(conn: Connection, vault: Vault, case_id: int, message: OutboundMessage) -> None:
    """Tell the contact that the assistant answers again; it leaves when closing can no longer be undone."""
    case = cases.get(conn, case_id)
    key = f"goodbye:{case_id}:{case.version}"
    outbox.put(
        conn, vault, case.contact_id, message, author=Author.SYSTEM, kind="goodbye", once_key=key, case_id=case_id,
        language=case.language,
    )  # fmt: skip
    after = clock.now() + UNDO_SECONDS
    conn.execute(sa.update(sent).where(sent.c.once_key == key).values(next_attempt_at=after))


def undo_close(conn: Connection, case_id: int, account_id: int) -> None:
    """Reopen what one has just closed by mistake. Raises Refused once it is too late or the contact wrote again."""
    case = cases.get(conn, case_id)
    contacts.get(conn, case.contact_id, lock=True)
    since = clock.now() - UNDO_SECONDS - UNDO_GRACE
    wrote = sa.select(inbox.c.id).where(
        inbox.c.contact_id == case.contact_id, inbox.c.received_at > (case.closed_at or 0)
    )
    if cases.of_contact(conn, case.contact_id) is not None or conn.execute(wrote.limit(1)).first():
        raise Refused("error.undo_late")
    mine = (table.c.id == case_id, table.c.state == "closed", table.c.account_id == account_id)
    values = {"state": "active", "closed_at": None, "outcome": None, "lesson": None, "version": table.c.version + 1}
    if not conn.execute(sa.update(table).where(*mine, table.c.closed_at >= since).values(**values)).rowcount:
        raise Refused("error.undo_late")
    goodbye = (sent.c.case_id == case_id, sent.c.kind == "goodbye", sent.c.state.in_(("queued", "held")))
    conn.execute(sa.update(sent).where(*goodbye).values(state="suppressed"))
    contacts.raise_epoch(conn, case.contact_id)
    cases.record(conn, case_id, "reopened", account_id)


def tend(conn: Connection) -> int:
    """Wake parked cases whose time has come and give back unanswered ones of people who are away; how many."""
    at, moved = clock.now(), 0
    due = sa.select(table.c.id, table.c.account_id).where(table.c.state == "parked", table.c.parked_until <= at)
    for row in conn.execute(due).all():
        here = row.account_id is not None and presence.is_here(conn, row.account_id)
        moved += cases.wake(conn, row.id, to_holder=here)
    late = at - presence.AWAY_SECONDS
    left = sa.select(table.c.id, table.c.account_id).where(
        table.c.state == "active", table.c.waiting_since < late, table.c.account_id.not_in(presence.here())
    )
    for row in conn.execute(left).all():
        try:
            cases.change(conn, row.id, row.account_id, ("active",), "expired", {"state": "waiting", "account_id": None})
            moved += 1
        except (AlreadyClaimed, Refused):
            continue
    return moved


def _may_hold(conn: Connection, account_id: int) -> bool:
    query = sa.select(accounts.c.id).where(
        accounts.c.id == account_id, accounts.c.active, accounts.c.role.in_(("agent", "coordinator"))
    )
    return conn.execute(query).first() is not None
