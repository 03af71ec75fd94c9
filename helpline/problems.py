"""Questions nobody has an answer to yet: one shared list, each with an owner, until editors publish an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import clock, redaction
from helpline.accounts import Account
from helpline.db.schema import accounts, answers, problems
from helpline.errors import InputError, Refused

TITLE_LENGTH, DETAILS_LENGTH = 200, 4000


@dataclass(frozen=True)
class Problem:
    """A question without an answer."""

    id: int
    title: str
    details: str
    owner_id: int | None
    owner: str | None
    answer_key: str | None
    times: int
    state: str
    opened_at: int
    seen_at: int


def add(conn: Connection, account_id: int, title: str, details: str = "") -> int:
    """Write one down, or count the open one of the same title; its id.

    Numbers that lead to a person are masked: editors read this list, and it outlives the case.
    """
    title, details = _usable(title, details)
    same = sa.and_(sa.func.lower(problems.c.title) == title.lower(), problems.c.state != "closed")
    found = conn.execute(sa.select(problems.c.id).where(same)).scalar()
    if found is not None:
        again(conn, int(found))
        return int(found)
    at = clock.now()
    values = {"title": title, "details": details, "account_id": account_id, "times": 1, "state": "open"}
    inserted = conn.execute(sa.insert(problems).values(**values, opened_at=at, seen_at=at))
    return int(inserted.inserted_primary_key[0])


def again(conn: Connection, problem_id: int) -> None:
    """It came up once more."""
    values = {"times": problems.c.times + 1, "seen_at": clock.now()}
    _change(conn, problem_id, values)


def own(conn: Connection, problem_id: int, account_id: int | None) -> None:
    """Somebody will find the answer; None gives it back."""
    _change(conn, problem_id, {"owner_id": account_id})


def edit(conn: Connection, problem_id: int, title: str, details: str) -> None:
    """Say it better."""
    title, details = _usable(title, details)
    _change(conn, problem_id, {"title": title, "details": details})


def link(conn: Connection, problem_id: int, answer_key: str) -> None:
    """Name the answer that will settle it; published, it closes the problem. Raises InputError for no such answer."""
    key = answer_key.strip()
    exists = conn.execute(sa.select(answers.c.id).where(answers.c.key == key).limit(1)).first()
    if exists is None:
        raise InputError("error.problem_answer")
    _change(conn, problem_id, {"answer_key": key, "state": "written"})


def close(conn: Connection, problem_id: int) -> None:
    """It is settled, with or without an answer of ours."""
    _change(conn, problem_id, {"state": "closed", "closed_at": clock.now()})


def close_published(conn: Connection) -> int:
    """Close the problems whose answer was published after they were last seen; how many. The worker calls this."""
    published = (
        sa.select(answers.c.id)
        .where(answers.c.key == problems.c.answer_key, answers.c.updated_at >= problems.c.opened_at)
        .exists()
    )
    due = sa.and_(problems.c.state == "written", published)
    values = {"state": "closed", "closed_at": clock.now()}
    return int(conn.execute(sa.update(problems).where(due).values(**values)).rowcount)


def listed(conn: Connection, *, closed: bool = False) -> list[Problem]:
    """The open problems, most frequent first; or the closed ones, newest first."""
    columns = [problems.c[name] for name in Problem.__dataclass_fields__ if name in problems.c]
    query = (
        sa.select(*columns, accounts.c.name.label("owner"))
        .select_from(problems.outerjoin(accounts, accounts.c.id == problems.c.owner_id))
        .where(problems.c.state == "closed" if closed else problems.c.state != "closed")
        .order_by(*((problems.c.closed_at.desc(),) if closed else (problems.c.times.desc(), problems.c.id)))
        .limit(200)
    )
    return [Problem(**row._mapping) for row in conn.execute(query)]


def count(conn: Connection) -> int:
    """How many are open."""
    query = sa.select(sa.func.count()).select_from(problems).where(problems.c.state != "closed")
    return int(conn.execute(query).scalar_one())


def waits_for(account: Account) -> sa.sql.Select:
    """Asks how many open ones this person is to find an answer to."""
    mine = sa.and_(problems.c.state != "closed", problems.c.owner_id == account.id)
    return sa.select(sa.func.count()).select_from(problems).where(mine)


def _change(conn: Connection, problem_id: int, values: dict[str, Any]) -> None:
    here = sa.and_(problems.c.id == problem_id, problems.c.state != "closed")
    if not conn.execute(sa.update(problems).where(here).values(**values)).rowcount:
        raise Refused("error.problem_over")


def _usable(title: str, details: str) -> tuple[str, str]:
    title, _ = redaction.mask(" ".join(title.split())[:TITLE_LENGTH])
    details, _ = redaction.mask(details.strip()[:DETAILS_LENGTH])
    if not title:
        raise InputError("error.problem_title")
    return title, details
