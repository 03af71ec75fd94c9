"""A stand-in for a 121 Platform on a free port: its shapes, its permissions, its errors and both of its traps.

Trap 1: an unknown filter of the paginated list is ignored, and everybody is returned.
Trap 2: asking for a balance changes the voucher: a balance that differs from its value stops delivery and reminders.
"""

from __future__ import annotations

import copy
import gzip
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

USERNAME, PASSWORD, PROGRAM = "helpdesk@example.org", "a-made-up-password", 2
PERMISSIONS = ["registration.read", "registration:personal.read", "payment.read", "payment:transaction.read"]
NAME, STREET, NOTE = "Gemma Houtenbos", "Secretstreet 5", "staff note: lives with her sister"


def person(number: int, *, whatsapp: str | None, phone: str | None = None, status: str = "included", program=PROGRAM):
    """A registration with everything a real row has, personal data included."""
    row = {
        "id": number, "programId": program, "referenceId": f"44e62864557597e{number}", "status": status,
        "registrationProgramId": number, "personAffectedSequence": f"PA #{number}",
        "created": "2026-02-02T09:12:00.000Z", "preferredLanguage": "en", "fspName": "Intersolve-voucher-whatsapp",
        "programFspConfigurationName": "Intersolve-voucher-whatsapp",
        "programFspConfigurationLabel": {"en": "Albert Heijn voucher WhatsApp"}, "paymentAmountMultiplier": 1,
        "maxPayments": None, "paymentCount": 3, "paymentCountRemaining": None, "lastMessageStatus": "whatsapp: read",
        "duplicateStatus": "unique", "scope": "", "inclusionScore": 0, "fullName": NAME, "name": NAME,
        "phoneNumber": phone, "whatsappPhoneNumber": whatsapp, "addressStreet": STREET,
    }  # fmt: skip
    return {key: value for key, value in row.items() if value is not None or key == "maxPayments"}


def payment(status: str, *, paid="2026-02-24T08:01:11.000Z", amount: object = 17.5, number: int = 91, **more):
    """A transaction among the activities."""
    attributes = {
        "transactionId": number, "paymentId": number - 79, "status": status, "amount": amount, "paymentDate": paid,
        "updatedDate": paid, "fspName": "Intersolve-voucher-whatsapp",
        "fspConfigurationLabel": {"en": "Albert Heijn"}, "fspConfigurationName": "Intersolve-voucher-whatsapp",
        "errorMessage": "102 expired" if status == "error" else None, **more,
    }  # fmt: skip
    return {"id": f"transaction{number}", "user": {"id": 1, "username": "admin@example.org"}, "created": paid,
            "type": "transaction", "attributes": attributes}  # fmt: skip


CHATTER = [
    {"id": "message3", "created": "2026-11-24T08:03:00.000Z", "type": "message",
     "attributes": {"to": "31600000101", "body": "Your code is 6304-ABCD", "status": "read"}},
    {"id": "note1", "created": "2026-11-24T09:03:00.000Z", "type": "note", "attributes": {"text": NOTE}},
]  # fmt: skip


