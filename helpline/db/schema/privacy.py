"""Who looked at what, and what was switched off."""

from __future__ import annotations

import sqlalchemy as sa

from helpline.db.columns import Id, metadata
from helpline.db.columns import column as _c

looks = sa.Table(
    "looks",
    metadata,
    _c("id", Id, "order", "log", primary_key=True),
    _c("at", sa.Integer, "when", "log", index=True),
    _c("account_id", Id, "who looked or acted; empty: the service itself", "log", nullable=True),
    _c(
        "kind",
        sa.String(24),
        "opened, opened_closed, glass, revealed, exported, blocked, erased, ... (looks.KINDS)",
        "log",
    ),
    _c("case_id", Id, "which case; outlives it as a number that leads nowhere", "log", nullable=True, index=True),
    _c("reason_sealed", sa.Text, "why, in their words", "log", nullable=True),
)

switches = sa.Table(
    "switches",
    metadata,
    _c("name", sa.String(24), "what is switched: assistant or deletion", "content", primary_key=True),
    _c("off_since", sa.Integer, "silent or frozen since then", "content", nullable=True),
    _c("off_until", sa.Integer, "comes back by itself then; empty: by a person", "content", nullable=True),
    _c("account_id", Id, "who switched it", "content", nullable=True),
)

erasures = sa.Table(
    "erasures",
    metadata,
    _c("id", Id, "row", "log", primary_key=True),
    _c("erased", sa.String(64), "keyed hash of a pseudonym: nobody comes back from a backup", "log"),
    _c("at", sa.Integer, "when", "log", index=True),
)
