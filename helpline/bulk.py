"""The same thing done to many cases: each on its own, each with its own result, and taken back in one click.

A case that changed since it was on the screen is left alone and named.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.engine import Connection, Engine

from helpline import cases, holding, sight
from helpline.accounts import Account
from helpline.db.vault import Vault
from helpline.errors import HelplineError, InputError, StaleVersion

ACTIONS = ("take", "release", "transfer", "close")
LIMIT = 100
"""Cases at once."""


@dataclass(frozen=True)
class Chosen:
    """A case as it was on the screen."""

    case_id: int
    version: int

    @classmethod
    def read(cls, word: str) -> Chosen | None:
        """From `12.3`; None for anything else."""
        first, _, second = word.partition(".")
        if not (first.isdecimal() and second.isdecimal() and word.isascii() and len(word) < 36):
            return None
        return cls(int(first), int(second))

    def __str__(self) -> str:
        return f"{self.case_id}.{self.version}"


@dataclass(frozen=True)
class Result:
    """What became of one case."""

    case_id: int
    alias: str
    error: HelplineError | None
    now: Chosen | None
    """The case as it is after it was done; what taking it back needs."""


@dataclass(frozen=True)
class Order:
    """What to do with each of them."""

    action: str
    to: int | None = None
    """For transfer: the colleague, or None for the queue."""
    note: str = ""
    outcome: str = ""
    """For close."""


def do(
    engine: Engine, vault: Vault, account: Account, chosen: Sequence[Chosen], order: Order, *, capacity: int
) -> list[Result]:
    """Do it to each, in its own transaction. Raises InputError for an order that cannot be followed at all."""
    if order.action not in ACTIONS:
        raise InputError("error.form")
    if order.action == "transfer" and not order.note.strip():
        raise InputError("error.transfer_note")
    if order.action == "close" and order.outcome not in cases.OUTCOMES:
        raise InputError("error.closing")

    def act(conn: Connection, case: cases.Case) -> None:
        if order.action == "take":
            holding.claim(conn, case.id, account.id, capacity=capacity)
        elif order.action == "release":
            cases.release(conn, case.id, _holder(account, case))
        elif order.action == "transfer":
            holding.transfer(conn, vault, case.id, account.id, order.to, order.note)
        else:
            if case.waiting_since is not None and order.outcome in ("answered", "referred"):
                raise InputError("error.close_unanswered")
            cases.close(conn, case.id, account.id, order.outcome)

    return [_one(engine, account, one, act) for one in chosen[:LIMIT]]


def undo(engine: Engine, account: Account, chosen: Sequence[Chosen], action: str, *, capacity: int) -> list[Result]:
    """Take back what was just done, where nothing else happened since: taking, giving back, closing."""
    inverse: dict[str, Callable[[Connection, cases.Case], None]] = {
        "take": lambda conn, case: cases.release(conn, case.id, account.id),
        "release": lambda conn, case: holding.claim(conn, case.id, account.id, capacity=capacity),
        "close": lambda conn, case: holding.undo_close(conn, case.id, account.id),
    }
    if action not in inverse:
        raise InputError("error.form")
    return [_one(engine, account, one, inverse[action]) for one in chosen[:LIMIT]]


def _one(engine: Engine, account: Account, chosen: Chosen, act: Callable[[Connection, cases.Case], None]) -> Result:
    alias = ""
    try:
        with engine.begin() as conn:
            case = cases.get(conn, chosen.case_id)
            alias = case.alias
            if case.version != chosen.version:
                raise StaleVersion("This case changed while you looked at it.")
            if sight.of(conn, account, case).level != "all":
                raise InputError("error.not_yours_to_open")
            act(conn, case)
            return Result(case.id, alias, None, Chosen(case.id, cases.get(conn, case.id).version))
    except HelplineError as error:
        return Result(chosen.case_id, alias, error, None)


def _holder(account: Account, case: cases.Case) -> int:
    """In whose name a case is given back: a coordinator may do it for somebody who went home."""
    if account.role == "coordinator" and case.account_id is not None:
        return case.account_id
    return account.id
