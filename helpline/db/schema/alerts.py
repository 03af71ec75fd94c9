"""Alarms that ring until somebody comes, and notices to chat rooms, mailboxes and other systems."""

from __future__ import annotations

import sqlalchemy as sa

from helpline.db.columns import Id, metadata
from helpline.db.columns import column as _c

alerts = sa.Table(
    "alerts",
    metadata,
    _c("id", Id, "row", "case", primary_key=True),
    _c("case_id", Id, "which case", "case", sa.ForeignKey("cases.id", ondelete="CASCADE"), index=True),
    _c("kind", sa.String(12), "urgent, sensitive or waiting", "case"),
    _c("step", sa.Integer, "how wide it rings", "case", default=0),
    _c("rings", sa.Integer, "how often it rang", "case", default=0),
    _c("raised_at", sa.Integer, "when", "case"),
    _c("rung_at", sa.Integer, "when it rang first", "case", nullable=True),
    _c("next_at", sa.Integer, "when it rings next", "case"),
    _c("settled_at", sa.Integer, "when somebody took the case", "case", nullable=True),
    sa.UniqueConstraint("case_id", "kind"),
    sa.Index("ix_alerts_due", "settled_at", "next_at"),
)

notices = sa.Table(
    "notices",
    metadata,
    _c("id", Id, "order", "notice", primary_key=True),
    _c("once_key", sa.String(120), "the same key is written once", "notice", unique=True),
    _c("kind", sa.String(24), "what happened", "notice"),
    _c("audience", sa.String(12), "team, coordinator, on_call or translate", "notice"),
    _c("facts", sa.Text, "JSON: counts, language, age, path; never text, name or number", "notice", default="{}"),
    _c("state", sa.String(8), "new, going (has deliveries), or unsent: nobody is configured", "notice", default="new"),
    _c("created_at", sa.Integer, "when", "notice"),
)

notice_deliveries = sa.Table(
    "notice_deliveries",
    metadata,
    _c("id", Id, "row", "notice", primary_key=True),
    _c("notice_id", Id, "what", "notice", sa.ForeignKey("notices.id", ondelete="CASCADE")),
    _c("target", sa.String(60), "where: kind and place in the setting, no address", "notice"),
    _c("state", sa.String(8), "queued, sending, sent or dead", "notice", default="queued"),
    _c("attempts", sa.Integer, "how often it was tried", "notice", default=0),
    _c("next_attempt_at", sa.Integer, "not before", "notice"),
    _c("error", sa.String(60), "class of the last failure", "notice", nullable=True),
    _c("sent_at", sa.Integer, "when it was taken", "notice", nullable=True),
    sa.UniqueConstraint("notice_id", "target"),
    sa.Index("ix_notice_deliveries_due", "state", "next_attempt_at"),
)
