"""Asking a colleague inside a case: a thread of its own, read by who asks and who is asked, never by the contact.

Nothing here knows the outbox; the tables have no way there.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import accounts, cases, clock, notices
from helpline.db.schema import accounts as people
from helpline.db.schema import ask_lines, ask_reads, asks, contacts
from helpline.db.schema import cases as case_table
from helpline.db.vault import Vault
from helpline.errors import InputError, Refused

DUTIES = ("legal", "safeguarding", "on_call")
"""Duties that can be asked as such: whoever has it answers first."""
TEXT_LENGTH = 4000
OPEN = "open"
_MENTION = re.compile(r"(?<![\w@.])@([\w][\w.-]*)", re.UNICODE)


@dataclass(frozen=True)
class Line:
    """One thing said among colleagues."""

    name: str
    text: str
    at: int


@dataclass(frozen=True)
class Ask:
    """A question to a colleague, or to everybody with a duty."""

    id: int
    case_id: int
    alias: str
    account_id: int
    asker: str
    to_account_id: int | None
    asked: str | None
    """The colleague's name; None when a duty is asked."""
    duty: str | None
    state: str
    opened_at: int
    unread: bool
    lines: tuple[Line, ...] = ()


def ask(
    conn: Connection, vault: Vault, case_id: int, account_id: int, text: str, *, to: int | None = None, duty: str = ""
) -> int:
    """Ask somebody about a case; the question's id. They may read that case until it is settled.

    Without a name or a duty, the first `@name` or `@duty` in the text is asked. Raises InputError or Refused.
    """
    text = _usable(text)
    if to is None and not duty:
        to, duty = _mentioned(conn, text, account_id)
    if (to is None) == (not duty) or (duty and duty not in DUTIES):
        raise InputError("error.ask_whom")
    if cases.get(conn, case_id).state == "closed":
        raise Refused("error.ask_closed")
    account = accounts.get(conn, to) if to is not None else None
    if to is not None and (account is None or not account.active or to == account_id or account.role == "viewer"):
        raise InputError("error.ask_whom")
    if duty and not [one for one in accounts.with_duty(conn, duty) if one.id != account_id]:
        raise InputError("error.ask_nobody")
    values = {"case_id": case_id, "account_id": account_id, "to_account_id": to, "duty": duty or None, "state": "open"}
    ask_id = int(conn.execute(sa.insert(asks).values(**values, opened_at=clock.now())).inserted_primary_key[0])
    _say(conn, vault, ask_id, account_id, text)
    cases.record(conn, case_id, "asked", account_id, duty=duty or None)
    notices.put(conn, "asked", "team", f"asked:{ask_id}", path="/asked", asks=_open_count(conn))
    return ask_id


def ask_mentioned(conn: Connection, vault: Vault, case_id: int, account_id: int, text: str) -> int | None:
    """A note that names a colleague or a duty with @ asks them too; the question's id, or None when it names nobody."""
    to, duty = _mentioned(conn, text, account_id)
    if to is None and not duty:
        return None
    try:
        return ask(conn, vault, case_id, account_id, text, to=to, duty=duty)
    except (InputError, Refused):
        return None


def reply(conn: Connection, vault: Vault, ask_id: int, account_id: int, text: str) -> None:
    """Write in the thread. The first words of who was asked answer it; a question after that opens it again."""
    one = get(conn, ask_id, account_id)
    if one.state == "withdrawn":
        raise Refused("error.ask_over")
    _say(conn, vault, ask_id, account_id, _usable(text))
    state = "open" if account_id == one.account_id else "answered"
    settled = None if state == "open" else clock.now()
    conn.execute(sa.update(asks).where(asks.c.id == ask_id).values(state=state, settled_at=settled))
    if state == "answered":
        cases.record(conn, one.case_id, "advised", account_id)


def withdraw(conn: Connection, ask_id: int, account_id: int) -> None:
    """Take a question back, or close one that is answered; who was asked no longer reads the case."""
    mine = sa.and_(asks.c.id == ask_id, asks.c.account_id == account_id, asks.c.state != "withdrawn")
    values = {"state": "withdrawn", "settled_at": clock.now()}
    if not conn.execute(sa.update(asks).where(mine).values(**values)).rowcount:
        raise Refused("error.ask_over")


def get(conn: Connection, ask_id: int, account_id: int) -> Ask:
    """A question somebody may see: they asked, were asked, have the duty. Raises InputError for any other."""
    found = _select(conn, account_id, asks.c.id == ask_id)
    if not found:
        raise InputError(f"There is no question {ask_id} for you.")
    return found[0]


def of_case(conn: Connection, vault: Vault, case_id: int, account_id: int) -> list[Ask]:
    """The questions of a case with their lines, as everybody who may open the case sees them."""
    found = _select(conn, account_id, asks.c.case_id == case_id, everybodys=True)
    return [_with_lines(conn, vault, one) for one in found]


def whole(conn: Connection, vault: Vault, ask_id: int, account_id: int) -> Ask:
    """One question with its lines, for who may see it."""
    return _with_lines(conn, vault, get(conn, ask_id, account_id))


def mine(conn: Connection, account_id: int, *, limit: int = 100) -> list[Ask]:
    """What somebody asked or is asked, open and unread first."""
    return _select(conn, account_id, sa.true(), limit=limit)


def may_read(conn: Connection, case_id: int, account_id: int) -> bool:
    """Whether somebody was asked about this case and the question is not over."""
    return any(one.account_id != account_id for one in _select(conn, account_id, asks.c.case_id == case_id))


