"""Messages in and out, what WhatsApp said of them, and the assistant's memory of a talk."""

from __future__ import annotations

import sqlalchemy as sa

from helpline.db.columns import Id, metadata
from helpline.db.columns import column as _c

inbox = sa.Table(
    "inbox",
    metadata,
    _c("id", Id, "order of arrival", "message", primary_key=True),
    _c("phone_number_id", sa.String(40), "our number it came to", "message"),
    _c("message_id", sa.String(200), "WhatsApp's id; unique, so a resend is a no-op", "message"),
    _c("contact_id", sa.String(32), "who wrote", "message", sa.ForeignKey("contacts.id", ondelete="CASCADE")),
    _c("kind", sa.String(24), "type of message", "message"),
    _c("body_sealed", sa.Text, "the message; emptied of pins once used", "message"),
    _c("sent_at", sa.Integer, "when WhatsApp says it was written", "message"),
    _c("received_at", sa.Integer, "when it was stored", "message"),
    _c("state", sa.String(12), "waiting, in_flight, done or dead", "message", default="waiting"),
    _c("attempts", sa.Integer, "how often the drain took it", "message", default=0),
    _c("lease_until", sa.Integer, "the drain's claim expires then", "message", nullable=True),
    _c("case_id", Id, "the case it joined", "message", nullable=True, index=True),
    _c("language", sa.String(8), "language it was read as", "message", nullable=True),
    _c("outcome", sa.String(24), "answered, handed_off, joined_case, told, rated_…, ignored", "message", nullable=True),
    _c("topic", sa.String(40), "what it was about; forgotten once it is counted", "message", nullable=True),
    _c("counted", sa.Boolean, "is in the counts without people", "message", default=False, server_default=sa.false()),
    sa.UniqueConstraint("phone_number_id", "message_id"),
    sa.Index("ix_inbox_state_contact", "state", "contact_id", "id"),
    sa.Index("ix_inbox_uncounted", "id", sqlite_where=sa.text("counted = 0"), postgresql_where=sa.text("NOT counted")),
    sa.Index("ix_inbox_contact_id_id", "contact_id", "id"),
)

outbox = sa.Table(
    "outbox",
    metadata,
    _c("id", Id, "order of writing", "message", primary_key=True),
    _c("contact_id", sa.String(32), "to whom", "message", sa.ForeignKey("contacts.id", ondelete="CASCADE")),
    _c("case_id", Id, "the case it belongs to", "message", nullable=True, index=True),
    _c("author", sa.String(12), "assistant, agent or system", "message"),
    _c("account_id", Id, "the agent who wrote it", "message", nullable=True),
    _c("in_reply_to", Id, "inbox row it answers", "message", nullable=True),
    _c("once_key", sa.String(120), "the same key is enqueued once", "message", unique=True),
    _c("kind", sa.String(40), "answer key, reply, safety, notice, acknowledgement, ...", "message"),
    _c("body_sealed", sa.Text, "the message", "message"),
    _c("language", sa.String(8), "language of the text", "message", nullable=True),
    _c("state", sa.String(12), "queued, sending, sent, delivered, read, failed, unknown, held, suppressed", "message"),
    _c("rank", sa.Integer, "status rank, only goes up: 0 queued 1 sent 2 delivered 3 read", "message", default=0),
    _c("attempts", sa.Integer, "provider calls", "message", default=0),
    _c("parts_done", sa.Integer, "parts of a split message the provider took", "message", default=0),
    _c("next_attempt_at", sa.Integer, "not before", "message"),
    _c("lease_until", sa.Integer, "the worker's claim expires then", "message", nullable=True),
    _c("message_id", sa.String(200), "WhatsApp's id of it", "message", nullable=True, index=True),
    _c("error", sa.String(40), "class and code of the last failure", "message", nullable=True),
    _c("answers", sa.String(300), "approved answers in it, as name:language@content version", "message", nullable=True),
    _c("release_id", Id, "release that answered; none for people and the installed model", "message", nullable=True),
    _c("created_at", sa.Integer, "when it was enqueued", "message"),
    _c("sent_at", sa.Integer, "when the provider took it", "message", nullable=True),
    sa.Index("ix_outbox_state_next", "state", "next_attempt_at"),
    sa.Index("ix_outbox_contact_id_id", "contact_id", "id"),
)

receipts = sa.Table(
    "receipts",
    metadata,
    _c("id", Id, "row", "short", primary_key=True),
    _c(
        "message_id",
        sa.String(200),
        "message it is about: came before our own record, or a failure already dealt with",
        "short",
        index=True,
    ),
    _c("status", sa.String(12), "status word", "short"),
    _c("error", sa.String(40), "failure code", "short", nullable=True),
    _c("received_at", sa.Integer, "when it came", "short"),
)

dead_letters = sa.Table(
    "dead_letters",
    metadata,
    _c("id", Id, "row", "message", primary_key=True),
    _c("reason", sa.String(60), "why it could not be used", "message"),
    _c("body_sealed", sa.Text, "what came, signed but unreadable", "message"),
    _c("received_at", sa.Integer, "when it came", "message"),
)

trackers = sa.Table(
    "trackers",
    metadata,
    _c("sender_id", sa.String(64), "contact and stretch", "short", primary_key=True),
    _c("contact_id", sa.String(32), "whose, so erasing finds it", "short", index=True, nullable=True),
    _c("events_sealed", sa.Text, "Rasa's events of one stretch", "short"),
    _c("updated_at", sa.Integer, "last turn", "short", index=True),
)
