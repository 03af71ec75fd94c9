"""Voucher states from a 121 Platform. Fails closed: whatever is not plainly this number's own state is "cannot check".

The only host ever called is PLATFORM121_URL's, and redirects are not followed. Nothing of an answer or an exception
of the HTTP client is logged or raised: both hold phone numbers.
"""

from __future__ import annotations

import json
import logging
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Any, TypeVar
from urllib.parse import quote

import requests
import urllib3

from helpline import clock, logs
from helpline.errors import ProviderError
from helpline.messages import Identity
from helpline.settings import Settings
from helpline.vouchers.circuit import Circuit
from helpline.vouchers.lookup import Outcome, Voucher, found
from helpline.vouchers.rows121 import Unreadable, cents, newest_transaction, registrations

SOURCE = "121"
COOKIE = "access_token_general"
VOUCHER_FSP = "Intersolve-voucher"
BALANCE_KEPT_MS = 5 * 60 * 1000
MOST_BYTES = 4_000_000
NEEDED = ("registration.read", "registration:personal.read", "payment.read", "payment:transaction.read")
"""Permissions of the smallest role that can answer."""

log = logs.get(__name__)
# At DEBUG it writes the path of every request, and with it the phone number.
logging.getLogger("urllib3").setLevel(logging.WARNING)

Result = TypeVar("Result")


class Fault(ProviderError):
    """121 did not do what was asked; `kind` says how, and no text of its answer is kept."""

    def __init__(self, kind: str, *, passing: bool = True) -> None:
        super().__init__(f"121 cannot be used now ({kind}).")
        self.kind = kind
        self.passing = passing
        """Whether it says something about 121 as a whole, rather than about this one request."""


@dataclass(frozen=True)
class _Own:
    """What the balance call needs; it does not leave this module."""

    reference: str = field(repr=False)
    payment_id: int
    fsp: str


