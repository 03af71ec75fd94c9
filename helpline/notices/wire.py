"""Sends one notice to one target: https without redirects, or SMTP with TLS."""

from __future__ import annotations

import smtplib
import ssl
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import unquote, urlsplit

from helpline import clock
from helpline.errors import ProviderError
from helpline.notices import Notice, payloads
from helpline.notices.targets import Target, may_reach
from helpline.settings import Settings

TIMEOUT_SECONDS = 10
_FINAL = (400, 401, 403, 404, 405, 410, 413, 415, 422)
"""Answers that another try will not change."""


class NotSent(ProviderError):
    """The target did not take it; `final` when another try will not help, `after` seconds if it said so."""

    def __init__(self, error: str, *, final: bool = False, after: int = 0) -> None:
        super().__init__(f"The notice was not taken: {error}.")
        self.error = error[:60]
        self.final = final
        self.after = after


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        """A redirect could lead off the allow-list."""
        return


def send(settings: Settings, target: Target, notice: Notice) -> None:
    """Send it. Raises NotSent."""
    if target.kind == "email":
        _mail(settings, target, notice)
        return
    if not may_reach(settings, target.address):
        raise NotSent("host_not_allowed", final=True)
    language, console = settings.notice_language, settings.console_url
    if target.kind == "webhook":
        body = payloads.packed(payloads.webhook(notice, console))
        headers = payloads.signed(settings.notice_secret, notice.id, clock.now(), body)
    else:
        write = payloads.teams if target.kind == "teams" else payloads.slack
        body, headers = payloads.packed(write(notice, language, console)), {}
    _post(target.address, body, headers)


def _post(address: str, body: bytes, headers: dict[str, str]) -> None:
    heads = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "helpline", **headers}
    request = urllib.request.Request(address, data=body, headers=heads, method="POST")  # noqa: S310 - allow-listed
    opener = urllib.request.build_opener(_NoRedirect)
    try:
        with opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
            answer.read(2000)
    except urllib.error.HTTPError as error:
        after = error.headers.get("Retry-After", "")
        final = error.code in _FINAL or 300 <= error.code < 400
        raise NotSent(f"http_{error.code}", final=final, after=int(after) if after.isdecimal() else 0) from None
    except (OSError, ValueError) as error:
        raise NotSent(type(error).__name__) from None


def _mail(settings: Settings, target: Target, notice: Notice) -> None:
    """By `smtps://user:password@host:465`, or `smtp://` with STARTTLS; plain only on this machine."""
    parts = urlsplit(settings.notice_smtp_url)
    host, secure = parts.hostname or "", parts.scheme == "smtps"
    if not host:
        raise NotSent("no_smtp_server", final=True)
    message = payloads.letter(
        notice, settings.notice_language, settings.console_url, settings.notice_from, target.address
    )
    context = ssl.create_default_context()
    try:
        if secure:
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, parts.port or 465, timeout=TIMEOUT_SECONDS, context=context)
        else:
            server = smtplib.SMTP(host, parts.port or 587, timeout=TIMEOUT_SECONDS)
        with server:
            if not secure and host not in ("127.0.0.1", "localhost", "::1"):
                server.starttls(context=context)
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
            server.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        code = max(code for code, _ in error.recipients.values())
        raise NotSent(f"smtp_{code}", final=code >= 500) from None
    except smtplib.SMTPResponseException as error:
        raise NotSent(f"smtp_{error.smtp_code}", final=error.smtp_code >= 500) from None
    except (OSError, smtplib.SMTPException, ValueError) as error:
        raise NotSent(type(error).__name__) from None
