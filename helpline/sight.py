"""How much of a case somebody may see: all of it, a summary, or only that it is there.

An open case is everybody's who answers people; once closed, its words are the holder's for a day and a coordinator's
with a reason. A sensitive case is for the safeguarding duty. Nobody in danger may wait for a colleague who is not
there: then others may open it, with a reason that the whole team can read.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import accounts, cases, clock, looks, presence
from helpline.accounts import Account
from helpline.db.schema import cases as table
from helpline.db.schema import presence as signs
from helpline.db.vault import Vault
from helpline.errors import Refused

OWN_SECONDS = 24 * 3600
"""How long the one who closed a case may still read it."""
REASON_SECONDS = 3600
"""How long a reason for a closed case holds."""
GLASS_SECONDS = 8 * 3600
"""How long a sensitive case stays open to somebody who had to open it."""
ACKNOWLEDGE_SECONDS = 3600
"""Somebody with the safeguarding duty must know of a sensitive case within this, or it is told again (DNH-20)."""


@dataclass(frozen=True)
class Sight:
    """What somebody may see of a case."""

    level: str
    """all, summary or flag."""
    may_ask: bool = False
    """May see all after giving a reason."""


ALL = Sight("all")


def of(conn: Connection, account: Account, case: cases.Case) -> Sight:
    """What an account may see of a case now."""
    holds = case.account_id == account.id
    duty = accounts.has_duty(account, "safeguarding")
    if case.state == "closed":
        if holds and (case.closed_at or 0) > clock.now() - OWN_SECONDS:
            return ALL
        if looks.lately(conn, account.id, case.id, ("opened_closed",), REASON_SECONDS):
            return ALL
        return Sight("summary", may_ask=duty if case.sensitive else account.role == "coordinator")
    if not case.sensitive or duty or holds or looks.lately(conn, account.id, case.id, ("glass",), GLASS_SECONDS):
        return ALL
    return Sight("flag", may_ask=account.role == "coordinator" or not keeper_is_here(conn))


def opens_sensitive(account: Account | None) -> bool:
    """Whether somebody sees what sensitive cases are about without asking."""
    return account is not None and accounts.has_duty(account, "safeguarding")


def knows(account: Account | None, case: cases.Case) -> bool:
    """Whether a list may say what a case is about to somebody, rather than only that it is sensitive."""
    return not case.sensitive or opens_sensitive(account) or (account is not None and case.account_id == account.id)


def keeper_is_here(conn: Connection) -> bool:
    """Whether anybody who may open sensitive cases is at the desk now."""
    since = clock.now() - presence.AWAY_SECONDS
    here = {row.account_id for row in conn.execute(sa.select(signs.c.account_id).where(signs.c.seen_at >= since))}
    return any(
        one.id in here and one.active and (one.role == "coordinator" or opens_sensitive(one))
        for one in accounts.listed(conn)
    )


def give_reason(conn: Connection, vault: Vault, account: Account, case: cases.Case, reason: str) -> None:
    """Open a closed or sensitive case with a reason that goes into the log. Raises Refused for who may not."""
    seen = of(conn, account, case)
    if seen.level == "all":
        return
    if not seen.may_ask:
        raise Refused("error.not_yours_to_open")
    kind = "opened_closed" if case.state == "closed" else "glass"
    looks.record(conn, vault, kind, account.id, case.id, looks.needed(reason))


def mark_sensitive(conn: Connection, case_id: int, sensitive: bool) -> None:
    """Somebody with the duty judges what no rule saw, or lifts what a rule saw wrongly."""
    conn.execute(sa.update(table).where(table.c.id == case_id).values(sensitive=sensitive, version=table.c.version + 1))


def acknowledge(conn: Connection, case_id: int) -> bool:
    """Somebody with the duty knows of a sensitive case; False when it was known before."""
    unknown = sa.and_(table.c.id == case_id, table.c.sensitive, table.c.acknowledged_at.is_(None))
    return bool(conn.execute(sa.update(table).where(unknown).values(acknowledged_at=clock.now())).rowcount)


def unacknowledged(conn: Connection, *, older_than: int = ACKNOWLEDGE_SECONDS) -> list[int]:
    """Open sensitive cases that nobody with the duty has taken note of for so many seconds: to be told again."""
    late = sa.and_(table.c.sensitive, table.c.acknowledged_at.is_(None), table.c.state != "closed")
    query = sa.select(table.c.id).where(late, table.c.opened_at <= clock.now() - older_than).order_by(table.c.id)
    return [row.id for row in conn.execute(query)]


def seconds_since_closed(conn: Connection, contact_id: str) -> int:
    """How long ago the contact's latest case was closed: what was said before is that case's, not the assistant's."""
    query = sa.select(sa.func.max(table.c.closed_at)).where(table.c.contact_id == contact_id)
    return clock.now() - int(conn.execute(query).scalar() or 0)
