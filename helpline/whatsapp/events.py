"""What is no message of a contact: receipts, changes of identity, and notices about everything else.

Notice kinds: standby_message, standby_echo, echo, preference, error, call, call_status, group, group_message,
group_status, system, account, history, app_state_sync, handover, quarantine, unreadable, unknown_field,
unknown_object. Their details hold ids, codes and words of Meta's, never a text; `phone` and `bsuid` where a person
is meant.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from helpline.messages import DeliveryReceipt, Event, Identity, IdentityChange, Notice
from helpline.whatsapp import fields, people

KNOWN_STATUSES = frozenset({"sent", "delivered", "read", "played", "failed", "deleted"})
"""`deleted` is of an older API and has no rank; words that are not here are kept, with known=False."""

# Fields that tell of the account, not of a person.
_OTHER_FIELDS = {
    "history": "history",
    "smb_app_state_sync": "app_state_sync",
    "messaging_handovers": "handover",
    "group_lifecycle_update": "group",
    "group_participants_update": "group",
    "group_settings_update": "group",
    "group_status_update": "group",
}
_ACCOUNT_PREFIXES = ("account_", "phone_number_", "message_template_", "template_", "business_", "partner_", "payment_")
_ACCOUNT_FIELDS = frozenset({"security", "flows", "tracking_events", "automatic_events", "business_status_update"})
_ACCOUNT_FACTS = (
    "event", "decision", "reason", "current_limit", "max_daily_conversation_per_phone", "message_template_id",
    "message_template_name", "message_template_language", "previous_category", "new_category", "new_quality_score",
    "previous_quality_score", "alert_type", "alert_severity", "alert_status", "entity_type", "entity_id",
)  # fmt: skip
# "User <name> changed from <old> to <new>", at the end only: the name in front of it is the person's own choice.
_CHANGED = re.compile(r"changed from (\S+) to (\S+)\Z")


def receipt(status: Mapping[str, Any], phone_number_id: str) -> Event:
    """What became of one of our messages; those of calls and groups are notices."""
    message_id = fields.word(status.get("id"), fields.ID_LIMIT)
    word = fields.word(status.get("status"), 40)
    if fields.word(status.get("type")) == "call":
        return call_status(status, phone_number_id)
    if fields.word(status.get("recipient_type")) == "group":
        return Notice(phone_number_id, "group_status", {"id": message_id, "status": word})
    if message_id is None or word is None:
        return Notice(phone_number_id, "unreadable", {"id": message_id, "why": "status without id or word"})
    pricing = fields.mapping(status.get("pricing"))
    recipient = status.get("recipient_id")
    return DeliveryReceipt(
        phone_number_id=phone_number_id,
        message_id=message_id,
        status=word.lower(),
        known=word.lower() in KNOWN_STATUSES,
        at=fields.seconds(status.get("timestamp")),
        recipient=Identity(
            phone=fields.phone(recipient),
            bsuid=fields.bsuid(status.get("recipient_user_id")) or fields.bsuid(recipient),
            parent_bsuid=fields.parent_bsuid(status.get("parent_recipient_user_id")),
        ),
        error_codes=fields.codes(status.get("errors")),
        billable=billable if isinstance(billable := pricing.get("billable"), bool) else None,
        category=fields.word(pricing.get("category"), 40),
        callback_data=fields.word(status.get("biz_opaque_callback_data"), 512),
    )


def system(message: Mapping[str, Any], phone_number_id: str, contacts: people.Book) -> Event:
    """A change of number, user id or keys; anything else the system says is a notice.

    Structured fields win. The sentence in `body` is believed only where a field is missing, and only if the new id
    it names is the one in the fields: it contains a display name, which its owner may choose freely.
    """
    given = fields.mapping(message.get("system"))
    subtype = fields.word(given.get("type"), 60) or ""
    message_id = fields.word(message.get("id"), fields.ID_LIMIT)
    before = people.sender(message, contacts) or Identity()
    said_old, said_new = _sentence(given.get("body"))
    new_phone = fields.phone(given.get("wa_id")) or fields.phone(given.get("new_wa_id"))
    new_user = fields.bsuid(given.get("user_id")) or fields.bsuid(given.get("wa_id"))
    old_user = fields.bsuid(given.get("previous_user_id"))
    if old_user is None and new_user is not None and said_new == new_user:
        old_user = fields.bsuid(said_old)
    if old_user is None and before.bsuid != new_user:
        old_user = before.bsuid
    old_phone = before.phone or fields.phone(given.get("customer"))
    if old_phone is None and new_phone is not None and fields.phone(said_new) == new_phone:
        old_phone = fields.phone(said_old)
    old = Identity(
        old_phone, old_user, fields.parent_bsuid(given.get("previous_parent_user_id")) or before.parent_bsuid
    )
    new = Identity(new_phone, new_user, fields.parent_bsuid(given.get("parent_user_id")))
    if subtype == "customer_identity_changed":
        who = Identity(old_phone or new_phone, before.bsuid or new_user, before.parent_bsuid)
        if who.phone or who.bsuid:
            return IdentityChange(phone_number_id, message_id, "identity_key", who, who)
    # The old kind was named after the new number; the newer kinds say what changed.
    kind = {
        "user_changed_number": "number",
        "customer_changed_number": "number",
        "user_changed_user_id": "user_id",
    }.get(subtype)
    if kind and (new.phone or new.bsuid) and (old.phone or old.bsuid):
        return IdentityChange(phone_number_id, message_id, kind, old, new)
    why = "change without both identities" if kind else "unknown system message"
    return Notice(phone_number_id, "system", {"id": message_id, "subtype": subtype or None, "why": why})


def _sentence(body: object) -> tuple[str | None, str | None]:
    found = _CHANGED.search((fields.text(body, 2000) or "").rstrip(". \n"))
    return (found[1], found[2]) if found else (None, None)


def standby_message(message: Mapping[str, Any], phone_number_id: str) -> Notice:
    """A message while Meta's own agent holds the conversation: answering would take it over."""
    why = "another handler (Meta Business Agent) owns the conversation: log, never answer"
    return Notice(phone_number_id, "standby_message", {"id": fields.word(message.get("id"), 200), "why": why})


