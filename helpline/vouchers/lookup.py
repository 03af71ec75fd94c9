"""The port: what is the voucher state of this WhatsApp identity? The answer holds no name, number or code."""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass
from typing import Protocol

from helpline.messages import Identity

REGISTRATIONS = ("new", "validated", "included", "paused", "declined", "completed")
"""Registration states people are told about; `deleted` counts as not found (121, RegistrationStatusEnum)."""
TRANSACTIONS = ("pendingApproval", "approved", "waiting", "success", "error")
"""States of a payment (121, TransactionStatusEnum)."""


class Outcome(str, enum.Enum):
    """How a lookup ended."""

    FOUND = "found"
    NOT_FOUND = "not_found"
    """Nothing under this identity, which does not mean that the person is not registered."""
    AMBIGUOUS = "ambiguous"
    """More than one registration: telling either state could tell one person about another."""
    CANNOT_CHECK = "cannot_check"
    """The source did not answer, or not in a way that can be trusted."""


@dataclass(frozen=True)
class Voucher:
    """All that leaves a lookup."""

    outcome: Outcome
    source: str
    """`local` or `121`."""
    registration: str | None = None
    transaction: str | None = None
    """Of the last voucher; None when none was made."""
    date: dt.date | None = None
    amount_cents: int | None = None

    def facts(self) -> dict[str, str]:
        """Short codes for the case card, so that the agent need not look it up again."""
        if self.outcome is not Outcome.FOUND:
            return {"lookup": self.outcome.value, "source": self.source}
        values = {
            "registration": self.registration,
            "transaction": self.transaction or "none",
            "date": self.date.isoformat() if self.date else None,
            "amount": cents_as_code(self.amount_cents),
            "source": self.source,
        }
        return {name: value for name, value in values.items() if value}


def cents_as_code(cents: int | None) -> str | None:
    """Euro cents as `17.50`."""
    return None if cents is None else f"{cents // 100}.{cents % 100:02}"


def found(source: str, registration: str, transaction: str | None, date: dt.date | None, cents: int | None) -> Voucher:
    """A result that can be told; a state we have no text for, or a delivered voucher without date or amount, cannot."""
    known = registration in REGISTRATIONS and (transaction is None or transaction in TRANSACTIONS)
    if not known or (transaction == "success" and (date is None or cents is None)):
        return Voucher(Outcome.CANNOT_CHECK, source)
    if transaction is None:
        date = cents = None
    return Voucher(Outcome.FOUND, source, registration, transaction, date, cents)


class Lookup(Protocol):
    """A source of voucher states."""

    def status(self, identity: Identity) -> Voucher:
        """The state of this identity; never raises for a source that fails."""

    def balance(self, identity: Identity) -> tuple[Voucher, int | None]:
        """The state, and what is left on the last voucher in euro cents, if it was delivered and the source knows."""

    def health(self) -> dict[str, object]:
        """Whether the source answers: `source`, `answers`, and what an operator should know."""
