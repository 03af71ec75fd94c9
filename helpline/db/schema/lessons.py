"""Messages the assistant did not master, made anonymous, for editors to learn from."""

from __future__ import annotations

import sqlalchemy as sa

from helpline.db.columns import Id, metadata
from helpline.db.columns import column as _c

lessons = sa.Table(
    "lessons",
    metadata,
    _c("id", Id, "row", "lesson", primary_key=True),
    _c("source", sa.String(64), "keyed hash of what it came from, so that it is taken once", "lesson", unique=True),
    _c("owner", sa.String(64), "keyed hash of the contact, only so that erasing them finds it", "lesson", index=True),
    _c("text_sealed", sa.Text, "the message without numbers, names and addresses", "lesson"),
    _c("language", sa.String(8), "language it was read as", "lesson", nullable=True),
    _c("reason", sa.String(16), "rejected, refused, thumbs_down or misunderstood", "lesson"),
    _c("guess", sa.String(40), "what the assistant took it for", "lesson", nullable=True),
    _c("confidence", sa.Float, "how sure it was", "lesson", nullable=True),
    _c("heap", Id, "number of the first message that says nearly the same", "lesson", index=True),
    _c("state", sa.String(12), "open, taught, not_for_us, spam or asked", "lesson", default="open", index=True),
    _c("intent", sa.String(40), "what an editor says it means", "lesson", nullable=True),
    _c("account_id", Id, "which editor", "lesson", nullable=True),
    _c("day", sa.Integer, "day it came, no closer", "lesson"),
)