class Platform121:
    """A client that keeps its sign-in, and stops asking for a while when 121 is down. Safe to share between threads."""

    def __init__(
        self, url: str, username: str, password: str, program_id: str, *, timeout: float = 5.0, budget: float = 9.0
    ) -> None:
        self._url = url.rstrip("/")
        self._credentials = {"username": username, "password": password}
        self._program_id = program_id.strip()
        self._program = f"/programs/{quote(self._program_id, safe='')}"
        self._timeout, self._budget = timeout, budget
        """Seconds for one request, and for all requests of one question."""
        self._circuit = Circuit()
        self._token: str | None = None
        self._permissions: frozenset[str] | None = None
        self._signing_in = threading.Lock()
        self._balances: dict[tuple[str, int], tuple[int, int | None]] = {}
        self._session = requests.Session()
        # No proxy, .netrc or cookie jar decides what is sent where; the token travels in a header we write.
        self._session.trust_env = False
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    @classmethod
    def from_settings(cls, settings: Settings) -> Platform121:
        """The client for these settings; all its requests together stay within the assistant's deadline."""
        return cls(
            settings.platform121_url,
            settings.platform121_username,
            settings.platform121_password,
            settings.platform121_program_id,
            budget=max(2.0, min(9.0, settings.assistant_deadline - 5)),
        )

    def status(self, identity: Identity) -> Voucher:
        """The state of this identity."""
        return self._look(identity, time.monotonic() + self._budget)[0]

    def balance(self, identity: Identity) -> tuple[Voucher, int | None]:
        """The state, and the balance of the last voucher. Not read-only at 121, so only for a delivered voucher."""
        until = time.monotonic() + self._budget
        voucher, own = self._look(identity, until)
        if voucher.transaction != "success" or own is None or not own.fsp.startswith(VOUCHER_FSP):
            return voucher, None
        key = (own.reference, own.payment_id)
        at, known = self._balances.get(key, (0, None))
        if clock.now_ms() - at < BALANCE_KEPT_MS:
            return voucher, known
        answered = self._guarded(lambda: self._fetch_balance(*key, until))
        if answered is None:
            return voucher, None
        self._keep_balance(key, answered[0])
        return voucher, answered[0]

    def health(self) -> dict[str, object]:
        """Whether 121 accepts our sign-in, and which permissions are missing. Looks nobody up."""
        until = time.monotonic() + self._budget
        facts: dict[str, object] = {"source": SOURCE, "program_id": self._program_id, "paused": self._circuit.open}
        try:
            if self._token is None:
                self._sign_in(None, until)
            self._get("/users/current", {}, until)
        except Fault as fault:
            return {**facts, "answers": False, "fault": fault.kind}
        if self._permissions is not None:
            facts["missing_permissions"] = sorted(set(NEEDED) - self._permissions)
        return {**facts, "answers": True}

    def _look(self, identity: Identity, until: float) -> tuple[Voucher, _Own | None]:
        phone = identity.phone
        # 121 knows people by number only; without one, nothing can be said about them.
        seen = self._guarded(lambda: self._own(phone, until)) if phone and phone.isdecimal() else None
        return seen or (Voucher(Outcome.CANNOT_CHECK, SOURCE), None)

    def _own(self, phone: str, until: float) -> tuple[Voucher, _Own | None]:
        rows = registrations(self._get("/registrations", {"phonenumber": phone}, until), phone, self._program_id)
        if len(rows) != 1:
            return Voucher(Outcome.AMBIGUOUS if rows else Outcome.NOT_FOUND, SOURCE), None
        registration = rows[0]
        path = f"{self._program}/registrations/{registration.id}/activities"
        last = newest_transaction(self._get(path, {}, until))
        if last is None:
            return found(SOURCE, registration.status, None, None, None), None
        own = _Own(registration.reference, last.payment_id, last.fsp)
        return found(SOURCE, registration.status, last.status, last.date, last.amount_cents), own

    def _fetch_balance(self, reference: str, payment_id: int, until: float) -> tuple[int | None]:
        path = f"{self._program}/fsps/intersolve-voucher/voucher/balance"
        query = {"referenceId": reference, "paymentId": str(payment_id)}
        try:
            return (cents(self._get(path, query, until, again=False)),)
        except Fault as fault:
            if fault.kind == "http_404":
                return (None,)
            raise

    def _keep_balance(self, key: tuple[str, int], balance: int | None) -> None:
        at = clock.now_ms()
        kept = {one: value for one, value in self._balances.items() if at - value[0] < BALANCE_KEPT_MS}
        self._balances = {**kept, key: (at, balance)}

    def _guarded(self, work: Callable[[], Result]) -> Result | None:
        """The result, or None when 121 is not asked, fails, or answers something else than it promises."""
        if not self._circuit.allows():
            return None
        try:
            result = work()
        except Unreadable:
            logs.event(log, "voucher_source_failed", level=logging.WARNING, fault="unexpected_answer")
            self._circuit.succeeded()
            return None
        except Fault as fault:
            logs.event(log, "voucher_source_failed", level=logging.WARNING, fault=fault.kind)
            if fault.passing:
                self._circuit.failed(for_good=fault.kind == "sign_in_refused")
            else:
                self._circuit.succeeded()
            return None
        self._circuit.succeeded()
        return result

    def _get(self, path: str, query: Mapping[str, str], until: float, *, again: bool = True) -> Any:
        """GET as the signed-in user: one new sign-in on 401, and one repeat (if `again`) on 5xx and silence."""
        token = self._token or self._sign_in(None, until)
        renewed = False
        while True:
            try:
                return self._send("GET", path, until, query=query, token=token)[0]
            except Fault as fault:
                if fault.kind == "http_401" and not renewed:
                    renewed = True
                    token = self._sign_in(token, until)
                elif again and (fault.kind in ("silent", "unreachable") or fault.kind.startswith("http_5")):
                    again = False
                else:
                    raise

    def _sign_in(self, stale: str | None, until: float) -> str:
        """A new token, unless another thread has just got one."""
        with self._signing_in:
            if self._token is not None and self._token != stale:
                return self._token
            self._token = None
            try:
                body, cookie = self._send("POST", "/users/login", until, json_body=self._credentials)
            except Fault as fault:
                if fault.kind in ("http_400", "http_401", "http_403", "http_404"):
                    raise Fault("sign_in_refused") from None
                raise
            given = cookie or (body.get(COOKIE) if isinstance(body, Mapping) else None)
            if not isinstance(given, str) or not re.fullmatch(r"[\w.~+/=-]+", given, re.ASCII):
                raise Fault("sign_in_refused")
            self._permissions = _permissions(body, self._program_id)
            self._token = given
            return given

    def _send(
        self,
        method: str,
        path: str,
        until: float,
        *,
        query: Mapping[str, str] | None = None,
        json_body: Mapping[str, str] | None = None,
        token: str | None = None,
    ) -> tuple[Any, str | None]:
        """One request; its JSON and the token cookie. Raises Fault, never an exception of the HTTP client."""
        timeout = min(self._timeout, until - time.monotonic())
        if timeout <= 0:
            raise Fault("silent")
        headers = {"Accept": "application/json", "User-Agent": "helpline"}
        if token:
            headers["Cookie"] = f"{COOKIE}={token}"
        ends = time.monotonic() + timeout
        try:
            with self._session.request(
                method,
                self._url + path,
                params=query,
                json=json_body,
                headers=headers,
                timeout=timeout,
                allow_redirects=False,
                stream=True,
            ) as response:
                if response.status_code not in (200, 201):
                    # Error bodies come in many forms and may quote the request; the status says enough.
                    raise Fault(f"http_{response.status_code}", passing=_passing(response.status_code))
                body = _read(response, ends)
                cookie = response.cookies.get(COOKIE)
        except (requests.Timeout, urllib3.exceptions.ReadTimeoutError):
            raise Fault("silent") from None
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError):
            raise Fault("unreachable") from None
        try:
            return json.loads(body, parse_constant=_refuse), cookie
        except (ValueError, RecursionError):
            raise Fault("not_json") from None


def _read(response: requests.Response, ends: float) -> bytes:
    """The body, unless it is far too long or dribbles in: a read timeout alone only bounds the gaps."""
    parts: list[bytes] = []
    size = 0
    while part := response.raw.read1(65536, decode_content=True):
        parts.append(part)
        size += len(part)
        if size > MOST_BYTES:
            raise Fault("too_long")
        if time.monotonic() > ends:
            raise Fault("silent")
    return b"".join(parts)


def _passing(status: int) -> bool:
    return status in (401, 429) or status >= 500 or 300 <= status < 400


def _refuse(_constant: str) -> Any:
    raise ValueError


def _permissions(body: Any, program_id: str) -> frozenset[str] | None:
    by_program = body.get("permissions") if isinstance(body, Mapping) else None
    given = by_program.get(program_id) if isinstance(by_program, Mapping) else None
    return frozenset(str(one) for one in given) if isinstance(given, list) else None
