"""Counts without people."""

from __future__ import annotations

import sqlalchemy as sa

from helpline.db.columns import Id, metadata
from helpline.db.columns import column as _c

insights = sa.Table(
    "insights",
    metadata,
    _c("id", Id, "row", "facts", primary_key=True),
    _c("day", sa.Integer, "day in the Netherlands, counted from 1970; for `hour` the first day of its week", "facts"),
    _c("measure", sa.String(12), "what is counted: message, case, lesson, rating or hour", "facts"),
    _c("topic", sa.String(40), "intent", "facts", default=""),
    _c("language", sa.String(8), "language", "facts", default=""),
    _c("outcome", sa.String(24), "answered, handed_off, ...; for cases how they ended", "facts", default=""),
    _c("band", sa.String(8), "how long a case waited for a person, or the hour", "facts", default=""),
    _c("count", sa.Integer, "how often", "facts", default=0),
    _c("demo", sa.Boolean, "made up, for the demo", "facts", default=False, server_default=sa.false()),
    sa.UniqueConstraint("day", "measure", "topic", "language", "outcome", "band", "demo"),
)
