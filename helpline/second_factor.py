"""The second factor: a code of six digits from an app (TOTP, RFC 6238), and recovery codes for a lost phone.

A code works once, half a minute early or late at most, and guessing is stopped as it is for passwords.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from urllib.parse import quote

import sqlalchemy as sa
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from sqlalchemy.engine import Connection

from helpline import accounts, clock
from helpline.accounts import ATTEMPT_SECONDS, TooManyAttempts
from helpline.db.schema import accounts as table
from helpline.db.schema import recovery_codes, sign_in_attempts
from helpline.db.vault import Vault
from helpline.errors import InputError
from helpline.settings import Settings

ENFORCED = tuple(role for role in accounts.ROLES if role != "viewer")
"""Roles that see people, or real messages to learn from. A viewer may have a second factor, and then it is asked."""
STEP_SECONDS, DIGITS, SECRET_BYTES = 30, 6, 20
ATTEMPTS = 10
RECOVERY_CODES = 10
ENROL_SECONDS = 15 * 60
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that are read as another."""


@dataclass(frozen=True)
class State:
    """What somebody has."""

    enrolled: bool
    recovery_codes: int


def is_enforced(settings: Settings, role: str) -> bool:
    """Whether somebody with this role does not get in without a second factor."""
    return role in ENFORCED and settings.asks_second_factor


def state(conn: Connection, account_id: int) -> State:
    """Whether somebody has set it up, and how many recovery codes are left."""
    sealed = conn.execute(sa.select(table.c.totp_sealed).where(table.c.id == account_id)).scalar()
    counted = sa.select(sa.func.count()).select_from(recovery_codes).where(recovery_codes.c.account_id == account_id)
    return State(sealed is not None, int(conn.execute(counted).scalar_one()))


def offer(vault: Vault, account_id: int) -> str:
    """A fresh secret, sealed for one account and a quarter of an hour: it travels through the form that confirms it."""
    secret = base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode("ascii")
    return vault.seal({"secret": secret, "account": account_id, "at": clock.now()})


def secret_of(vault: Vault, offered: str, account_id: int) -> str:
    """The secret of an offer. Raises InputError for one that is old, somebody else's or not ours."""
    try:
        found = vault.open(offered)
        mine = found["account"] == account_id and 0 <= clock.now() - found["at"] <= ENROL_SECONDS
        secret = str(found["secret"])
    except Exception:
        raise InputError("second_factor.fault_offer") from None
    if not mine:
        raise InputError("second_factor.fault_offer")
    return secret


def address(secret: str, username: str, service: str) -> str:
    """What the QR code says to an app."""
    label = quote(f"{service}:{username}", safe=":")
    return f"otpauth://totp/{label}?secret={secret}&issuer={quote(service)}&digits={DIGITS}&period={STEP_SECONDS}"


def code_at(secret: str, at: int) -> str:
    """The code of a moment."""
    # Apps know SHA-1 and 6 digits; what the standard allows besides, many read wrongly.
    made = TOTP(base64.b32decode(secret), DIGITS, SHA1(), STEP_SECONDS)  # noqa: S303
    return made.generate(at).decode("ascii")


def enrol(conn: Connection, vault: Vault, account_id: int, offered: str, code: str) -> list[str]:
    """Set it up with a code that proves the app has the secret; the recovery codes. Raises InputError, TooManyAttempts.

    Not over one that is set up already: whoever finds an open browser must not be able to replace it.
    """
    secret = secret_of(vault, offered, account_id)
    step = _step_of(secret, code)
    if step is None:
        raise InputError("second_factor.fault_code")
    free = sa.and_(table.c.id == account_id, table.c.totp_sealed.is_(None))
    values = {"totp_sealed": vault.seal(secret), "totp_step": step}
    if not conn.execute(sa.update(table).where(free).values(**values)).rowcount:
        raise InputError("second_factor.fault_known")
    return new_recovery_codes(conn, account_id)


def check(conn: Connection, vault: Vault, account_id: int, code: str) -> str | None:
    """Which of `app` and `recovery` the code is, used up by this; None for neither. Raises TooManyAttempts."""
    _count(conn, vault, account_id)
    row = conn.execute(sa.select(table.c.totp_sealed, table.c.totp_step).where(table.c.id == account_id)).first()
    if row is None or row.totp_sealed is None:
        return None
    plain = "".join(code.split()).replace("-", "").lower()
    step = _step_of(str(vault.open(row.totp_sealed)), plain)
    if step is not None:
        fresh = sa.and_(table.c.id == account_id, table.c.totp_step < step)
        used = conn.execute(sa.update(table).where(fresh).values(totp_step=step)).rowcount
    else:
        mine = sa.and_(
            recovery_codes.c.account_id == account_id, recovery_codes.c.code_hash == _hash(account_id, plain)
        )
        used = conn.execute(sa.delete(recovery_codes).where(mine)).rowcount
    if not used:
        return None
    conn.execute(sa.delete(sign_in_attempts).where(sign_in_attempts.c.subject == _subject(vault, account_id)))
    return "app" if step is not None else "recovery"


def new_recovery_codes(conn: Connection, account_id: int) -> list[str]:
    """Fresh recovery codes, to be shown once; the old ones are worth nothing from now on."""
    conn.execute(sa.delete(recovery_codes).where(recovery_codes.c.account_id == account_id))
    codes = ["".join(secrets.choice(_LETTERS) for _ in range(16)) for _ in range(RECOVERY_CODES)]
    rows = [{"account_id": account_id, "code_hash": _hash(account_id, code)} for code in codes]
    conn.execute(sa.insert(recovery_codes), rows)
    return ["-".join(code[start : start + 4] for start in range(0, 16, 4)) for code in codes]


def forget(conn: Connection, account_id: int) -> None:
    """Take somebody's second factor away, so that they set it up anew; ends their sessions."""
    conn.execute(sa.delete(recovery_codes).where(recovery_codes.c.account_id == account_id))
    conn.execute(sa.update(table).where(table.c.id == account_id).values(totp_sealed=None))
    accounts.sign_out_everywhere(conn, account_id)


def _step_of(secret: str, code: str) -> int | None:
    """Which half minute a code belongs to: this one, the one before or the one after."""
    given, now = "".join(code.split()).encode("utf-8", "replace"), clock.now() // STEP_SECONDS
    found = [
        step for step in (now - 1, now, now + 1)
        if hmac.compare_digest(code_at(secret, step * STEP_SECONDS).encode("ascii"), given)
    ]  # fmt: skip
    return max(found) if found else None


def _count(conn: Connection, vault: Vault, account_id: int) -> None:
    subject = _subject(vault, account_id)
    conn.execute(sa.delete(sign_in_attempts).where(sign_in_attempts.c.at < clock.now() - ATTEMPT_SECONDS))
    counted = sa.select(sa.func.count()).select_from(sign_in_attempts).where(sign_in_attempts.c.subject == subject)
    if conn.execute(counted).scalar_one() >= ATTEMPTS:
        raise TooManyAttempts("There were too many attempts. Wait a quarter of an hour.")
    conn.execute(sa.insert(sign_in_attempts).values(subject=subject, at=clock.now()))


def _subject(vault: Vault, account_id: int) -> str:
    return vault.lookup("second factor", str(account_id))


def _hash(account_id: int, code: str) -> str:
    # 79 bits of chance need no slow hash.
    return hashlib.sha256(f"{account_id}:{code}".encode("utf-8", "replace")).hexdigest()
