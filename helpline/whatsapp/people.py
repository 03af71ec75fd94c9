"""Who wrote: the sender of a message, from the message itself and the `contacts` list beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from helpline.messages import Identity
from helpline.whatsapp import fields

Book = dict[str, Mapping[str, Any]]
"""The `contacts` of one change, by every id they go by. Position in the list means nothing: Meta promises no order."""


def book(contacts: object) -> Book:
    """Index a `contacts` list by wa_id (in every known spelling) and user id."""
    found: Book = {}
    for item in fields.items(contacts):
        entry = fields.mapping(item)
        wa_id = fields.phone(entry.get("wa_id"))
        ids = {fields.bsuid(entry.get("user_id")), fields.bsuid(entry.get("wa_id"))}
        ids |= {wa_id, _spelling(wa_id)} if wa_id else set()
        for known in ids - {None}:
            found.setdefault(str(known), entry)
    return found


def sender(message: Mapping[str, Any], contacts: Book) -> Identity | None:
    """The person a message is from, or None when nothing names them.

    `from` is the number to answer to and may differ from `wa_id`; both may hold a user id when the phone is hidden
    (seen at relays). Without any id there is no person: guessing would merge strangers into one conversation.
    """
    phone = fields.phone(message.get("from"))
    user = fields.bsuid(message.get("from_user_id")) or fields.bsuid(message.get("from"))
    parent = fields.parent_bsuid(message.get("from_parent_user_id")) or fields.parent_bsuid(message.get("from"))
    if phone is None and user is None:
        return None
    entry = _entry(phone, user, contacts)
    profile = fields.mapping(entry.get("profile"))
    return Identity(
        phone=phone or fields.phone(entry.get("wa_id")),
        bsuid=user or fields.bsuid(entry.get("user_id")) or fields.bsuid(entry.get("wa_id")),
        parent_bsuid=parent or fields.parent_bsuid(entry.get("parent_user_id")),
        username=fields.line(profile.get("username")) or fields.line(entry.get("username")),
        name=fields.line(profile.get("name")),
    )


def _entry(phone: str | None, user: str | None, contacts: Book) -> Mapping[str, Any]:
    """The contact of a sender; one that names another person's user id or phone is not theirs."""
    by_user = contacts.get(user) if user else None
    if by_user is not None:
        return by_user
    by_phone = (contacts.get(phone) or contacts.get(_spelling(phone))) if phone else None
    if by_phone is None:
        return {}
    theirs = fields.bsuid(by_phone.get("user_id"))
    return {} if user and theirs and theirs != user else by_phone


def _spelling(phone: str) -> str:
    """One spelling for numbers that WhatsApp writes in two ways.

    Brazil: mobile numbers with and without their ninth digit; Mexico and Argentina: with and without a 1 or 9.
    """
    brazil = re.fullmatch(r"55(\d{2})9?(\d{8})", phone)
    if brazil:
        return f"~55{brazil[1]}{brazil[2]}"
    other = re.fullmatch(r"(?:521?(\d{10}))|(?:549?(\d{10}))", phone)
    if other:
        return f"~52{other[1]}" if other[1] else f"~54{other[2]}"
    return phone