def waits_for(account: accounts.Account) -> sa.sql.Select:
    """Asks how many questions hold something this person has not seen, or wait for their answer."""
    waits = sa.or_(_unread(account.id), sa.and_(asks.c.state == OPEN, asks.c.account_id != account.id))
    return sa.select(sa.func.count()).select_from(asks).where(_concerns(account), waits)


def saw(conn: Connection, ask_id: int, account_id: int) -> None:
    """Note that somebody has seen the thread to its end."""
    newest = conn.execute(sa.select(sa.func.max(ask_lines.c.id)).where(ask_lines.c.ask_id == ask_id)).scalar()
    if newest is None:
        return
    here = sa.and_(ask_reads.c.ask_id == ask_id, ask_reads.c.account_id == account_id)
    if conn.execute(sa.update(ask_reads).where(here).values(line_id=newest)).rowcount:
        return
    try:
        with conn.begin_nested():
            conn.execute(sa.insert(ask_reads).values(ask_id=ask_id, account_id=account_id, line_id=newest))
    except sa.exc.IntegrityError:
        pass  # another page of the same person was faster


def askable(conn: Connection, account_id: int) -> tuple[list[accounts.Account], list[str]]:
    """Who may be asked: colleagues by name, and duties somebody else has."""
    others = [one for one in accounts.listed(conn) if one.active and one.id != account_id and one.role != "viewer"]
    return others, [duty for duty in DUTIES if any(duty in one.has for one in others)]


def _select(
    conn: Connection, account_id: int, *where: sa.sql.ColumnElement[bool], everybodys: bool = False, limit: int = 200
) -> list[Ask]:
    account = None if everybodys else accounts.get(conn, account_id)
    if account is None and not everybodys:
        return []
    asker, asked = people.alias(), people.alias()
    query = (
        sa.select(
            asks,
            asker.c.name.label("asker"),
            asked.c.name.label("asked"),
            contacts.c.alias,
            _unread(account_id).label("unread"),
        )
        .join(case_table, case_table.c.id == asks.c.case_id)
        .join(contacts, contacts.c.id == case_table.c.contact_id)
        .join(asker, asker.c.id == asks.c.account_id)
        .outerjoin(asked, asked.c.id == asks.c.to_account_id)
        .where(_concerns(account) if account else sa.true(), *where)
        .order_by(sa.case((asks.c.state == "open", 0), else_=1), asks.c.id.desc())
        .limit(limit)
    )
    rows = conn.execute(query).mappings().all()
    names = [name for name in Ask.__dataclass_fields__ if name != "lines"]
    return [Ask(**{**{name: row[name] for name in names}, "unread": bool(row["unread"])}) for row in rows]


def _concerns(account: accounts.Account) -> sa.sql.ColumnElement[bool]:
    theirs = (asks.c.account_id == account.id, asks.c.to_account_id == account.id, asks.c.duty.in_(account.has))
    return sa.and_(asks.c.state != "withdrawn", sa.or_(*theirs))


def _unread(account_id: int) -> sa.sql.ColumnElement[bool]:
    newest = sa.select(sa.func.max(ask_lines.c.id)).where(ask_lines.c.ask_id == asks.c.id).scalar_subquery()
    read = sa.select(ask_reads.c.line_id).where(ask_reads.c.ask_id == asks.c.id, ask_reads.c.account_id == account_id)
    return newest > sa.func.coalesce(read.scalar_subquery(), 0)


def _with_lines(conn: Connection, vault: Vault, one: Ask) -> Ask:
    query = (
        sa.select(ask_lines, people.c.name)
        .outerjoin(people, people.c.id == ask_lines.c.account_id)
        .where(ask_lines.c.ask_id == one.id)
        .order_by(ask_lines.c.id)
    )
    lines = tuple(Line(row.name or "", str(vault.open(row.body_sealed)), row.at) for row in conn.execute(query))
    return replace(one, lines=lines)


def _say(conn: Connection, vault: Vault, ask_id: int, account_id: int, text: str) -> None:
    values = {"ask_id": ask_id, "account_id": account_id, "body_sealed": vault.seal(text), "at": clock.now()}
    conn.execute(sa.insert(ask_lines).values(**values))
    saw(conn, ask_id, account_id)


def _mentioned(conn: Connection, text: str, account_id: int) -> tuple[int | None, str]:
    """The first colleague or duty named with @."""
    named = [_plain(word.rstrip(".-")) for word in _MENTION.findall(text)]
    if not named:
        return None, ""
    known: dict[str, int] = {}
    for one in accounts.listed(conn):
        if one.active and one.id != account_id and one.role != "viewer":
            known.setdefault(_plain(one.name.replace(" ", "")), one.id)
            known[_plain(one.username)] = one.id
    for word in named:
        if word in DUTIES or word.replace("-", "_") in DUTIES:
            return None, word.replace("-", "_")
        if word in known:
            return known[word], ""
    return None, ""


def _plain(word: str) -> str:
    return unicodedata.normalize("NFKC", word).casefold()


def _usable(text: str) -> str:
    text = text.strip()[:TEXT_LENGTH]
    if not text:
        raise InputError("error.empty")
    return text


def _open_count(conn: Connection) -> int:
    return int(conn.execute(sa.select(sa.func.count()).select_from(asks).where(asks.c.state == "open")).scalar_one())
