"""Who is at the desk when, what happened in a shift, and how each open case was left."""

from __future__ import annotations

import sqlalchemy as sa

from helpline.db.columns import Id, metadata
from helpline.db.columns import column as _c

roster = sa.Table(
    "roster",
    metadata,
    _c("id", Id, "row", "account", primary_key=True),
    _c("account_id", Id, "who", "account", sa.ForeignKey("accounts.id", ondelete="CASCADE"), index=True),
    _c("weekday", sa.Integer, "every week on this day, Monday 0", "account", nullable=True),
    _c("day", sa.String(10), "or on this one date", "account", nullable=True, index=True),
    _c("starts", sa.Integer, "minutes after midnight in the Netherlands", "account"),
    _c("ends", sa.Integer, "the same; more than 1440 is the next day", "account"),
    _c("languages", sa.String(80), "languages in this shift; empty: those of the account", "account", default=""),
    _c("works", sa.Boolean, "false: not there then, whatever the week says", "account", default=True),
    _c("created_at", sa.Integer, "when", "account"),
)

shift_log = sa.Table(
    "shift_log",
    metadata,
    _c("id", Id, "row", "shift", primary_key=True),
    _c("account_id", Id, "who", "shift", sa.ForeignKey("accounts.id", ondelete="CASCADE")),
    _c("began_at", sa.Integer, "when they began", "shift"),
    _c("until", sa.Integer, "when they mean to end", "shift"),
    _c("ended_at", sa.Integer, "when they ended", "shift", nullable=True),
    _c("ended_by", sa.String(8), "self, or time: nobody ended it", "shift", nullable=True),
    _c("note_sealed", sa.Text, "what the next shift must know; no names of contacts", "shift", nullable=True),
    sa.Index("ix_shift_log_ended_at", "ended_at", "id"),
    sa.Index(
        "uq_shift_log_one_open",
        "account_id",
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    ),
)

handovers = sa.Table(
    "handovers",
    metadata,
    _c("id", Id, "row", "case", primary_key=True),
    _c("shift_id", Id, "end of which shift", "case", sa.ForeignKey("shift_log.id", ondelete="CASCADE"), index=True),
    _c("case_id", Id, "which case", "case", sa.ForeignKey("cases.id", ondelete="CASCADE"), index=True),
    _c("choice", sa.String(8), "parked, released, handed, or left: the shift ran out", "case"),
    _c("to_account_id", Id, "the colleague who has it now", "case", nullable=True),
    _c("line_sealed", sa.Text, "the one line for who is next", "case"),
    _c("at", sa.Integer, "when", "case"),
)
