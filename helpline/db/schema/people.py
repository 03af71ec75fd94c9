"""Contacts: who writes, under a pseudonym."""

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
    _c("blocked_why", sa.String(16), "abuse, spam or other", "contact", nullable=True),
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

merges = sa.Table(
    "merges",
    metadata,
    _c("id", Id, "row", "short", primary_key=True),
    _c("kept_id", sa.String(32), "contact that was kept", "short", sa.ForeignKey("contacts.id", ondelete="CASCADE")),
    _c(
        "other_id", sa.String(32), "contact that was emptied", "short", sa.ForeignKey("contacts.id", ondelete="CASCADE")
    ),
    _c("account_id", Id, "who joined them", "short"),
    _c("moved", sa.Text, "JSON of row ids that moved, to undo it within a day", "short"),
    _c("at", sa.Integer, "when", "short", index=True),
)
