"""Human work: a case is opened, claimed, answered, closed. While one is open, the assistant is silent.

Every change is one conditional UPDATE; when it changes no row, somebody was faster and the caller is told who.
Who may do what is decided here, not in the console.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from helpline import alerts, clock, contacts, outbox, presence, thanks
from helpline.db.schema import accounts, case_events, cases
from helpline.db.schema import contacts as people
from helpline.db.vault import Vault
from helpline.errors import AlreadyClaimed, InputError, Refused, StaleVersion

REASONS = ("asked", "unsure", "emergency", "topic", "media", "assistant_failed", "language", "takeover", "silenced")
OUTCOMES = ("answered", "referred", "no_reply", "withdrawn", "spam", "other")
LESSONS = ("human", "missing", "wrong", "misunderstood")
"""Why a person was needed: only a person could answer, there is no answer, it is wrong, the assistant misread it."""


@dataclass(frozen=True)
class Card:
    """What an agent should see first: why the assistant gave up, and what it knew."""

    question: str = ""
    guesses: tuple[tuple[str, float], ...] = ()
    """Intents with their probability, likeliest first."""
    facts: dict[str, str] = field(default_factory=dict)
    """Looked-up facts, for example the voucher's state."""


@dataclass(frozen=True)
class Case:
    """One stretch of human work, without conversation text."""

    id: int
    contact_id: str
    alias: str
    state: str
    version: int
    reason: str
    topic: str | None
    urgent: bool
    emergency: str | None
    language: str | None
    account_id: int | None
    holder: str | None
    opened_at: int
    waiting_since: int | None
    claimed_at: int | None
    first_reply_at: int | None
    parked_until: int | None
    closed_at: int | None
    outcome: str | None
    lesson: str | None
    window_closes_at: int
    sensitive: bool = False
    """For the safeguarding duty (sight.py)."""
    acknowledged_at: int | None = None


def open_case(
    conn: Connection,
    vault: Vault,
    contact_id: str,
    reason: str,
    *,
    topic: str | None = None,
    emergency: str | None = None,
    language: str | None = None,
    card: Card | None = None,
) -> tuple[int, bool]:
    """Open a case, or find the one that is open; its id and whether this call opened it.

    An emergency makes an open case urgent. Opening silences the assistant in the same transaction.
    """
    contacts.get(conn, contact_id, lock=True)
    existing = of_contact(conn, contact_id)
    if existing is not None:
        if emergency:
            upgrade(conn, existing, emergency)
        return existing, False
    at = clock.now()
    values = {
        "contact_id": contact_id,
        "state": "waiting",
        "version": 1,
        "reason": reason,
        "topic": topic,
        "urgent": emergency is not None,
        "emergency": emergency,
        "sensitive": emergency is not None,
        "language": language,
        "card_sealed": vault.seal(_pack_card(card or Card())),
        "opened_at": at,
        "waiting_since": at,
    }
    try:
        with conn.begin_nested():
            case_id = int(conn.execute(sa.insert(cases).values(**values)).inserted_primary_key[0])
    except IntegrityError:
        found = of_contact(conn, contact_id)
        if found is None:
            raise
        return found, False
    contacts.raise_epoch(conn, contact_id)
    record(conn, case_id, "opened", None, reason=reason, emergency=emergency, topic=topic)
    alerts.opened(conn, case_id)
    return case_id, True


def upgrade(conn: Connection, case_id: int, emergency: str) -> bool:
    """Make an open case urgent; False when it was already, for the same kind."""
    changed = conn.execute(
        sa.update(cases)
        .where(cases.c.id == case_id, cases.c.state != "closed", sa.func.coalesce(cases.c.emergency, "") != emergency)
        .values(urgent=True, emergency=emergency, sensitive=True, version=cases.c.version + 1)
    ).rowcount
    if changed:
        record(conn, case_id, "upgraded", None, emergency=emergency)
        alerts.opened(conn, case_id)
    return bool(changed)


_OPEN = sa.select(cases.c.id).where(cases.c.contact_id == sa.bindparam("contact"), cases.c.state != "closed")


def of_contact(conn: Connection, contact_id: str) -> int | None:
    """The contact's open case."""
    found: int | None = conn.execute(_OPEN, {"contact": contact_id}).scalar()
    return found