def standby_echo(message: Mapping[str, Any], phone_number_id: str) -> Notice:
    """What Meta's own agent answered."""
    return Notice(phone_number_id, "standby_echo", {"id": fields.word(message.get("id"), 200)})


def echo(message: Mapping[str, Any], phone_number_id: str) -> Notice:
    """A colleague wrote to this person from the WhatsApp Business app: the assistant has to be silent for them."""
    details = {
        "id": fields.word(message.get("id"), 200),
        "phone": fields.phone(message.get("to")),
        "bsuid": fields.bsuid(message.get("to_user_id")) or fields.bsuid(message.get("to")),
        "type": fields.word(message.get("type"), 40),
    }
    return Notice(phone_number_id, "echo", {name: fact for name, fact in details.items() if fact is not None})


def preference(item: Mapping[str, Any], phone_number_id: str) -> Notice:
    """Marketing messages stopped or resumed; service answers may go on."""
    details = {
        "phone": fields.phone(item.get("wa_id")),
        "bsuid": fields.bsuid(item.get("user_id")) or fields.bsuid(item.get("wa_id")),
        "category": fields.word(item.get("category"), 80),
        "value": fields.word(item.get("value"), 40),
    }
    return Notice(phone_number_id, "preference", details)


def error(item: Mapping[str, Any], phone_number_id: str) -> Notice:
    """A fault Meta reports outside any message: 0 sign-in, 130429 too fast, 131000 a webhook it cannot build."""
    return Notice(phone_number_id, "error", {"errors": list(fields.codes([item]))})


def call(item: Mapping[str, Any], phone_number_id: str) -> Notice:
    """Somebody rings; this desk takes no calls over WhatsApp."""
    details = {
        "id": fields.word(item.get("id"), 200),
        "event": fields.word(item.get("event"), 40),
        "phone": fields.phone(item.get("from")),
        "bsuid": fields.bsuid(item.get("from_user_id")) or fields.bsuid(item.get("from")),
    }
    return Notice(phone_number_id, "call", {name: fact for name, fact in details.items() if fact is not None})


def call_status(status: Mapping[str, Any], phone_number_id: str) -> Notice:
    """What became of a call."""
    details = {"id": fields.word(status.get("id"), 200), "status": fields.word(status.get("status"), 40)}
    return Notice(phone_number_id, "call_status", details)


def other(field: str, value: Mapping[str, Any], phone_number_id: str | None) -> Notice:
    """Whatever came on a field that carries no messages."""
    facts = {name: fact for name in _ACCOUNT_FACTS if (fact := fields.word(value.get(name), 200)) is not None}
    if field in _OTHER_FIELDS:
        return Notice(phone_number_id, _OTHER_FIELDS[field], {"field": field})
    if field in _ACCOUNT_FIELDS or field.startswith(_ACCOUNT_PREFIXES):
        return Notice(phone_number_id, "account", {"field": field, **facts})
    return Notice(phone_number_id, "unknown_field", {"field": field})
