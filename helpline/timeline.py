"""A case's conversation as agents read it: what came in, what went out, notes and events, in order."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import cases, clock, inbox, outbox
from helpline.db import schema
from helpline.db.vault import Vault
from helpline.messages import InboundMessage, OutboundMessage


@dataclass(frozen=True)
class Item:
    """One line of the conversation. `who` is contact, assistant, agent, system, note or event."""

    at: int
    key: str
    """Stable and unique on the page: in-7, out-9, note-3, event-12."""
    who: str
    name: str | None = None
    """The colleague, for agent, note and event."""
    inbound: InboundMessage | None = None
    outbound: OutboundMessage | None = None
    state: str | None = None
    """Delivery state of what went out; `suppressed` was never sent."""
    error: str | None = None
    outbox_id: int | None = None
    answers: str | None = None
    """Approved answers in it, as name:language@version, parted by spaces."""
    text: str = ""
    """Text of a note, kind of an event."""
    facts: dict[str, object] | None = None


def of_case(conn: Connection, vault: Vault, case: cases.Case, *, before: int = 20) -> list[Item]:
    """The case's lines, led by up to `before` messages of the talk that came before it."""
    since = _since(conn, case, before)
    until = case.closed_at if case.closed_at is not None else 2**31
    items = _received(conn, vault, case.contact_id, since, until) + _sent(conn, vault, case.contact_id, since, until)
    items += _notes(conn, vault, case.id) + _events(conn, case.id)
    return sorted(items, key=_order)


_PLACE = {"contact": 0, "event": 1, "note": 2}


def _order(item: Item) -> tuple[int, int, int]:
    """By time; within a second what was written leads to what happened, and that to what was said."""
    return item.at, _PLACE.get(item.who, 3), int(item.key.split("-")[1])


def of_contact(conn: Connection, vault: Vault, contact_id: str, *, seconds: int = 24 * 3600) -> list[Item]:
    """What a contact and the assistant have lately said to each other, without notes and events."""
    since, until = clock.now() - seconds, 2**31
    return sorted(
        _received(conn, vault, contact_id, since, until) + _sent(conn, vault, contact_id, since, until), key=_order
    )


def _since(conn: Connection, case: cases.Case, before: int) -> int:
    earlier = (
        sa.select(schema.inbox.c.received_at)
        .where(schema.inbox.c.contact_id == case.contact_id, schema.inbox.c.received_at <= case.opened_at)
        .order_by(schema.inbox.c.id.desc())
        .limit(before)
    )
    first = sa.select(sa.func.min(earlier.subquery().c.received_at)).scalar_subquery()
    # Talk of an earlier case is that case's; it is not shown again here.
    previous = sa.select(sa.func.max(schema.cases.c.closed_at)).where(
        schema.cases.c.contact_id == case.contact_id, schema.cases.c.id < case.id
    )
    began, closed = conn.execute(sa.select(first, previous.scalar_subquery())).one()
    return max(case.opened_at if began is None else int(began), closed or 0)


def _received(conn: Connection, vault: Vault, contact_id: str, since: int, until: int) -> list[Item]:
    table = schema.inbox
    query = sa.select(table).where(table.c.contact_id == contact_id, table.c.received_at.between(since, until))
    return [
        Item(at=row.received_at, key=f"in-{row.id}", who="contact", inbound=inbox.unpack(vault.open(row.body_sealed)))
        for row in conn.execute(query)
    ]


def _sent(conn: Connection, vault: Vault, contact_id: str, since: int, until: int) -> list[Item]:
    table, accounts = schema.outbox, schema.accounts
    query = (
        sa.select(table, accounts.c.name.label("account_name"))
        .select_from(table.outerjoin(accounts, accounts.c.id == table.c.account_id))
        .where(table.c.contact_id == contact_id, table.c.created_at.between(since, until))
    )
    return [
        Item(
            at=row.created_at,
            key=f"out-{row.id}",
            who=row.author,
            name=row.account_name,
            outbound=outbox.unpack(vault.open(row.body_sealed)),
            state=row.state,
            error=row.error,
            outbox_id=row.id,
            answers=row.answers,
        )
        for row in conn.execute(query)
    ]


def _notes(conn: Connection, vault: Vault, case_id: int) -> list[Item]:
    table, accounts = schema.notes, schema.accounts
    query = (
        sa.select(table, accounts.c.name.label("account_name"))
        .select_from(table.outerjoin(accounts, accounts.c.id == table.c.account_id))
        .where(table.c.case_id == case_id)
    )
    return [
        Item(at=row.at, key=f"note-{row.id}", who="note", name=row.account_name, text=vault.open(row.body_sealed))
        for row in conn.execute(query)
    ]


def _events(conn: Connection, case_id: int) -> list[Item]:
    return [
        Item(at=at, key=f"event-{number}", who="event", name=name, text=kind, facts=facts)
        for number, (at, kind, name, facts) in enumerate(cases.events(conn, case_id))
    ]


def earlier(conn: Connection, case: cases.Case, limit: int = 10) -> list[cases.Case]:
    """The contact's earlier cases, newest first, without their text."""
    table = schema.cases
    where = [table.c.contact_id == case.contact_id, table.c.id < case.id]
    return cases.select(conn, *where, order=[table.c.id.desc()], limit=limit)


@dataclass(frozen=True)
class Newest:
    """How far the conversation of a case has come."""

    inbox_id: int
    """The contact's newest message."""
    note_id: int
    """The newest note of the case."""
    mark: str
    """A short word that changes whenever a line of the case would look different."""


def newest(conn: Connection, case: cases.Case) -> Newest:
    """How far the conversation has come; one query, cheap enough to ask every few seconds."""
    received, sent, notes = schema.inbox, schema.outbox, schema.notes
    figures = (
        sa.select(sa.func.max(received.c.id)).where(received.c.contact_id == case.contact_id),
        sa.select(sa.func.max(sent.c.id)).where(sent.c.contact_id == case.contact_id),
        sa.select(sa.func.sum(sent.c.rank)).where(sent.c.contact_id == case.contact_id),
        sa.select(sa.func.count()).where(sent.c.contact_id == case.contact_id, sent.c.state == "failed"),
        sa.select(sa.func.count()).where(sent.c.contact_id == case.contact_id, sent.c.state == "held"),
        sa.select(sa.func.max(schema.case_events.c.id)).where(schema.case_events.c.case_id == case.id),
        sa.select(sa.func.max(notes.c.id)).where(notes.c.case_id == case.id),
    )
    row = conn.execute(sa.select(*(figure.scalar_subquery() for figure in figures))).one()
    window = int(case.window_closes_at > clock.now())
    mark = "-".join(str(value or 0) for value in (*row, case.version, window))
    return Newest(row[0] or 0, row[-1] or 0, mark)
