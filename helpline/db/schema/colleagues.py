"""Colleagues who help each other: questions inside a case, problems without an answer, translations."""

from __future__ import annotations

import sqlalchemy as sa

from helpline.db.columns import Id, metadata
from helpline.db.columns import column as _c

asks = sa.Table(
    "asks",
    metadata,
    _c("id", Id, "row", "case", primary_key=True),
    _c("case_id", Id, "about which case", "case", sa.ForeignKey("cases.id", ondelete="CASCADE"), index=True),
    _c("account_id", Id, "who asks", "case"),
    _c("to_account_id", Id, "whom", "case", nullable=True, index=True),
    _c("duty", sa.String(16), "or everybody with this duty", "case", nullable=True),
    _c("state", sa.String(10), "open, answered or withdrawn", "case", default="open"),
    _c("opened_at", sa.Integer, "when", "case"),
    _c("settled_at", sa.Integer, "when it was answered or withdrawn", "case", nullable=True),
)

ask_lines = sa.Table(
    "ask_lines",
    metadata,
    _c("id", Id, "order", "case", primary_key=True),
    _c("ask_id", Id, "in which thread", "case", sa.ForeignKey("asks.id", ondelete="CASCADE"), index=True),
    _c("account_id", Id, "who wrote it", "case"),
    _c("body_sealed", sa.Text, "for colleagues only; no code path leads from here to the outbox", "case"),
    _c("at", sa.Integer, "when", "case"),
)

ask_reads = sa.Table(
    "ask_reads",
    metadata,
    _c("ask_id", Id, "which thread", "case", sa.ForeignKey("asks.id", ondelete="CASCADE"), primary_key=True),
    _c("account_id", Id, "who", "case", primary_key=True),
    _c("line_id", Id, "newest line they have seen", "case"),
)

problems = sa.Table(
    "problems",
    metadata,
    _c("id", Id, "row", "content", primary_key=True),
    _c("title", sa.String(200), "a question we have no answer to, without any person in it", "content"),
    _c("details", sa.Text, "what is known of it, without any person in it", "content", default=""),
    _c("account_id", Id, "who wrote it down", "content"),
    _c("owner_id", Id, "who finds the answer", "content", nullable=True),
    _c("answer_key", sa.String(80), "the answer that settles it", "content", nullable=True),
    _c("times", sa.Integer, "how often it came up", "content", default=1),
    _c("state", sa.String(8), "open, written (answer is being made) or closed", "content", default="open"),
    _c("opened_at", sa.Integer, "when", "content"),
    _c("seen_at", sa.Integer, "when it last came up", "content"),
    _c("closed_at", sa.Integer, "when", "content", nullable=True),
)

translations = sa.Table(
    "translations",
    metadata,
    _c("id", Id, "row", "case", primary_key=True),
    _c("case_id", Id, "for which case", "case", sa.ForeignKey("cases.id", ondelete="CASCADE"), index=True),
    _c("account_id", Id, "who asks", "case"),
    _c("source", sa.String(24), "draft, or the line of the conversation (in-7)", "case"),
    _c("from_language", sa.String(8), "language it is in", "case"),
    _c("to_language", sa.String(8), "language it is wanted in", "case"),
    _c("original_sealed", sa.Text, "the text", "case"),
    _c("result_sealed", sa.Text, "its translation", "case", nullable=True),
    _c("state", sa.String(10), "open, claimed, done or withdrawn", "case", default="open"),
    _c("helper_id", Id, "who translates or translated it", "case", nullable=True, index=True),
    _c("asked_at", sa.Integer, "when it was asked for", "case"),
    _c("claimed_at", sa.Integer, "when somebody took it", "case", nullable=True),
    _c("done_at", sa.Integer, "when it was translated", "case", nullable=True),
    _c("seen_at", sa.Integer, "when who asked saw the result", "case", nullable=True),
    sa.Index("ix_translations_state", "state", "to_language"),
)
