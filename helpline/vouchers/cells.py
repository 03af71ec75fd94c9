"""One row of an imported list, cell by cell: what can be read in it, or what is wrong, without repeating a number."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from helpline import clock
from helpline.vouchers.lookup import REGISTRATIONS, TRANSACTIONS

Fault = Callable[[str, str], None]
"""Told the column and what is wrong."""

_BSUID = re.compile(r"[A-Z]{2}\.[A-Za-z0-9]{1,128}")
_AMOUNT = re.compile(r"(?:€|EUR)?\s*(\d{1,5})(?:[.,](\d{1,2}))?\s*(?:€|EUR)?", re.IGNORECASE)
_ISO_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?")
_DUTCH_DATE = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?: .*)?")
_PORTAL_WORDS = {"processing": "waiting", "failed": "error", "none": "", "-": ""}
"""What 121's portal calls the states of a payment."""


def identity(number: str, bsuid: str, fault: Fault) -> tuple[str, str] | None:
    """Kind and value of the WhatsApp identity; a phone number as WhatsApp writes it, digits with country code."""
    if not number and not bsuid:
        fault("whatsapp_number", "is empty")
        return None
    if not number:
        if _BSUID.fullmatch(bsuid):
            return "bsuid", bsuid
        fault("bsuid", "is not a WhatsApp user id, such as NL.13491208655302741918")
        return None
    if re.search(r"\d[.,]?\d*E\+?\d", number, re.IGNORECASE):
        fault("whatsapp_number", "was shortened by Excel (E+); format the column as text")
        return None
    digits = re.sub(r"\(0\)|[\s()./'\u2019\u00a0\u200e\u202a\u202c-]", "", re.sub(r"[.,]0+$", "", number))
    digits = re.sub(r"^(?:\+|00)", "", digits)
    if re.fullmatch(r"0[1-9]\d{8}", digits, re.ASCII):
        digits = "31" + digits[1:]  # a Dutch number without its country code
    if not re.fullmatch(r"[1-9]\d{6,14}", digits, re.ASCII):
        fault("whatsapp_number", "is not a phone number with country code, such as 31600000000")
        return None
    return "phone", digits


def state(values: Mapping[str, str], fault: Fault) -> tuple[Any, ...]:
    """Registration, last transaction, its date, its amount and the balance, as the table keeps them."""
    registration = _word(values, "registration", (*REGISTRATIONS, "deleted"), fault)
    if registration is None and not values.get("registration"):
        fault("registration", f"is empty; it must be one of {', '.join(REGISTRATIONS)}")
    transaction = _word(values, "last_transaction", TRANSACTIONS, fault)
    day = _date(values.get("last_date", ""), fault)
    amount = _cents(values, "last_amount", fault)
    balance = _cents(values, "balance", fault)
    if transaction == "success":
        if day is None and not values.get("last_date"):
            fault("last_date", "is empty; a delivered voucher needs its date")
        elif day is not None and day > clock.today() + dt.timedelta(days=1):
            fault("last_date", "lies in the future, which a delivered voucher cannot")
        if amount is None and not values.get("last_amount"):
            fault("last_amount", "is empty; a delivered voucher needs its amount")
    return registration, transaction, day.isoformat() if day else None, amount, balance


def _word(values: Mapping[str, str], column: str, known: tuple[str, ...], fault: Fault) -> str | None:
    given = values.get(column, "").strip()
    given = _PORTAL_WORDS.get(given.lower(), given) if column == "last_transaction" else given
    if not given:
        return None
    found = next((word for word in known if word.lower() == given.lower()), None)
    if found is None:
        fault(column, f"must be one of {', '.join(known)}")
    return found


def _date(given: str, fault: Fault) -> dt.date | None:
    if not given:
        return None
    try:
        if match := _ISO_DATE.fullmatch(given):
            return dt.date(int(match[1]), int(match[2]), int(match[3]))
        if match := _DUTCH_DATE.fullmatch(given):
            return dt.date(int(match[3]), int(match[2]), int(match[1]))
    except ValueError:
        pass
    fault("last_date", "is not a date; write it as 2026-11-24 or 24-11-2026")
    return None


def _cents(values: Mapping[str, str], column: str, fault: Fault) -> int | None:
    given = values.get(column, "").replace("\u00a0", " ").strip()
    if not given:
        return None
    match = _AMOUNT.fullmatch(given)
    if match is None:
        fault(column, "is not an amount in euros, such as 17.50 or 17,50")
        return None
    return int(Decimal(f"{match[1]}.{match[2] or 0}") * 100)