def newest(conn: Connection, contact_id: str) -> int | None:
    """The contact's latest case, open or closed."""
    query = sa.select(sa.func.max(cases.c.id)).where(cases.c.contact_id == contact_id)
    found: int | None = conn.execute(query).scalar()
    return found


def get(conn: Connection, case_id: int) -> Case:
    """One case. Raises InputError when there is none."""
    rows = select(conn, cases.c.id == case_id)
    if not rows:
        raise InputError(f"There is no case {case_id}.")
    return rows[0]


def card(conn: Connection, vault: Vault, case_id: int) -> Card:
    """The case's card."""
    sealed = conn.execute(sa.select(cases.c.card_sealed).where(cases.c.id == case_id)).scalar_one()
    body = vault.open(sealed)
    guesses = tuple((str(intent), float(share)) for intent, share in body.get("guesses", ()))
    return Card(question=body.get("question", ""), guesses=guesses, facts=body.get("facts", {}))


def add_facts(conn: Connection, vault: Vault, case_id: int, facts: dict[str, str]) -> None:
    """Add looked-up facts to the card, so that the agent need not ask."""
    held = card(conn, vault, case_id)
    body = _pack_card(Card(held.question, held.guesses, {**held.facts, **facts}))
    conn.execute(sa.update(cases).where(cases.c.id == case_id).values(card_sealed=vault.seal(body)))


def claim(conn: Connection, case_id: int, account_id: int, version: int | None = None) -> None:
    """Take a waiting case. Raises AlreadyClaimed with the holder's name, or Refused when it is closed."""
    where = [cases.c.id == case_id, cases.c.state == "waiting"]
    if version is not None:
        where.append(cases.c.version == version)
    values = {
        "state": "active",
        "account_id": account_id,
        "version": cases.c.version + 1,
        "claimed_at": sa.func.coalesce(cases.c.claimed_at, clock.now()),
    }
    case = get(conn, case_id)
    contacts.get(conn, case.contact_id, lock=True)
    if conn.execute(sa.update(cases).where(*where).values(**values)).rowcount:
        # The answer to a tapped suggestion may be on its way; from now on only the agent speaks.
        contacts.raise_epoch(conn, case.contact_id)
        record(conn, case_id, "claimed", account_id)
        return
    case = get(conn, case_id)
    if case.account_id == account_id and case.state == "active":
        return
    if case.holder is not None and case.state in ("active", "parked"):
        raise AlreadyClaimed(case.holder)
    if case.state == "closed":
        raise Refused("This case is closed.")
    raise StaleVersion("This case changed while you looked at it. Look again, then take it.")


def release(conn: Connection, case_id: int, account_id: int) -> None:
    """Give a case back to the queue; it keeps its place there."""
    since = sa.func.coalesce(cases.c.waiting_since, clock.now())
    values = {"state": "waiting", "account_id": None, "waiting_since": since}
    change(conn, case_id, account_id, ("active", "parked"), "released", values)


def close(
    conn: Connection,
    case_id: int,
    account_id: int | None,
    outcome: str,
    topic: str | None = None,
    lesson: str | None = None,
) -> None:
    """End the case; the contact's next message is the assistant's again. `account_id` None: the contact withdrew it."""
    if outcome not in OUTCOMES:
        raise InputError(f"{outcome!r} is not an outcome; choose one of {', '.join(OUTCOMES)}.")
    if lesson is not None and lesson not in LESSONS:
        raise InputError(f"{lesson!r} is not a reason; choose one of {', '.join(LESSONS)}.")
    values: dict[str, Any] = {"state": "closed", "closed_at": clock.now(), "outcome": outcome, "waiting_since": None}
    values.update({name: value for name, value in (("topic", topic), ("lesson", lesson)) if value})
    states, kind = (("waiting",), "withdrawn") if account_id is None else (("active", "parked"), "closed")
    change(conn, case_id, account_id, states, kind, values)
    contacts.raise_epoch(conn, get(conn, case_id).contact_id)