class Platform:
    """What the stand-in knows, how it misbehaves, and what it was asked."""

    def __init__(self) -> None:
        self.people: list[dict] = []
        self.activities: dict[int, list[dict]] = {}
        self.available_types = ["transaction", "message", "note"]
        self.balances: dict[str, object] = {}
        self.vouchers: dict[str, dict] = {}
        self.tokens: set[str] = set()
        self.login_body_only = False
        self.compressed = False
        """Answers are gzipped and sent in chunks, as a proxy in front may do."""
        self.fault: str | None = None
        """down, slow, dribble, once_500, or a word of `_misbehave`."""
        self.fault_on = "registrations"
        self.delay = 0.0
        self.asked: list[tuple[str, str, dict, dict]] = []
        self.url = ""

    def add(self, row: dict, *payments: dict) -> None:
        """A person with payments; the voucher of the last one waits to be collected."""
        self.people.append(row)
        self.activities[row["id"]] = [*CHATTER, *payments]
        if payments:
            last = payments[-1]["attributes"]
            delivered = last["status"] == "success"
            self.vouchers[row["referenceId"]] = {"amount": last["amount"], "send": delivered, "balanceUsed": False}

    def paths(self) -> list[str]:
        """The calls, as `METHOD path`."""
        return [f"{method} {path}" for method, path, _, _ in self.asked]

    def answer(self, method: str, path: str, query: dict, headers: dict, body: bytes) -> tuple[int, object, dict]:
        """Status, body and headers of one call."""
        self.asked.append((method, path, query, headers))
        name = path.rsplit("/", 1)[-1]
        if self.fault and name == self.fault_on:
            faulty = self._misbehave()
            if faulty is not None:
                return faulty
        if (method, path) == ("POST", "/users/login"):
            return self._login(json.loads(body))
        cookie = re.search(r"access_token_general=([\w.-]+)", headers.get("Cookie", ""))
        if cookie is None or cookie[1] not in self.tokens or headers.get("x-121-interface") == "portal":
            return 401, {"statusCode": 401, "message": "Unauthorized"}, {}
        if path == "/users/current":
            return 200, {"user": {"username": USERNAME}}, {}
        if path == "/registrations":
            return 200, self._search(query.get("phonenumber", "")), {}
        if re.fullmatch(r"/programs/\d+/registrations", path):
            return self._paginated(query)
        if match := re.fullmatch(r"/programs/(\d+)/registrations/(\d+)/activities", path):
            return self._activities(int(match[2]))
        if re.fullmatch(r"/programs/\d+/fsps/intersolve-voucher/voucher/balance", path):
            return self._balance(query["referenceId"])
        return 404, {"statusCode": 404, "message": f"Cannot {method} {path}", "error": "Not Found"}, {}

    def _misbehave(self) -> tuple[int, object, dict] | None:
        if self.fault == "once_500":
            self.fault = None
            return 500, {"statusCode": 500, "message": "Internal server error"}, {}
        if self.fault == "slow":
            time.sleep(self.delay)
        if self.fault in ("slow", "dribble"):
            return None
        everybody = copy.deepcopy(self.people)
        known = {
            "html": (200, b"<html><body>Service 31600000102 unavailable</body></html>", {}),
            "401": (401, {"statusCode": 401, "message": "Unauthorized"}, {}),
            "403": (403, {"statusCode": 403, "message": "Forbidden"}, {}),
            "400": (400, {"statusCode": 400, "message": ["phonenumber is not a string", "31600000102"]}, {}),
            "404": (404, {"errors": "Voucher not found. Maybe this payment was not (yet) made to this PA."}, {}),
            "429": (429, {"statusCode": 429, "message": "ThrottlerException: Too Many Requests"}, {}),
            "500": (500, {"statusCode": 500, "message": "Internal server error"}, {}),
            "503": (503, b"<html>upstream</html>", {}),
            "errors_200": (200, {"errors": "something 31600000102"}, {}),
            "everybody": (200, everybody, {}),
            "redirect": (302, b"", {"Location": f"{self.url}/stolen"}),
            "null": (200, None, {}),
            "scalar": (200, 5, {}),
            "strings": (200, ["31600000101"], {}),
            "nan": (200, b"NaN", {}),
            "empty": (200, b"", {}),
            "deep": (200, b"[" * 100_000, {}),
            "huge": (200, b"[" + b" " * 5_000_000 + b"]", {}),
            "lookup_failed": (200, [], {}),
        }
        return known[self.fault]

    def _login(self, given: dict) -> tuple[int, object, dict]:
        if (given.get("username"), given.get("password")) != (USERNAME, PASSWORD):
            return 401, {"statusCode": 401, "message": "Unauthorized"}, {}
        token = f"eyJ.made-up.{len(self.tokens) + 1}-{len(self.asked)}"
        self.tokens.add(token)
        cookie = f"access_token_general={token}; Path=/; Expires=Wed, 25 Nov 2037 06:00:00 GMT; HttpOnly"
        body = {
            "username": USERNAME, "permissions": {str(PROGRAM): PERMISSIONS}, "access_token_general": token,
            "expires": "2037-11-25T06:00:00.000Z", "isAdmin": False, "isEntraUser": False, "isOrganizationAdmin": False,
        }  # fmt: skip
        return 201, body, {} if self.login_body_only else {"Set-Cookie": cookie}

    def _search(self, phone: str) -> list[dict]:
        digits = re.sub(r"\D", "", phone)
        return [p for p in self.people if digits and digits in (p.get("phoneNumber"), p.get("whatsappPhoneNumber"))]

    def _paginated(self, query: dict) -> tuple[int, object, dict]:
        rows = self.people
        for name, value in query.items():
            column = name.removeprefix("filter.")
            if name.startswith("filter.") and column in ("whatsappPhoneNumber", "phoneNumber", "status", "referenceId"):
                rows = [p for p in rows if p.get(column) == value.removeprefix("$eq:")]
        meta = {
            "itemsPerPage": 20,
            "totalItems": len(rows),
            "currentPage": 1,
            "totalPages": 1,
            "sortBy": [],
            "filter": {},
        }
        return 200, {"data": rows[:20], "meta": meta, "links": {}}, {}

    def _activities(self, number: int) -> tuple[int, object, dict]:
        if number not in self.activities:
            return 404, {"statusCode": 404, "message": "Registration not found"}, {}
        data = [one for one in self.activities[number] if one["type"] in self.available_types]
        kinds = {kind: sum(one["type"] == kind for one in data) for kind in self.available_types}
        return 200, {"meta": {"availableTypes": self.available_types, "count": kinds}, "data": data}, {}

    def _balance(self, reference: str) -> tuple[int, object, dict]:
        if reference not in self.balances:
            return 404, {"errors": "Voucher not found. Maybe this payment was not (yet) made to this PA."}, {}
        voucher, balance = self.vouchers[reference], self.balances[reference]
        if balance != voucher["amount"]:
            voucher.update(balanceUsed=True, send=True)
        return 200, balance, {}


@contextmanager
def running() -> Iterator[Platform]:
    """A stand-in that answers until the block ends."""
    platform = Platform()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if platform.fault == "down":
                self.close_connection = True
                self.connection.close()
                return
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            path = parts.path.removeprefix("/api")
            status, answer, headers = platform.answer(self.command, path, query, dict(self.headers), body)
            raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            try:
                self._write(status, raw, headers)
            except OSError:
                self.close_connection = True

        def _write(self, status: int, raw: bytes, headers: dict) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if platform.compressed:
                raw = gzip.compress(raw)
                self.send_header("Content-Encoding", "gzip")
                self.send_header("Transfer-Encoding", "chunked")
                raw = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (raw[:20], raw[20:])) + b"0\r\n\r\n"
            else:
                self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            if platform.fault != "dribble" or platform.fault_on not in self.path:
                self.wfile.write(raw)
                return
            for byte in raw:
                self.wfile.write(bytes([byte]))
                time.sleep(platform.delay)

        do_GET = do_POST = _serve

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    platform.url = f"http://127.0.0.1:{server.server_address[1]}/api"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield platform
    finally:
        server.shutdown()
        server.server_close()
