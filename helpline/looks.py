"""The log of who looked at what, and why. It holds no words of a contact; the whole team may read it."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import clock, redaction
from helpline.db.schema import accounts, looks
from helpline.db.vault import Vault
from helpline.errors import InputError

KINDS = (
    "opened", "opened_closed", "glass", "talk", "file", "search", "revealed", "exported", "erased", "blocked",
    "unblocked", "marked", "acknowledged", "discarded", "assistant_off", "assistant_on", "deletion_off", "deletion_on",
    "merged", "split", "factor_reset",
)  # fmt: skip
"""`glass`: somebody without the duty opened a sensitive case because nobody else could; `talk`: of the assistant."""
REASON_LENGTH = 300
AGAIN_SECONDS = 15 * 60
"""Looking again within this is the same look."""


@dataclass(frozen=True)
class Look:
    """One line of the log."""

    id: int
    at: int
    kind: str
    name: str | None
    """The colleague; None for the service itself or somebody whose account is gone."""
    case_id: int | None
    reason: str


def record(
    conn: Connection, vault: Vault, kind: str, account_id: int | None, case_id: int | None = None, reason: str = ""
) -> None:
    """Write down a look or an act. Numbers in the reason are masked."""
    if kind not in KINDS:
        raise InputError(f"{kind!r} is not a kind of look.")
    words, _ = redaction.mask(reason.strip()[:REASON_LENGTH])
    sealed = vault.seal(words) if words else None
    values = {"at": clock.now(), "account_id": account_id, "kind": kind, "case_id": case_id, "reason_sealed": sealed}
    conn.execute(sa.insert(looks).values(**values))


def needed(reason: str) -> str:
    """A reason somebody gave. Raises InputError for none: looking is allowed, looking silently is not."""
    words = " ".join(reason.split())
    if sum(c.isalpha() for c in words) < 5:
        raise InputError("error.reason")
    return words


def lately(
    conn: Connection, account_id: int, case_id: int | None, kinds: tuple[str, ...], seconds: int = AGAIN_SECONDS
) -> bool:
    """Whether somebody has done one of these within so many seconds."""
    here = looks.c.case_id.is_(None) if case_id is None else looks.c.case_id == case_id
    mine = sa.and_(looks.c.account_id == account_id, here, looks.c.kind.in_(kinds))
    query = sa.select(looks.c.id).where(mine, looks.c.at > clock.now() - seconds).limit(1)
    return conn.execute(query).first() is not None


def was_erased(conn: Connection, case_id: int) -> bool:
    """Whether a case that is not there any more was deleted at the contact's wish."""
    query = sa.select(looks.c.id).where(looks.c.case_id == case_id, looks.c.kind == "erased").limit(1)
    return conn.execute(query).first() is not None


def listed(
    conn: Connection, vault: Vault, *, case_id: int | None = None, kind: str = "", before: int = 2**62, limit: int = 100
) -> list[Look]:
    """Lines of the log, newest first."""
    where = [looks.c.id < before]
    if case_id is not None:
        where.append(looks.c.case_id == case_id)
    if kind:
        where.append(looks.c.kind == kind)
    query = (
        sa.select(looks, accounts.c.name)
        .select_from(looks.outerjoin(accounts, accounts.c.id == looks.c.account_id))
        .where(*where)
        .order_by(looks.c.id.desc())
        .limit(limit)
    )
    return [
        Look(
            row.id, row.at, row.kind, row.name, row.case_id, vault.open(row.reason_sealed) if row.reason_sealed else ""
        )
        for row in conn.execute(query)
    ]
