"""Which answers follow from a looked-up state, and whether a person is needed: the status table as one function."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from helpline.vouchers.lookup import Outcome, Voucher

TOPIC_LINES = (
    "voucher_not_working",
    "voucher_lost",
    "voucher_ended",
    "voucher_phone_changed",
    "voucher_not_received",
)
"""Intents with a line of their own before the state."""
FOR_PEOPLE = frozenset(("voucher_not_working", "voucher_lost", "voucher_ended", "voucher_phone_changed"))
"""Intents a person has to deal with, whatever the state."""
BALANCE, NOT_RECEIVED = "voucher_balance", "voucher_not_received"

_PREPARED = ("pendingApproval", "approved")


@dataclass(frozen=True)
class Line:
    """One answer with the facts it names."""

    key: str
    amount_cents: int | None = None
    date: dt.date | None = None


@dataclass(frozen=True)
class Reply:
    """What to say, in order, and whether a case is opened with it."""

    lines: tuple[Line, ...]
    person: bool
    offer_person: bool = False
    """Whether talking to a person is one tap away: what we can tell may not be what they see."""


def asks_balance(intent: str) -> bool:
    """Whether the message asks for what is left: only then is a balance ever fetched."""
    return intent == BALANCE


def reply(intent: str, voucher: Voucher, balance_cents: int | None = None) -> Reply:
    """The answers to an intent, given the state."""
    lines = [Line(f"utter_{intent}")] if intent in TOPIC_LINES else []
    offer = intent == NOT_RECEIVED
    delivered = voucher.outcome is Outcome.FOUND and voucher.transaction == "success"
    if asks_balance(intent) and delivered:
        offer = balance_cents is None
        lines.append(Line("utter_voucher_balance_unknown") if offer else Line("utter_voucher_balance", balance_cents))
        if voucher.registration != "included":
            lines.append(state_line(voucher))
    else:
        lines.append(state_line(voucher))
    person = intent in FOR_PEOPLE or needs_person(voucher)
    return Reply(tuple(lines), person, offer and not person)


def state_line(voucher: Voucher) -> Line:
    """The text of the status table. Only someone included is told about the last voucher."""
    if voucher.outcome is not Outcome.FOUND:
        return Line(f"utter_voucher_{voucher.outcome.value}")
    if voucher.registration != "included":
        return Line(f"utter_voucher_state_{voucher.registration}")
    if voucher.transaction is None:
        return Line("utter_voucher_state_included_none")
    if voucher.transaction in _PREPARED:
        return Line("utter_voucher_state_included_preparing")
    if voucher.transaction == "success":
        return Line("utter_voucher_state_included_success", voucher.amount_cents, voucher.date)
    return Line(f"utter_voucher_state_included_{voucher.transaction}")


def needs_person(voucher: Voucher) -> bool:
    """Whether the state itself calls for a person: paused, a failed payment, more than one match, no answer."""
    if voucher.outcome is Outcome.FOUND:
        return voucher.registration == "paused" or voucher.transaction == "error"
    return voucher.outcome is not Outcome.NOT_FOUND
