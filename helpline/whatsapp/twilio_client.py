"""Payloads to Twilio's Messages API: the same calls and the same refusals as to the Graph API.

Twilio takes forms, at most 1600 characters, and what can be tapped only from templates made beforehand: options go as
numbered lines, which the assistant understands as answers. It has no read marks, and files are sent by address only.
"""

from __future__ import annotations

import urllib.parse
from collections.abc import Mapping
from typing import Any

from helpline.whatsapp import client, fields, render
from helpline.whatsapp.client import Accepted, File, FileUnusable
from helpline.whatsapp.describe import TWILIO
from helpline.whatsapp.lengths import split
from helpline.whatsapp.refusals import AccountTrouble, OurFault, Retryable, UnknownOutcome, judge

TEXT = 1600
FILE_HOSTS = (".twilio.com", ".twiliocdn.com", "s3-external-1.amazonaws.com")
"""Where Twilio's own address of a file leads; the token stays behind."""


class TwilioClient(client.Client):
    """Our number at Twilio. Safe to share between threads."""

    def __init__(
        self, api_url: str, account_sid: str, auth_token: str, number: str, callback_url: str, template: str = "",
        timeout: float = client.TOTAL_SECONDS, connect_timeout: float = client.CONNECT_SECONDS,
    ) -> None:  # fmt: skip
        super().__init__(api_url, number, auth_token, timeout, connect_timeout)
        self._auth = (account_sid, auth_token)
        self._account = f"{self._api}/2010-04-01/Accounts/{urllib.parse.quote(account_sid, safe='')}"
        self._callback = callback_url
        self._template = template

    def fit(self, payloads: list[render.Payload]) -> list[render.Payload]:
        """The same payloads as Twilio takes them: nothing to tap, and no text longer than it allows."""
        fitting: list[render.Payload] = []
        for payload in payloads:
            plain = render.without_taps(payload) if "interactive" in payload else payload
            kind = str(plain.get("type"))
            said = plain["text"]["body"] if kind == "text" else fields.mapping(plain.get(kind)).get("caption") or ""
            pieces = split(said, TEXT)
            if kind != "text":
                rest = pieces if len(pieces) > 1 else []
                fitting.append({**plain, kind: {k: v for k, v in plain[kind].items() if k != "caption" or not rest}})
                pieces = rest
            envelope = {key: value for key, value in plain.items() if key != kind}
            fitting += [{**envelope, "type": "text", "text": {"body": piece}} for piece in pieces]
        return fitting

    def send(self, payload: Mapping[str, Any]) -> Accepted:
        """Hand one payload of render.render to Twilio. Raises a Refusal."""
        answer = self._create(f"{self._account}/Messages.json", self._form(payload))
        message_id = fields.word(answer.get("sid"), fields.ID_LIMIT)
        if message_id is None:
            raise UnknownOutcome(status=200)
        return Accepted(message_id)

    def check(self) -> None:
        """Ask for our own account: proves that the network and the token are good. Raises a Refusal."""
        response = self._request("GET", f"{self._account}.json")
        try:
            body = self._read(response, client.ANSWER_BYTES)
        except Exception:
            raise Retryable() from None
        if response.status_code != 200:
            raise self._judged(response.status_code, body, response.headers.get("Retry-After"))

    def mark_read(self, message_id: str) -> None:
        """Twilio has no read marks."""

    def typing(self, message_id: str) -> None:
        """Nor a sign of typing that is more than a trial."""

    def upload(self, content: bytes, mime_type: str, filename: str = "file") -> str:
        """Twilio keeps no files of ours: it wants an address open to the world, which a contact's file must not have.

        Raises a Refusal.
        """
        raise OurFault()

    def fetch(self, media_id: str, limit: int = client.FILE_BYTES) -> File:
        """Download a file a contact sent, by the address in the webhook. Raises a Refusal, or FileUnusable."""
        if not media_id.startswith(f"{self._account}/Messages/") or ".." in media_id:
            raise FileUnusable("The file's address is not of our account at Twilio; it was not opened.")
        response = self._request("GET", media_id)
        if response.status_code in (301, 302, 303, 307, 308):
            response.close()
            target = urllib.parse.urljoin(media_id, response.headers.get("Location", ""))
            self._require_known_host(target)
            response = self._request("GET", target, auth=_nobody)
        status = response.status_code
        if status in (404, 410):
            raise FileUnusable("Twilio no longer has the file; ask for it again.")
        if status != 200:
            raise judge(status, None, response.headers.get("Retry-After"))
        kind = fields.line(response.headers.get("Content-Type")) or "application/octet-stream"
        try:
            return File(self._read(response, limit), kind)
        except FileUnusable:
            raise
        except Exception:
            raise Retryable() from None

    def _require_known_host(self, url: str) -> None:
        parts, api = urllib.parse.urlsplit(url), urllib.parse.urlsplit(self._api)
        host = (parts.hostname or "").lower()
        own = (parts.scheme, parts.netloc) == (api.scheme, api.netloc)
        if parts.username is not None or not (own or (parts.scheme == "https" and host.endswith(FILE_HOSTS))):
            raise FileUnusable("Twilio sent us to an address that is not one of its own; it was not opened.")

    def _form(self, payload: Mapping[str, Any]) -> dict[str, str]:
        kind = str(payload.get("type"))
        content = fields.mapping(payload.get(kind))
        to = str(payload.get("to") or payload.get("recipient") or "")
        form = {"From": TWILIO + self._number, "To": TWILIO + to, "StatusCallback": self._callback}
        if kind == "text":
            return {**form, "Body": str(content.get("body", ""))}
        if kind == "template":
            if not self._template:
                raise AccountTrouble()
            return {**form, "ContentSid": self._template}
        link = content.get("link")
        if not link:
            raise OurFault()
        caption = content.get("caption")
        return {**form, "MediaUrl": str(link), **({"Body": str(caption)} if caption else {})}

    def _create(self, url: str, form: dict[str, str]) -> Mapping[str, Any]:
        response = self._request("POST", url, data=form)
        status = response.status_code
        try:
            body = self._read(response, client.ANSWER_BYTES)
        except Exception:
            if 200 <= status < 300:
                raise UnknownOutcome(status=status) from None
            body = b""
        if status not in (200, 201):
            raise self._judged(status, body, response.headers.get("Retry-After"))
        return fields.mapping(client.read_json(body))

    @staticmethod
    def _judged(status: int, body: bytes, after: object) -> Exception:
        answer = fields.mapping(client.read_json(body))
        # Twilio's errors stand at the top; judge() looks where Meta puts them.
        return judge(status, {"error": {"code": answer.get("code")}}, after)


def _nobody(request: Any) -> Any:
    """No token, and none of a .netrc either."""
    request.headers.pop("Authorization", None)
    return request
