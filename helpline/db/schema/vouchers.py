"""The local table of vouchers."""

from __future__ import annotations

import sqlalchemy as sa

from helpline.db.columns import Id, metadata
from helpline.db.columns import column as _c

voucher_registrations = sa.Table(
    "voucher_registrations",
    metadata,
    _c("id", Id, "row", "programme", primary_key=True),
    _c(
        "lookup",
        sa.String(64),
        "keyed hash of the WhatsApp identity; the number itself is not kept",
        "programme",
        index=True,
    ),
    _c("registration", sa.String(16), "new, validated, included, paused, declined, completed", "programme"),
    _c("last_transaction", sa.String(20), "state of the last voucher at the source", "programme", nullable=True),
    _c("last_date", sa.String(10), "date of the last voucher", "programme", nullable=True),
    _c("last_amount_cents", sa.Integer, "amount of the last voucher, euro cents", "programme", nullable=True),
    _c("balance_cents", sa.Integer, "known balance of the last voucher, euro cents", "programme", nullable=True),
    _c("updated_at", sa.Integer, "when imported", "programme"),
)
