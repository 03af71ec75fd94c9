"""Payloads to the Graph API: accepted, or a refusal that says what to do (refusals.py draws them as a tree).

One session per thread, 5 seconds to connect and 20 in all, no redirects, and no automatic retry of a POST: whether to
try again is the worker's decision, because a call without an answer may have been a message that arrived.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
from requests.auth import AuthBase
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from helpline.errors import ProviderError
from helpline.whatsapp import fields, render
from helpline.whatsapp.refusals import (
    AccountTrouble,
    OptedOut,
    OurFault,
    Refusal,
    Retryable,
    ThrottledNumber,
    ThrottledPair,
    Undeliverable,
    UnknownOutcome,
    Unreachable,
    WindowShut,
    judge,
)

__all__ = [
    "Accepted", "AccountTrouble", "Client", "File", "FileUnusable", "OptedOut", "OurFault", "Refusal", "Retryable",
    "ThrottledNumber", "ThrottledPair", "Undeliverable", "UnknownOutcome", "Unreachable", "WindowShut",
]  # fmt: skip

CONNECT_SECONDS, TOTAL_SECONDS = 5.0, 20.0
ANSWER_BYTES = 256 * 1024
"""No answer of the Graph API is near this long."""
FILE_BYTES = 100 * 1024 * 1024
"""WhatsApp's own limit of a document; other files are smaller."""
MEDIA_HOSTS = (".fbsbx.com", ".facebook.com", ".fbcdn.net", ".whatsapp.net")
"""The token goes to these and to the API's own host, to nobody else who might stand in a file's address."""


class FileUnusable(ProviderError):
    """A file that WhatsApp no longer has, or that is not what was announced; the message says which."""


@dataclass(frozen=True)
class Accepted:
    """WhatsApp took the message; whether it arrives, receipts tell."""

    message_id: str
    wa_id: str | None = None
    """The recipient as WhatsApp spells the number; may differ from ours."""
    bsuid: str | None = None


@dataclass(frozen=True)
class File:
    """A downloaded file; its name is left out on purpose, as nobody should use it for a path."""

    content: bytes
    mime_type: str


