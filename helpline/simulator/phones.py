"""What stands on the phones: contacts, their conversations, files. In memory, bounded, gone with the process."""

from __future__ import annotations

import json
import re
import secrets
import threading
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from helpline import clock, contacts
from helpline.errors import InputError

DEMO = Path(__file__).parent / "static" / "demo.json"
MESSAGES, CONTACTS, FILES = 400, 2000, 200
TYPING_SECONDS = 25
RANK = {"pending": 0, "sent": 1, "delivered": 2, "read": 3, "played": 4, "failed": 9}
_KEY = re.compile(r"[0-9]{5,20}|[A-Z]{2}\.[A-Za-z0-9]{1,128}")


@dataclass(frozen=True)
class Contact:
    """A made-up person with a phone. `key` is the phone number, or the user id of somebody who hides it."""

    key: str
    name: str
    phone: str | None
    bsuid: str
    username: str | None = None


@dataclass
class Message:
    """One bubble. `mine` is what the contact wrote; the rest came over the Graph API."""

    id: str
    mine: bool
    kind: str
    at: int
    content: dict[str, Any] = field(default_factory=dict)
    status: str = "pending"
    quote: str | None = None
    reaction: str | None = None
    version: int = 0

    def shown(self) -> dict[str, Any]:
        """The message as the page and tests see it."""
        known = {"id": self.id, "mine": self.mine, "kind": self.kind, "at": self.at, "status": self.status}
        return {**known, "quote": self.quote, "reaction": self.reaction, "v": self.version, **self.content}


@dataclass(frozen=True)
class File:
    """A file at the stand-in."""

    content: bytes
    mime_type: str
    filename: str | None = None


def new_id(prefix: str = "wamid.") -> str:
    """A fresh id of about the length of Meta's."""
    return prefix + "HBgL" + secrets.token_hex(20).upper()


class Phones:
    """All phones, behind one lock."""

    def __init__(self) -> None:
        demo = json.loads(DEMO.read_text(encoding="utf-8"))
        self._lock = threading.RLock()
        self._contacts = {one["key"]: Contact(**one) for one in demo["contacts"]}
        self._talks: dict[str, deque[Message]] = {}
        self._typing: dict[str, float] = {}
        self._files: dict[str, File] = {}
        self._version = 0

    def contacts(self) -> list[Contact]:
        """Everybody, the demo's people first."""
        with self._lock:
            return list(self._contacts.values())

    def contact(self, key: str) -> Contact:
        """The contact with this number or user id; an unknown one gets a phone. Raises InputError for other words."""
        with self._lock:
            known = self._contacts.get(key)
            if known is not None:
                return known
            if not _KEY.fullmatch(key):
                raise InputError("A phone is named by the digits of its number, or by a user id such as NL.1234.")
            if len(self._contacts) >= CONTACTS:
                raise InputError(f"There are {CONTACTS} phones already; restart the simulator.")
            phone = key if key.isdecimal() else None
            made = Contact(key, f"+{key}" if phone else key, phone, f"NL.9{key}" if phone else key)
            self._contacts[key] = made
            return made

    def owner(self, to: str | None, recipient: str | None) -> Contact | None:
        """Whose phone an API call is for; `to` wins, as at Meta."""
        digits = re.sub(r"\D", "", to or "")
        if not to and recipient and recipient.startswith(contacts.MADE_UP_ID):
            return self.contact(recipient)  # the demo's made-up contacts have phones from their first message on
        with self._lock:
            if to:
                return self._contacts.get(digits)
            return next((one for one in self._contacts.values() if recipient and one.bsuid == recipient), None)

    def add(self, contact: Contact, message: Message) -> Message:
        """Put a bubble on a phone; the oldest goes when there are too many."""
        with self._lock:
            self._touch(message)
            self._talks.setdefault(contact.key, deque(maxlen=MESSAGES)).append(message)
            if not message.mine:
                self._typing.pop(contact.key, None)
            return message

    def advance(self, message: Message, status: str) -> bool:
        """Move a message's status up; False when it already was there."""
        with self._lock:
            if RANK[status] <= RANK[message.status]:
                return False
            message.status = status
            self._touch(message)
            return True

    def find(self, message_id: str) -> tuple[Contact, Message] | None:
        """A message and whose phone it is on."""
        with self._lock:
            for key, talk in self._talks.items():
                for message in reversed(talk):
                    if message.id == message_id:
                        return self._contacts[key], message
        return None

    def seen_by_desk(self, message_id: str, typing: bool) -> bool:
        """The helpdesk marked a message of a contact as read: blue ticks on it and all before it."""
        with self._lock:
            found = self.find(message_id)
            if found is None or not found[1].mine:
                return False
            contact, last = found
            for message in self._talks[contact.key]:
                if message.mine:
                    self.advance(message, "read")
                if message is last:
                    break
            if typing:
                self._typing[contact.key] = clock.now() + TYPING_SECONDS
                self._version += 1
            return True

    def seen_by_contact(self, contact: Contact) -> list[Message]:
        """The contact looked at the conversation: the messages that were new to them."""
        with self._lock:
            talk = self._talks.get(contact.key, ())
            return [one for one in talk if not one.mine and self.advance(one, "read")]

    def react(self, message: Message, emoji: str | None) -> None:
        """Put an emoji on a message, or take it off."""
        with self._lock:
            message.reaction = emoji or None
            self._touch(message)

    def talk(self, contact: Contact, after: int = 0) -> dict[str, Any]:
        """The conversation's bubbles that changed after version `after`, and whether the helpdesk is typing."""
        with self._lock:
            changed = [one.shown() for one in self._talks.get(contact.key, ()) if one.version > after]
            return {"version": self._version, "typing": self._is_typing(contact), "messages": changed}

    def overview(self) -> list[dict[str, Any]]:
        """The list of conversations: name, last bubble, how many are unread."""
        with self._lock:
            return [self._summary(contact) for contact in self._contacts.values()]

    def keep(self, file: File) -> str:
        """Store a file; its media id. The oldest goes when there are too many."""
        with self._lock:
            media_id = str(secrets.randbelow(9 * 10**14) + 10**14)
            self._files[media_id] = file
            while len(self._files) > FILES:
                self._files.pop(next(iter(self._files)))
            return media_id

    def file(self, media_id: str) -> File | None:
        """A stored file."""
        with self._lock:
            return self._files.get(media_id)

    def _summary(self, contact: Contact) -> dict[str, Any]:
        talk = self._talks.get(contact.key, ())
        unread = sum(1 for one in talk if not one.mine and one.status != "read")
        return {
            "key": contact.key,
            "name": contact.name,
            "phone": contact.phone,
            "username": contact.username,
            "unread": unread,
            "typing": self._is_typing(contact),
            "last": talk[-1].shown() if talk else None,
        }

    def _is_typing(self, contact: Contact) -> bool:
        return self._typing.get(contact.key, 0) > clock.now()

    def _touch(self, message: Message) -> None:
        self._version += 1
        message.version = self._version
