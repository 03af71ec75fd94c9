"""Voucher states from our own table, filled by `helpline vouchers import`."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from helpline import logs
from helpline.db.engine import reading
from helpline.db.schema import voucher_registrations as table
from helpline.db.vault import Vault
from helpline.messages import Identity
from helpline.vouchers.lookup import Outcome, Voucher, found

SOURCE = "local"

log = logs.get(__name__)


@dataclass(frozen=True)
class LocalTable:
    """The table of registrations, found by keyed hash of phone number or user id."""

    engine: Engine
    vault: Vault

    def status(self, identity: Identity) -> Voucher:
        """The state of this identity."""
        return self.balance(identity)[0]

    def balance(self, identity: Identity) -> tuple[Voucher, int | None]:
        """The state, and the balance the last import told, for a delivered voucher."""
        try:
            rows = self._rows(identity)
        except sa.exc.SQLAlchemyError:
            logs.failure(log, "voucher_table_unreadable")
            return Voucher(Outcome.CANNOT_CHECK, SOURCE), None
        if len(rows) > 1:
            return Voucher(Outcome.AMBIGUOUS, SOURCE), None
        if not rows:
            # Lists name people by phone; without one, an empty result says nothing about them.
            return Voucher(Outcome.NOT_FOUND if identity.phone else Outcome.CANNOT_CHECK, SOURCE), None
        row = rows[0]
        day = dt.date.fromisoformat(row.last_date) if row.last_date else None
        voucher = found(SOURCE, row.registration, row.last_transaction, day, row.last_amount_cents)
        return voucher, row.balance_cents if voucher.transaction == "success" else None

    def health(self) -> dict[str, object]:
        """Whether the table can be read, how many registrations it holds and when it was last imported."""
        query = sa.select(sa.func.count(), sa.func.max(table.c.updated_at))
        try:
            with reading(self.engine) as conn:
                number, newest = conn.execute(query).one()
        except sa.exc.SQLAlchemyError:
            return {"source": SOURCE, "answers": False, "fault": "unreadable"}
        return {"source": SOURCE, "answers": True, "registrations": int(number), "imported_at": newest}

    def _rows(self, identity: Identity) -> list[Any]:
        named = (("phone", identity.phone), ("bsuid", identity.bsuid))
        lookups = [one for kind, value in named if value for one in self.vault.lookups(kind, value)]
        with reading(self.engine) as conn:
            return list(conn.execute(sa.select(table).where(table.c.lookup.in_(lookups)).limit(2)))
