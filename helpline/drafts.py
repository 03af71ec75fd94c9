"""What an agent has typed and not sent, kept with its case: it survives a reload and never shows up elsewhere."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import clock
from helpline.db.engine import insert_once
from helpline.db.schema import drafts
from helpline.db.vault import Vault

KINDS = ("reply", "note")


def keep(conn: Connection, vault: Vault, case_id: int, account_id: int, kind: str, text: str) -> None:
    """Keep what is typed; nothing typed keeps nothing."""
    if not text.strip():
        drop(conn, case_id, account_id, kind)
        return
    values = {"body_sealed": vault.seal(text), "updated_at": clock.now()}
    key = {"case_id": case_id, "account_id": account_id, "kind": kind}
    if insert_once(conn, drafts, {**key, **values}, tuple(key)) is None:
        conn.execute(sa.update(drafts).where(*_is(case_id, account_id, kind)).values(**values))


def drop(conn: Connection, case_id: int, account_id: int, kind: str) -> None:
    """Forget it: it was sent, or emptied."""
    conn.execute(sa.delete(drafts).where(*_is(case_id, account_id, kind)))


def of(conn: Connection, vault: Vault, case_id: int, account_id: int) -> dict[str, str]:
    """What this agent has typed in this case, by kind."""
    query = sa.select(drafts.c.kind, drafts.c.body_sealed)
    rows = conn.execute(query.where(drafts.c.case_id == case_id, drafts.c.account_id == account_id))
    return {row.kind: vault.open(row.body_sealed) for row in rows}


def _is(case_id: int, account_id: int, kind: str) -> tuple[sa.sql.ColumnElement[bool], ...]:
    return drafts.c.case_id == case_id, drafts.c.account_id == account_id, drafts.c.kind == kind
