"""What 121's answers say about one phone number. Everything unexpected raises: a doubt is never told as a state.

Shapes: 121 Platform, services/121-service, read at commit 075ba48 (2026-08-21).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from helpline import clock

MOST_EUROS = 10_000
"""No voucher is worth more; a larger amount means that we misread it."""


class Unreadable(Exception):
    """An answer that is not what 121 promises. Carries no text of it."""


@dataclass(frozen=True)
class Registration:
    """The registration of the number that was asked for."""

    id: int
    status: str
    reference: str = field(repr=False)


@dataclass(frozen=True)
class Transaction:
    """The last payment of a registration."""

    status: str
    date: dt.date
    amount_cents: int
    payment_id: int
    fsp: str


def registrations(body: Any, phone: str, program_id: str) -> list[Registration]:
    """The rows of our programme that belong to the number.

    A number belongs by its WhatsApp number, or by its phone number where no WhatsApp number is known. Rows with neither
    mean that the filter was not applied: then nothing of the list can be relied on, and Unreadable is raised.
    """
    if not isinstance(body, list):
        raise Unreadable
    own = []
    for row in body:
        if not isinstance(row, Mapping):
            raise Unreadable
        whatsapp, other = _digits(row.get("whatsappPhoneNumber")), _digits(row.get("phoneNumber"))
        if phone not in (whatsapp, other):
            raise Unreadable
        if str(row.get("programId")) != program_id or row.get("status") == "deleted":
            continue
        if phone == whatsapp or not whatsapp:
            own.append(Registration(_whole(row.get("id")), _text(row.get("status")), _text(row.get("referenceId"))))
    return own


def newest_transaction(body: Any) -> Transaction | None:
    """The last payment among a registration's activities; None when there was none.

    Messages and staff notes come along in the same list and are not looked at. A user without payment permission gets
    a list without transactions and no error, so their type must be among the available ones.
    """
    if not isinstance(body, Mapping) or not isinstance(body.get("data"), list):
        raise Unreadable
    meta = body.get("meta")
    available = meta.get("availableTypes") if isinstance(meta, Mapping) else None
    if not isinstance(available, list) or "transaction" not in available:
        raise Unreadable
    payments = []
    for activity in body["data"]:
        if not isinstance(activity, Mapping):
            raise Unreadable
        if activity.get("type") == "transaction":
            payments.append(_transaction(activity.get("attributes")))
    return max(payments, key=lambda one: one[0])[1] if payments else None


def cents(value: Any) -> int:
    """Euro as 121 writes them (a number, or its text) in cents."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise Unreadable
    try:
        amount = Decimal(str(value).strip())
    except (InvalidOperation, ValueError):
        raise Unreadable from None
    if not amount.is_finite() or not 0 <= amount <= MOST_EUROS:
        raise Unreadable
    return int((amount * 100).to_integral_value())


def _transaction(attributes: Any) -> tuple[tuple[dt.datetime, dt.datetime, int], Transaction]:
    if not isinstance(attributes, Mapping):
        raise Unreadable
    paid = _moment(attributes.get("paymentDate"))
    # A payment that failed and was tried again has the same payment date twice.
    updated = _moment(attributes.get("updatedDate") or attributes.get("paymentDate"))
    order = (paid, updated, _whole(attributes.get("transactionId") or 0))
    return order, Transaction(
        status=_text(attributes.get("status")),
        date=paid.astimezone(clock.ZONE).date(),
        amount_cents=cents(attributes.get("amount")),
        payment_id=_whole(attributes.get("paymentId")),
        fsp=str(attributes.get("fspName") or ""),
    )


def _moment(value: Any) -> dt.datetime:
    if not isinstance(value, str):
        raise Unreadable
    try:
        moment = dt.datetime.fromisoformat(re.sub(r"[Zz]$", "+00:00", value.strip()))
    except ValueError:
        raise Unreadable from None
    if not 2000 <= moment.year < 2200:
        raise Unreadable
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.timezone.utc)


def _digits(value: Any) -> str:
    return re.sub(r"\D", "", str(value)) if isinstance(value, str | int) else ""


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unreadable
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise Unreadable
    return value
