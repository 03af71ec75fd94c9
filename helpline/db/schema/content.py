"""What the assistant says: texts that are live, changes on their way, facts, and what became of them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline.db import append_only
from helpline.db.columns import Id, metadata
from helpline.db.columns import column as _c

answers = sa.Table(
    "answers",
    metadata,
    _c("id", Id, "row", "content", primary_key=True),
    _c("key", sa.String(80), "utter_… as Rasa says; fact:… for the value of a fact", "content"),
    _c("language", sa.String(8), "language of this text; * for a fact in every language", "content"),
    _c("text", sa.Text, "what contacts read", "content"),
    _c("buttons", sa.Text, "JSON list of title and payload", "content", default="[]"),
    _c("facts", sa.Text, "JSON: review date, source, owner, ...", "content", default="{}"),
    _c("version", sa.Integer, "goes up with each change", "content", default=1),
    _c("updated_at", sa.Integer, "when", "content"),
    _c("source_hash", sa.String(64), "hash of the English text it was made from", "content", server_default=""),
    _c("origin", sa.String(8), "starter, person, machine or sheet", "content", server_default="starter"),
    _c("reviewed", sa.Boolean, "a second reader found it right", "content", server_default=sa.false()),
    sa.UniqueConstraint("key", "language"),
)

content_version = sa.Table(
    "content_version",
    metadata,
    _c("id", sa.Integer, "always 1", "content", primary_key=True),
    _c("version", sa.Integer, "goes up with every published change; processes reload on it", "content"),
    _c("fingerprint", sa.String(64), "hash of the starter files imported last", "content", nullable=True),
    _c("four_eyes", sa.String(12), "which texts two people must see: all, sensitive, none", "content",
       server_default="sensitive"),
)  # fmt: skip

answer_changes = sa.Table(
    "answer_changes",
    metadata,
    _c("id", Id, "row", "content", primary_key=True),
    _c("key", sa.String(80), "which answer or fact", "content"),
    _c("language", sa.String(8), "in which language", "content"),
    _c("text", sa.Text, "the new text; empty takes the text of this language away", "content"),
    _c("buttons", sa.Text, "JSON list of title, payload and description", "content", default="[]"),
    _c("state", sa.String(8), "draft, review or approved", "content", default="draft"),
    _c("version", sa.Integer, "goes up with each change; a stale one is refused", "content", default=1),
    _c("base_version", sa.Integer, "version of the live text it began with; 0 for none", "content", default=0),
    _c("source_hash", sa.String(64), "hash of the English text the writer saw", "content", default=""),
    _c("origin", sa.String(8), "person, machine or sheet", "content", default="person"),
    _c("split", sa.Boolean, "may go out as several messages", "content", default=False),
    _c("authors", sa.String(200), "accounts that wrote it, comma-separated", "content"),
    _c("approved_hash", sa.String(64), "hash of exactly the text that was approved", "content", nullable=True),
    _c("approved_by", Id, "account that approved it", "content", nullable=True),
    _c("note", sa.String(1000), "what a reader asks to mend", "content", default=""),
    _c("updated_at", sa.Integer, "when", "content"),
    sa.UniqueConstraint("key", "language"),
)

answer_history = sa.Table(
    "answer_history",
    metadata,
    _c("id", Id, "row", "content", primary_key=True),
    _c("key", sa.String(80), "which answer or fact", "content"),
    _c("language", sa.String(8), "in which language", "content"),
    _c("number", sa.Integer, "counts up per answer and language", "content"),
    _c("event", sa.String(12), "saved, submitted, approved, returned, published, ...", "content"),
    _c("text", sa.Text, "the text then", "content"),
    _c("buttons", sa.Text, "its buttons then, JSON", "content", default="[]"),
    _c("account_id", Id, "who", "content", nullable=True),
    _c("why", sa.String(1000), "what they wrote about it", "content", default=""),
    _c("live_version", sa.Integer, "content version with which it went live", "content", nullable=True),
    _c("at", sa.Integer, "when", "content"),
    _c("seal", sa.String(64), "hash over this row and the seal before it: rows cannot be changed unseen", "content"),
    sa.UniqueConstraint("key", "language", "number"),
)


def _guarded(_table: sa.Table, conn: Connection, **_: Any) -> None:
    append_only.guard(conn)


sa.event.listen(answer_history, "after_create", _guarded)


answer_editing = sa.Table(
    "answer_editing",
    metadata,
    _c("id", Id, "row", "content", primary_key=True),
    _c("key", sa.String(80), "which answer or fact", "content"),
    _c("language", sa.String(8), "in which language", "content"),
    _c("account_id", Id, "who has it open", "content"),
    _c("typed", sa.Text, "what they typed and have not saved, JSON", "content", nullable=True),
    _c("at", sa.Integer, "last sign of life", "content"),
    sa.UniqueConstraint("key", "language", "account_id"),
)

content_facts = sa.Table(
    "content_facts",
    metadata,
    _c("id", Id, "row", "content", primary_key=True),
    _c("name", sa.String(60), "as in [[fact:name]]", "content", unique=True),
    _c("kind", sa.String(8), "phone, address, hours, amount, link or other", "content"),
    _c("label", sa.String(120), "what it is, for editors", "content"),
    _c("owner", sa.String(80), "who keeps it true", "content", default=""),
    _c("source", sa.String(300), "where it comes from", "content", default=""),
    _c("reviewed_on", sa.String(10), "date it was last checked", "content", nullable=True),
    _c("review_by", sa.String(10), "after this date it counts as old", "content", nullable=True),
    _c("on_expiry", sa.String(8), "what happens then: warn, line or hide", "content", default="line"),
    _c("version", sa.Integer, "goes up with each change", "content", default=1),
    _c("updated_at", sa.Integer, "when", "content"),
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

content_tasks = sa.Table(
    "content_tasks",
    metadata,
    _c("id", Id, "row", "content", primary_key=True),
    _c("key", sa.String(80), "which answer or fact", "content"),
    _c("language", sa.String(8), "in which language", "content"),
    _c("account_id", Id, "who is to write, translate or read it", "content", index=True),
    _c("by_id", Id, "who gave it to them", "content"),
    _c("at", sa.Integer, "when", "content"),
    sa.UniqueConstraint("key", "language"),
)

content_links = sa.Table(
    "content_links",
    metadata,
    _c("id", Id, "row", "content", primary_key=True),
    _c("url", sa.String(500), "an address that answers give", "content", unique=True),
    _c("state", sa.String(12), "waits, works, moved, gone, failed or refused", "content", default="waits"),
    _c("detail", sa.String(200), "status, kind of failure, or the address it leads to", "content", default=""),
    _c("asked_at", sa.Integer, "somebody or the clock asked for a look", "content", nullable=True),
    _c("checked_at", sa.Integer, "last look", "content", nullable=True),
    _c("bad_since", sa.Integer, "since when it does not work", "content", nullable=True),
)