def contact_wrote(conn: Connection, case_id: int, text: str = "") -> None:
    """The contact wrote in an open case: they wait again, and a parked case wakes; thanks for an answer do neither.

    It wakes to its holder if they are here, else to the queue: nobody is to wait for somebody who went home.
    """
    case = get(conn, case_id)
    if case.waiting_since is None and case.state in ("active", "parked") and thanks.is_thanks(text):
        return
    if case.state == "parked":
        held = case.account_id is not None and presence.is_here(conn, case.account_id)
        wake(conn, case_id, to_holder=held)
    since = sa.func.coalesce(cases.c.waiting_since, clock.now())
    conn.execute(sa.update(cases).where(cases.c.id == case_id).values(waiting_since=since))


def wake(conn: Connection, case_id: int, *, to_holder: bool) -> bool:
    """End the parking of a case; False when it was not parked any more."""
    values: dict[str, Any] = {"state": "active"} if to_holder else {"state": "waiting", "account_id": None}
    values.update(parked_until=None, version=cases.c.version + 1)
    values["waiting_since"] = sa.func.coalesce(cases.c.waiting_since, clock.now())
    here = sa.and_(cases.c.id == case_id, cases.c.state == "parked")
    woken = bool(conn.execute(sa.update(cases).where(here).values(**values)).rowcount)
    if woken:
        record(conn, case_id, "woken", None)
    return woken


def events(conn: Connection, case_id: int) -> list[tuple[int, str, str | None, dict[str, Any]]]:
    """What happened, in order: time, kind, name of the colleague, facts."""
    query = (
        sa.select(case_events.c.at, case_events.c.kind, accounts.c.name, case_events.c.facts)
        .select_from(case_events.outerjoin(accounts, accounts.c.id == case_events.c.account_id))
        .where(case_events.c.case_id == case_id)
        .order_by(case_events.c.id)
    )
    return [(row.at, row.kind, row.name, json.loads(row.facts)) for row in conn.execute(query)]


def change(
    conn: Connection, case_id: int, account_id: int | None, states: tuple[str, ...], kind: str, values: dict[str, Any]
) -> None:
    """One conditional UPDATE by the holder (or by the service itself), recorded; Refused when it changes no row."""
    where = [cases.c.id == case_id, cases.c.state.in_(states)]
    if account_id is not None:
        where.append(cases.c.account_id == account_id)
    contacts.get(conn, get(conn, case_id).contact_id, lock=True)
    if not conn.execute(sa.update(cases).where(*where).values(version=cases.c.version + 1, **values)).rowcount:
        if account_id is not None:
            require_holder(conn, case_id, account_id)
        raise StaleVersion("This case changed while you looked at it.")
    record(conn, case_id, kind, account_id)


def require_holder(conn: Connection, case_id: int, account_id: int) -> None:
    """Raise Refused, with the holder's name if there is one, unless the account holds this open case."""
    case = get(conn, case_id)
    if case.state == "closed":
        raise Refused("This case is closed.")
    if case.account_id != account_id:
        raise AlreadyClaimed(case.holder) if case.holder else Refused("Take the case first.")


def record(conn: Connection, case_id: int, kind: str, account_id: int | None, **facts: Any) -> None:
    """Write down what happened, without text."""
    kept = {key: value for key, value in facts.items() if value is not None}
    values = {"case_id": case_id, "kind": kind, "account_id": account_id, "facts": json.dumps(kept), "at": clock.now()}
    conn.execute(sa.insert(case_events).values(**values))


def select(conn: Connection, *where: Any, order: Any = (), limit: int | None = None) -> list[Case]:
    """Cases with their contact's alias and their holder's name."""
    from_contacts = [people.c.alias, people.c.last_inbound_at]
    columns = [cases.c[name] for name in Case.__dataclass_fields__ if name in cases.c]
    query = (
        sa.select(*columns, accounts.c.name.label("holder"), *from_contacts)
        .select_from(
            cases.join(people, people.c.id == cases.c.contact_id).outerjoin(
                accounts, accounts.c.id == cases.c.account_id
            )
        )
        .where(*where)
        .order_by(*order)
        .limit(limit)
    )
    found = []
    for row in conn.execute(query):
        values = dict(row._mapping)
        last = values.pop("last_inbound_at")
        found.append(Case(**values, window_closes_at=last + outbox.WINDOW_SECONDS if last else 0))
    return found


def _pack_card(card: Card) -> dict[str, Any]:
    return {"question": card.question, "guesses": [list(guess) for guess in card.guesses], "facts": card.facts}
