"""Encryption at rest, and keyed hashes to find a row without revealing what it holds."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from helpline.errors import HelplineError


class Vault:
    """Seals texts with keys made from SECRET_KEY; old keys still open what they sealed."""

    def __init__(self, secret_key: str, previous: tuple[str, ...] = ()) -> None:
        self._newest = Fernet(_derive(secret_key, b"seal"))
        self._fernet = MultiFernet([Fernet(_derive(key, b"seal")) for key in (secret_key, *previous)])
        self._lookup_keys = [base64.urlsafe_b64decode(_derive(key, b"lookup")) for key in (secret_key, *previous)]

    def seal(self, value: Any) -> str:
        """Encrypt anything JSON can hold."""
        plain = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        return self._fernet.encrypt(plain).decode("ascii")

    def open(self, sealed: str) -> Any:
        """Decrypt; raises HelplineError when the key is not the one that sealed it."""
        try:
            return json.loads(self._fernet.decrypt(sealed.encode("ascii")))
        except InvalidToken:
            raise HelplineError(
                "Stored data cannot be opened with SECRET_KEY. Set the key it was written with, "
                "or add it to PREVIOUS_SECRET_KEYS."
            ) from None

    def reseal(self, sealed: str) -> str:
        """The same content under the newest key."""
        return self._fernet.rotate(sealed.encode("ascii")).decode("ascii")

    def is_newest(self, sealed: str) -> bool:
        """Whether the newest key alone opens it."""
        try:
            self._newest.decrypt(sealed.encode("ascii"))
        except (InvalidToken, UnicodeEncodeError):
            return False
        return True

    def lookup(self, kind: str, value: str) -> str:
        """Keyed hash (64 hex digits) of a value, under the newest key."""
        return self.lookups(kind, value)[0]

    def lookups(self, kind: str, value: str) -> list[str]:
        """Keyed hashes under every key in force, newest first: to find rows while keys rotate."""
        message = f"{kind}\0{value}".encode("utf-8", "replace")
        return [hmac.new(key, message, hashlib.sha256).hexdigest() for key in self._lookup_keys]

    def sign_payload(self, payload: str) -> str:
        """The id of a button: its payload and a seal of 16 hex digits, so that no forged id becomes an intent."""
        return f"{payload}~{self.lookup('button', payload)[:16]}"

    def read_payload(self, button_id: str) -> str | None:
        """The payload of a button id we signed (with any key in force), or None for everything else."""
        payload, separator, seal = button_id.rpartition("~")
        if not separator:
            return None
        known = (full[:16].encode() for full in self.lookups("button", payload))
        given = seal.encode("utf-8", "replace")
        return payload if any(hmac.compare_digest(given, one) for one in known) else None


def _derive(secret: str, purpose: bytes) -> bytes:
    return base64.urlsafe_b64encode(
        hashlib.scrypt(secret.encode(), salt=b"helpline/" + purpose, n=2**14, r=8, p=1, dklen=32)
    )
