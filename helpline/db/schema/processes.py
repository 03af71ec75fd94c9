"""Running processes."""

from __future__ import annotations

import sqlalchemy as sa

from helpline.db.columns import column as _c
from helpline.db.columns import metadata

heartbeats = sa.Table(
    "heartbeats",
    metadata,
    _c("process", sa.String(80), "name of the process", "short", primary_key=True),
    _c("at", sa.Integer, "last sign of life", "short"),
    _c("facts", sa.Text, "JSON of figures", "short", default="{}"),
)
