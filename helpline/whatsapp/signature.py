"""Who sent this webhook: the signature of each POST and the handshake of the first GET."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

_PREFIX = "sha256="


def sign(raw: bytes, secret: str) -> str:
    """The value of X-Hub-Signature-256 for a body, as Meta computes it: HMAC-SHA256 in lower hex."""
    return _PREFIX + hmac.new(secret.encode("utf-8"), raw, hashlib.sha256).hexdigest()


def verify(raw: bytes, header: str | None, secrets: tuple[str, ...]) -> bool:
    """Whether `header` signs exactly these bytes with one of the secrets.

    The raw bytes are hashed, never a re-dump of the JSON: Meta escapes non-ASCII and `/` in its own way.
    Several secrets hold during a rotation. Comparison is on bytes (compare_digest refuses non-ASCII str) and
    tries every secret, so time tells nothing. An empty secret never verifies.
    """
    if not header or not header.startswith(_PREFIX):
        return False
    given = header.strip().encode("utf-8", "replace")
    matches = [hmac.compare_digest(sign(raw, secret).encode("ascii"), given) for secret in secrets if secret]
    return any(matches)


def handshake(args: Mapping[str, str], verify_token: str) -> str | None:
    """The challenge to echo when Meta subscribes (200, text/plain), or None for a 403.

    A missing token never equals an unset setting.
    """
    given = args.get("hub.verify_token")
    challenge = args.get("hub.challenge")
    if args.get("hub.mode") != "subscribe" or not given or not verify_token or not challenge:
        return None
    if not hmac.compare_digest(given.encode("utf-8", "replace"), verify_token.encode("utf-8", "replace")):
        return None
    return challenge