class _Bearer(AuthBase):
    """The token, set as requests' auth so that no .netrc of the machine replaces it."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class Client:
    """Our number at the Graph API. Safe to share between threads."""

    def __init__(
        self,
        api_url: str,
        phone_number_id: str,
        access_token: str,
        timeout: float = TOTAL_SECONDS,
        connect_timeout: float = CONNECT_SECONDS,
    ) -> None:
        self._api = api_url.rstrip("/")
        self._number = phone_number_id
        self._auth: AuthBase | tuple[str, str] = _Bearer(access_token)
        self._total = timeout
        self._connect = min(connect_timeout, timeout)
        self._threads = threading.local()

    def fit(self, payloads: list[render.Payload]) -> list[render.Payload]:
        """The payloads as this carrier takes them; the Graph API takes what render.render makes."""
        return payloads

    def send(self, payload: Mapping[str, Any]) -> Accepted:
        """Hand one payload of render.render to WhatsApp. Raises a Refusal."""
        answer = self._post(f"{self._api}/{self._number}/messages", json=payload)
        first = fields.mapping(next(iter(fields.items(answer.get("messages"))), None))
        message_id = fields.word(first.get("id"), fields.ID_LIMIT)
        if message_id is None:
            raise UnknownOutcome(status=200)
        contact = fields.mapping(next(iter(fields.items(answer.get("contacts"))), None))
        return Accepted(message_id, fields.phone(contact.get("wa_id")), fields.bsuid(contact.get("user_id")))

    def check(self) -> None:
        """Ask for our own number: proves that the network and the token are good. Raises a Refusal."""
        response = self._request("GET", f"{self._api}/{self._number}", params={"fields": "id"})
        try:
            body = self._read(response, ANSWER_BYTES)
        except (requests.RequestException, FileUnusable):
            raise Retryable() from None
        if response.status_code != 200:
            raise judge(response.status_code, read_json(body), response.headers.get("Retry-After"))

    def mark_read(self, message_id: str) -> None:
        """Blue ticks on this message and all before it. Raises a Refusal; nothing depends on its success."""
        self._post(f"{self._api}/{self._number}/messages", json=render.mark_read_payload(message_id))

    def typing(self, message_id: str) -> None:
        """Blue ticks and "typing…" for 25 seconds at most. Raises a Refusal; nothing depends on its success."""
        self._post(f"{self._api}/{self._number}/messages", json=render.typing_payload(message_id))

    def upload(self, content: bytes, mime_type: str, filename: str = "file") -> str:
        """Store a file at WhatsApp for 30 days; its id, to send with. Raises a Refusal."""
        form = {"messaging_product": "whatsapp", "type": mime_type}
        answer = self._post(
            f"{self._api}/{self._number}/media", data=form, files={"file": (filename, content, mime_type)}
        )
        media_id = fields.word(answer.get("id"))
        if media_id is None:
            raise UnknownOutcome(status=200)
        return media_id

    def fetch(self, media_id: str, limit: int = FILE_BYTES) -> File:
        """Download a file a contact sent. Raises a Refusal, or FileUnusable when it is gone, too big or damaged.

        The address Meta names is valid for five minutes; a 404 there is asked about once more.
        """
        for last in (False, True):
            facts = self._facts(media_id)
            url = fields.word(facts.get("url"), 4096)
            announced = fields.whole(facts.get("file_size")) or 0
            if url is None:
                raise FileUnusable("WhatsApp names no address for the file; ask the contact to send it again.")
            if announced > limit:
                raise FileUnusable(f"The file has {announced} bytes, more than the {limit} that are taken.")
            self._require_known_host(url)
            content = self._download(url, limit, gone_is_none=not last)
            if content is not None:
                break
        content = content or b""
        if not _is_digest(content, facts.get("sha256")):
            raise FileUnusable("The file is not the one that was sent: its checksum differs. Try again.")
        return File(content, fields.line(facts.get("mime_type")) or "application/octet-stream")

    def _facts(self, media_id: str) -> Mapping[str, Any]:
        address = f"{self._api}/{urllib.parse.quote(media_id, safe='')}"
        response = self._request("GET", address, params={"phone_number_id": self._number})
        try:
            status, body = response.status_code, self._read(response, ANSWER_BYTES)
        except requests.RequestException:
            raise Retryable() from None
        if status != 200:
            refusal = judge(status, read_json(body), response.headers.get("Retry-After"))
            if status == 404 or isinstance(refusal, OurFault):
                raise FileUnusable("WhatsApp no longer has the file (it keeps them for days); ask for it again.")
            raise refusal
        return fields.mapping(read_json(body))

    def _download(self, url: str, limit: int, *, gone_is_none: bool) -> bytes | None:
        response = self._request("GET", url)
        with response:
            if response.status_code == 404 and gone_is_none:
                return None
            if response.status_code != 200:
                raise judge(response.status_code, None, response.headers.get("Retry-After"))
            try:
                return self._read(response, limit)
            except requests.RequestException:
                raise Retryable() from None

    def _require_known_host(self, url: str) -> None:
        parts, api = urllib.parse.urlsplit(url), urllib.parse.urlsplit(self._api)
        host = (parts.hostname or "").lower()
        own = (parts.scheme, host, parts.port) == (api.scheme, (api.hostname or "").lower(), api.port)
        if parts.username is not None or not (own or (parts.scheme == "https" and host.endswith(MEDIA_HOSTS))):
            raise FileUnusable("The file's address is not one of WhatsApp's; it was not opened.")

    def _post(self, url: str, **body: Any) -> Mapping[str, Any]:
        response = self._request("POST", url, **body)
        try:
            answer = read_json(self._read(response, ANSWER_BYTES))
        except (requests.RequestException, FileUnusable):
            if 200 <= response.status_code < 300:
                raise UnknownOutcome(status=response.status_code) from None
            answer = None
        if response.status_code != 200 or "error" in fields.mapping(answer):
            raise judge(response.status_code, answer, response.headers.get("Retry-After")) from None
        return fields.mapping(answer)

    def _request(self, method: str, url: str, **more: Any) -> requests.Response:
        try:
            return self._session().request(
                method,
                url,
                **{"auth": self._auth, **more},
                timeout=(self._connect, self._total),
                allow_redirects=False,
                stream=True,
            )
        except requests.exceptions.SSLError:
            # Somebody in between, or a wrong clock: trying again at once would not mend it, and nothing was sent.
            raise AccountTrouble() from None
        except (requests.ConnectionError, requests.Timeout) as error:
            if _never_connected(error):
                raise Unreachable() from None
            raise (UnknownOutcome() if method == "POST" else Retryable()) from None
        except requests.RequestException:
            raise OurFault() from None

    def _read(self, response: requests.Response, limit: int) -> bytes:
        """The body, at most `limit` bytes of it and within the total time: requests' own timeout is per packet."""
        until = time.monotonic() + self._total
        parts: list[bytes] = []
        size = 0
        with response:
            for part in response.iter_content(64 * 1024):
                parts.append(part)
                size += len(part)
                if size > limit:
                    raise FileUnusable(f"The answer is longer than the {limit} bytes that are taken.")
                if time.monotonic() > until:
                    raise requests.ReadTimeout()
        return b"".join(parts)

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._threads, "session", None)
        if session is None:
            session = self._threads.session = requests.Session()
            session.headers["User-Agent"] = "helpline"
        return session


def _never_connected(error: requests.RequestException) -> bool:
    """Whether the fault came before the first byte of the request, so that nothing can have arrived."""
    cause = error.args[0] if error.args else None
    if isinstance(cause, MaxRetryError):
        cause = cause.reason
    return isinstance(error, requests.ConnectTimeout) or isinstance(cause, (NewConnectionError, ConnectTimeoutError))


def read_json(body: bytes) -> object:
    """The JSON of an answer, or None for anything else."""
    try:
        answer: object = json.loads(body.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    return answer


def _is_digest(content: bytes, told: object) -> bool:
    """Whether `told` is the SHA-256 of the content, in hex or base64 (both are seen); nothing told is no objection."""
    if not isinstance(told, str) or not told:
        return True
    digest = hashlib.sha256(content).digest()
    given = told.strip().encode("utf-8", "replace")
    return any(
        hmac.compare_digest(given, known)
        for known in (digest.hex().encode(), base64.b64encode(digest), base64.urlsafe_b64encode(digest))
    )
