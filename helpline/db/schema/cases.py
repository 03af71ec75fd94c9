"""Human work: cases, what happened to them, notes, drafts, who looks at what."""

from __future__ import annotations

import sqlalchemy as sa

from helpline.db.columns import Id, metadata
from helpline.db.columns import column as _c

cases = sa.Table(
    "cases",
    metadata,
    _c("id", Id, "number of the case", "case", primary_key=True),
    _c("contact_id", sa.String(32), "about whom", "case", sa.ForeignKey("contacts.id", ondelete="CASCADE"), index=True),
    _c("state", sa.String(8), "waiting, active, parked or closed", "case"),
    _c("version", sa.Integer, "goes up with each change; a stale change is refused", "case", default=1),
    _c("reason", sa.String(24), "why a person is needed (cases.REASONS)", "case"),
    _c("topic", sa.String(40), "intent it is about", "case", nullable=True),
    _c("urgent", sa.Boolean, "first in the queue, alarm", "case", default=False),
    _c("emergency", sa.String(24), "kind of emergency", "case", nullable=True),
    _c("sensitive", sa.Boolean, "only for the safeguarding duty", "case", default=False, server_default=sa.false()),
    _c("acknowledged_at", sa.Integer, "somebody with that duty knows of it since", "case", nullable=True),
    _c("language", sa.String(8), "language of the contact", "case", nullable=True),
    _c("account_id", Id, "agent who holds it", "case", nullable=True, index=True),
    _c("card_sealed", sa.Text, "why the assistant gave up, guesses, looked-up facts", "case"),
    _c("opened_at", sa.Integer, "when", "case"),
    _c("waiting_since", sa.Integer, "waits for a person since; cleared by a human reply", "case", nullable=True),
    _c("claimed_at", sa.Integer, "first claim", "case", nullable=True),
    _c("first_reply_at", sa.Integer, "first reply by a person", "case", nullable=True),
    _c("parked_until", sa.Integer, "sleeps until", "case", nullable=True),
    _c("closed_at", sa.Integer, "when", "case", nullable=True),
    _c("outcome", sa.String(24), "how it ended", "case", nullable=True),
    _c("lesson", sa.String(24), "what editors should mend: cases.LESSONS", "case", nullable=True),
    _c("counted", sa.Boolean, "is in the counts without people", "case", default=False, server_default=sa.false()),
    sa.Index("ix_cases_state_waiting", "state", "urgent", "waiting_since"),
    sa.Index("ix_cases_state_closed", "state", "closed_at", "id"),
    sa.Index(
        "uq_cases_one_open",
        "contact_id",
        unique=True,
        sqlite_where=sa.text("state <> 'closed'"),
        postgresql_where=sa.text("state <> 'closed'"),
    ),
)

case_events = sa.Table(
    "case_events",
    metadata,
    _c("id", Id, "order", "case", primary_key=True),
    _c("case_id", Id, "which case", "case", sa.ForeignKey("cases.id", ondelete="CASCADE"), index=True),
    _c("kind", sa.String(24), "opened, upgraded, claimed, released, replied, noted, parked, closed, ...", "case"),
    _c("account_id", Id, "who did it", "case", nullable=True),
    _c("facts", sa.Text, "JSON without message text", "case", default="{}"),
    _c("at", sa.Integer, "when", "case"),
)

notes = sa.Table(
    "notes",
    metadata,
    _c("id", Id, "row", "case", primary_key=True),
    _c("case_id", Id, "which case", "case", sa.ForeignKey("cases.id", ondelete="CASCADE"), index=True),
    _c("account_id", Id, "who wrote it", "case"),
    _c("body_sealed", sa.Text, "internal note; no code path leads from here to the outbox", "case"),
    _c("at", sa.Integer, "when", "case"),
)

presence = sa.Table(
    "presence",
    metadata,
    _c("account_id", Id, "who", "short", sa.ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    _c("case_id", Id, "which case is on their screen; 0 for a list", "short", primary_key=True),
    _c("seen_at", sa.Integer, "last sign of life", "short"),
    _c("typed_at", sa.Integer, "last key pressed in a reply", "short", default=0),
)

drafts = sa.Table(
    "drafts",
    metadata,
    _c("id", Id, "row", "case", primary_key=True),
    _c("case_id", Id, "which case", "case", sa.ForeignKey("cases.id", ondelete="CASCADE")),
    _c("account_id", Id, "whose draft; colleagues do not see it", "case"),
    _c("kind", sa.String(8), "reply or note", "case"),
    _c("body_sealed", sa.Text, "what is typed and not sent; gone once it is", "case"),
    _c("updated_at", sa.Integer, "when", "case"),
    sa.UniqueConstraint("case_id", "account_id", "kind"),
)
