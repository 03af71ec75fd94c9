"""What the assistant learns from: intents, examples, and who changed them."""

from __future__ import annotations

import sqlalchemy as sa

from helpline.db.columns import Id, metadata
from helpline.db.columns import column as _c

intents = sa.Table(
    "intents",
    metadata,
    _c("id", sa.String(40), "stable name; on buttons already sent, so it never changes", "content", primary_key=True),
    _c("action", sa.String(12), "what follows: rule (data/rules.yml), answer or people", "content", default="rule"),
    _c("state", sa.String(10), "active or archived", "content", default="active"),
    _c("redirect", sa.String(40), "intent that its buttons lead to once archived", "content", nullable=True),
    _c("position", sa.Integer, "order in lists", "content", default=0),
    _c("revision", Id, "training revision of the last change", "content", default=0),
)

examples = sa.Table(
    "examples",
    metadata,
    _c("id", Id, "row", "content", primary_key=True),
    _c("intent", sa.String(40), "what it means", "content", sa.ForeignKey("intents.id"), index=True),
    _c("language", sa.String(8), "language it is written in", "content"),
    _c("text", sa.Text, "what somebody might write; never a message as it came", "content"),
    _c("text_hash", sa.String(64), "so that one text is there once in a language", "content"),
    _c("origin", sa.String(12), "data, editor, message or import", "content"),
    _c("account_id", Id, "who wrote it", "content", nullable=True),
    _c("created_at", sa.Integer, "when", "content"),
    _c("revision", Id, "training revision of the last change; above the published one it is a draft", "content"),
    _c("removed", sa.Boolean, "taken out by an editor; kept so that it can be brought back", "content", default=False),
    sa.UniqueConstraint("language", "text_hash"),
    sa.Index("ix_examples_language_intent", "language", "intent"),
    sa.Index("ix_examples_revision", "revision"),
)

training_changes = sa.Table(
    "training_changes",
    metadata,
    _c("id", Id, "order", "content", primary_key=True),
    _c("kind", sa.String(16), "added, removed, moved, brought_back, created, merged, archived, restored", "content"),
    _c("intent", sa.String(40), "which intent", "content", index=True),
    _c("account_id", Id, "who did it; nobody for the starter content", "content", nullable=True),
    _c("facts", sa.Text, "JSON: ids and what was before, to undo it", "content", default="{}"),
    _c("at", sa.Integer, "when", "content"),
    _c("revision", Id, "training revision it made", "content"),
    _c("undone", sa.Boolean, "taken back", "content", default=False),
)

training_version = sa.Table(
    "training_version",
    metadata,
    _c("id", sa.Integer, "always 1", "content", primary_key=True),
    _c("revision", Id, "goes up with every change of examples or intents", "content"),
    _c("fingerprint", sa.String(64), "hash of the starter files imported last", "content", nullable=True),
)
