"""All tables. Each column's `info` says what it is for and how long it is kept (docs/privacy.md is made from it).

Times are seconds since 1970, UTC. Columns named `*_sealed` are encrypted (helpline/db/vault.py).
Retention words: `contact` until the contact is erased; `case` N days after the case closed; `message` N days;
`account`, `content` until removed by a person; `forever` figures without people; `short` hours.
"""

from __future__ import annotations

import sqlalchemy as sa

from helpline.db.columns import Id, metadata
from helpline.db.columns import column as _c

contacts = sa.Table(
    "contacts",
    metadata,
    _c("id", sa.String(32), "random pseudonym of a contact", "contact", primary_key=True),
    _c("alias", sa.String(40), "neutral name shown in the desk", "contact", default=""),
    _c("language", sa.String(8), "language of answers", "contact", nullable=True),
    _c("language_chosen", sa.Boolean, "the contact chose it; nothing switches it silently", "contact", default=False),
    _c("epoch", sa.Integer, "goes up when a case opens or closes; late texts are refused by it", "contact", default=0),
    _c(
        "stretch", sa.Integer, "which stretch of assistant talk this is; part of Rasa's sender id", "contact", default=0
    ),
    _c("stretch_turns", sa.Integer, "turns in this stretch", "contact", default=0),
    _c("stretch_at", sa.Integer, "last turn; 30 idle minutes begin a new stretch", "contact", default=0),
    _c("last_inbound_at", sa.Integer, "opens WhatsApp's 24-hour window", "contact", nullable=True, index=True),
    _c("notice_at", sa.Integer, "when the first-contact notice was sent", "contact", nullable=True),
    _c("stopped_at", sa.Integer, "asked for silence; cleared when they write again", "contact", nullable=True),
    _c("blocked_until", sa.Integer, "messages are stored but not answered until then", "contact", nullable=True),
    _c("erase_at", sa.Integer, "asked to be deleted; texts are gone, the rest follows then", "contact", nullable=True),
    _c("created_at", sa.Integer, "first message", "contact"),
)

contact_identities = sa.Table(
    "contact_identities",
    metadata,
    _c("id", Id, "row", "contact", primary_key=True),
    _c("contact_id", sa.String(32), "whose", "contact", sa.ForeignKey("contacts.id", ondelete="CASCADE"), index=True),
    _c("kind", sa.String(8), "phone, bsuid or parent", "contact"),
    _c("lookup", sa.String(64), "keyed hash of kind and value: finds without revealing", "contact", unique=True),
    _c("value_sealed", sa.Text, "the phone number or user id, to send to", "contact"),
)

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
    _c("outcome", sa.String(24), "answered, handed_off, joined_case, told, ignored", "message", nullable=True),
    sa.UniqueConstraint("phone_number_id", "message_id"),
    sa.Index("ix_inbox_state_contact", "state", "contact_id", "id"),
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

trackers = sa.Table(
    "trackers",
    metadata,
    _c("sender_id", sa.String(64), "contact and stretch", "short", primary_key=True),
    _c("contact_id", sa.String(32), "whose, so erasing finds it", "short", index=True, nullable=True),
    _c("events_sealed", sa.Text, "Rasa's events of one stretch", "short"),
    _c("updated_at", sa.Integer, "last turn", "short", index=True),
)

accounts = sa.Table(
    "accounts",
    metadata,
    _c("id", Id, "row", "account", primary_key=True),
    _c("username", sa.String(80), "sign-in name", "account", unique=True),
    _c("name", sa.String(80), "name colleagues see", "account"),
    _c("role", sa.String(16), "agent, editor, coordinator, administrator", "account"),
    _c("password_hash", sa.String(200), "argon2", "account"),
    _c("languages", sa.String(80), "languages they read, comma-separated", "account", default=""),
    _c("interface_language", sa.String(8), "language of the console", "account", default="en"),
    _c("active", sa.Boolean, "may sign in", "account", default=True),
    _c("session_epoch", sa.Integer, "signing out everywhere raises it", "account", default=0),
    _c("created_at", sa.Integer, "when", "account"),
)

sign_in_attempts = sa.Table(
    "sign_in_attempts",
    metadata,
    _c("id", Id, "row", "short", primary_key=True),
    _c("subject", sa.String(64), "keyed hash of username or address", "short", index=True),
    _c("at", sa.Integer, "when", "short"),
)

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

services = sa.Table(
    "services",
    metadata,
    _c("id", Id, "row", "content", primary_key=True),
    _c("key", sa.String(120), "stable name for imports", "content", unique=True),
    _c("name", sa.String(200), "name of the organisation", "content"),
    _c("kind", sa.String(24), "shelter, health, food, day, legal, ...", "content"),
    _c("audience", sa.String(12), "open to people without papers: yes, ask or unknown", "content", default="unknown"),
    _c("town", sa.String(80), "town", "content"),
    _c("address", sa.String(200), "street and number", "content", default=""),
    _c("postcode", sa.String(8), "postcode", "content", default=""),
    _c("latitude", sa.Float, "degrees", "content"),
    _c("longitude", sa.Float, "degrees", "content"),
    _c("phones", sa.String(200), "verified phone numbers, comma-separated", "content", default=""),
    _c("website", sa.String(200), "https link", "content", default=""),
    _c("hours", sa.String(300), "OpenStreetMap opening_hours", "content", default=""),
    _c("languages", sa.String(80), "languages spoken there", "content", default=""),
    _c("bring", sa.String(40), "key of the line that says what to bring", "content", default=""),
    _c("source", sa.String(200), "where the facts come from", "content", default=""),
    _c("reviewed_on", sa.String(10), "date the facts were last checked", "content", nullable=True),
    _c("review_by", sa.String(10), "after this date: please phone first", "content", nullable=True),
    _c("retired", sa.Boolean, "no longer offered", "content", default=False),
    _c("updated_at", sa.Integer, "when", "content"),
    _c("edited_at", sa.Integer, "when a person changed it; imports leave it alone since", "content", nullable=True),
    sa.Index("ix_services_kind_latitude", "kind", "latitude", "longitude"),
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

voucher_registrations = sa.Table(
    "voucher_registrations",
    metadata,
    _c("id", Id, "row", "programme", primary_key=True),
    _c(
        "lookup",
        sa.String(64),
        "keyed hash of the WhatsApp identity; the number itself is not kept",
        "programme",
        index=True,
    ),
    _c("registration", sa.String(16), "new, validated, included, paused, declined, completed", "programme"),
    _c("last_transaction", sa.String(20), "state of the last voucher at the source", "programme", nullable=True),
    _c("last_date", sa.String(10), "date of the last voucher", "programme", nullable=True),
    _c("last_amount_cents", sa.Integer, "amount of the last voucher, euro cents", "programme", nullable=True),
    _c("balance_cents", sa.Integer, "known balance of the last voucher, euro cents", "programme", nullable=True),
    _c("updated_at", sa.Integer, "when imported", "programme"),
)

heartbeats = sa.Table(
    "heartbeats",
    metadata,
    _c("process", sa.String(80), "name of the process", "short", primary_key=True),
    _c("at", sa.Integer, "last sign of life", "short"),
    _c("facts", sa.Text, "JSON of figures", "short", default="{}"),
)
