"""What the assistant says."""

from __future__ import annotations

import sqlalchemy as sa

from helpline.db.columns import Id, metadata
from helpline.db.columns import column as _c

answers = sa.Table(
    "answers",
    metadata,
    _c("id", Id, "row", "content", primary_key=True),
    _c("key", sa.String(80), "utter_… as Rasa says", "content"),
    _c("language", sa.String(8), "language of this text", "content"),
    _c("text", sa.Text, "what contacts read", "content"),
    _c("buttons", sa.Text, "JSON list of title and payload", "content", default="[]"),
    _c("facts", sa.Text, "JSON: review date, source, owner, ...", "content", default="{}"),
    _c("version", sa.Integer, "goes up with each change", "content", default=1),
    _c("updated_at", sa.Integer, "when", "content"),
    sa.UniqueConstraint("key", "language"),
)

content_version = sa.Table(
    "content_version",
    metadata,
    _c("id", sa.Integer, "always 1", "content", primary_key=True),
    _c("version", sa.Integer, "goes up with every published change; processes reload on it", "content"),
    _c("fingerprint", sa.String(64), "hash of the starter files imported last", "content", nullable=True),
)

draft_answers = sa.Table(
    "draft_answers",
    metadata,
    _c("id", Id, "row", "content", primary_key=True),
    _c("key", sa.String(120), "stable name for imports", "content", unique=True),
    _c("language", sa.String(8), "language of the text", "content", default=""),
    _c("question", sa.Text, "question of an imported list", "content"),
    _c("answer", sa.Text, "its answer; not live until an editor takes it over", "content"),
    _c("source", sa.String(200), "where it comes from", "content", default=""),
    _c("updated_on", sa.String(10), "date it was last changed there", "content", nullable=True),
    _c("state", sa.String(12), "draft, taken or dismissed", "content", default="draft"),
    _c("created_at", sa.Integer, "when it was imported", "content"),
)
