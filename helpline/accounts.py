"""People who sign in to the console: their role, their password, their sessions.

A password is checked between two short transactions, never inside one: argon2 takes its time on purpose.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import argon2
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import clock
from helpline.db.engine import insert_once
from helpline.db.schema import accounts, sign_in_attempts
from helpline.db.vault import Vault
from helpline.errors import InputError, Refused

ROLES = ("agent", "editor", "coordinator", "administrator", "viewer")
"""A viewer sees figures and what editors wrote, and no people."""
CASEWORKERS = ("agent", "coordinator")
"""Roles that read and answer contacts; the others never see a conversation."""
DUTIES = ("safeguarding", "translate", "review", "publish", "on_call", "legal")
"""What somebody does besides their role: open sensitive cases, translate, check answers, publish, be rung, advise."""
PASSWORD_LENGTH = 10
ATTEMPT_SECONDS = 15 * 60
ATTEMPTS_PER_USERNAME = 10
ATTEMPTS_PER_ADDRESS = 50

# Figures of the OWASP password storage cheat sheet (2024): 19 MiB, two passes, one lane.
_hasher = argon2.PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_nobody = _hasher.hash("no account has this password")
"""Checked when the username is unknown, so that the answer takes as long."""


class TooManyAttempts(Refused):
    """Signing in is refused for a quarter of an hour, whatever the password."""


@dataclass(frozen=True)
class Account:
    """Somebody who may sign in."""

    id: int
    username: str
    name: str
    role: str
    languages: str
    interface_language: str
    active: bool
    session_epoch: int
    duties: str = ""
    password_given: bool = False

    @property
    def has(self) -> tuple[str, ...]:
        """Their duties."""
        return tuple(name for name in self.duties.split(",") if name)

    @property
    def reads(self) -> tuple[str, ...]:
        """Languages they read, as codes."""
        return tuple(code for code in self.languages.split(",") if code)


@dataclass(frozen=True)
class Candidate:
    """Somebody who says they are `username`; not yet believed."""

    account: Account | None
    password_hash: str


@dataclass(frozen=True)
class DemoAccount:
    """An open account of the demo; production refuses to start with one."""

    username: str
    password: str
    role: str
    name: str
    languages: str
    duties: str = ""


_OPEN = "helpline-demo"
DEMO = (
    DemoAccount("sara", _OPEN, "agent", "Sara", "en,nl,ar", "safeguarding"),
    DemoAccount("tom", _OPEN, "agent", "Tom", "en,nl,fr", "translate"),
    DemoAccount("noor", _OPEN, "coordinator", "Noor", "en,nl,fr,ar", "safeguarding,publish,on_call"),
    DemoAccount("eva", _OPEN, "editor", "Eva", "en,nl,es,pt", "review,publish,translate"),
    DemoAccount("ruben", _OPEN, "administrator", "Ruben", "en,nl"),
    DemoAccount("vera", _OPEN, "viewer", "Vera", "en,nl"),
)


def add(
    conn: Connection, username: str, name: str, role: str, password: str, languages: str = "", duties: str = ""
) -> int:
    """Add somebody; their id. Raises InputError naming what cannot be used."""
    username = plain_username(username)
    name = " ".join(name.split())
    if not username or len(username) > 80:
        raise InputError("The username must have 1 to 80 characters, without spaces.")
    if not name or len(name) > 80:
        raise InputError("The name must have 1 to 80 characters.")
    if role not in ROLES:
        raise InputError(f"{role!r} is not a role; choose one of {', '.join(ROLES)}.")
    values = {
        "username": username,
        "name": name,
        "role": role,
        "password_hash": _hasher.hash(_usable(password)),
        "languages": plain_languages(languages),
        "duties": plain_duties(duties),
        "interface_language": "en",
        "active": True,
        "session_epoch": 0,
        "created_at": clock.now(),
    }
    account_id = insert_once(conn, accounts, values, ("username",))
    if account_id is None:
        raise InputError(f"There is already an account {username}.")
    return account_id


def ensure_demo(conn: Connection) -> None:
    """Add the demo's accounts that are missing."""
    known = {row.username for row in conn.execute(sa.select(accounts.c.username))}
    for one in DEMO:
        if one.username not in known:
            add(conn, one.username, one.name, one.role, one.password, one.languages, one.duties)


def open_to_everybody(conn: Connection) -> list[str]:
    """Usernames that still have the demo's password."""
    query = sa.select(accounts.c.username, accounts.c.password_hash)
    demo = accounts.c.username.in_([one.username for one in DEMO])
    rows = conn.execute(query.where(demo, accounts.c.active)).all()
    return [row.username for row in rows if _matches(row.password_hash, _OPEN)]


def get(conn: Connection, account_id: int) -> Account | None:
    """The account, also if it may not sign in any more."""
    found = _select(conn, accounts.c.id == account_id)
    return found[0] if found else None


def listed(conn: Connection) -> list[Account]:
    """Everybody, by name."""
    return _select(conn)


def has_duty(account: Account, duty: str) -> bool:
    """Whether somebody has a duty. Raises InputError for one that does not exist."""
    if duty not in DUTIES:
        raise InputError(f"{duty!r} is not a duty; choose one of {', '.join(DUTIES)}.")
    return duty in account.has


def with_duty(conn: Connection, duty: str) -> list[Account]:
    """Everybody with a duty who may sign in, by name."""
    return [one for one in listed(conn) if one.active and has_duty(one, duty)]


def begin_sign_in(conn: Connection, vault: Vault, username: str, address: str) -> Candidate:
    """Count the attempt and find the account. Raises TooManyAttempts."""
    username = plain_username(username)
    since = clock.now() - ATTEMPT_SECONDS
    conn.execute(sa.delete(sign_in_attempts).where(sign_in_attempts.c.at < since))
    limits = (("username", username, ATTEMPTS_PER_USERNAME), ("address", address, ATTEMPTS_PER_ADDRESS))
    for kind, value, limit in limits:
        subject = vault.lookup(kind, value)
        counted = sa.select(sa.func.count()).select_from(sign_in_attempts).where(sign_in_attempts.c.subject == subject)
        if conn.execute(counted).scalar_one() >= limit:
            raise TooManyAttempts("There were too many attempts. Wait a quarter of an hour.")
        conn.execute(sa.insert(sign_in_attempts).values(subject=subject, at=clock.now()))
    row = conn.execute(
        sa.select(accounts.c.id, accounts.c.password_hash).where(accounts.c.username == username)
    ).first()
    return Candidate(get(conn, row.id) if row else None, row.password_hash if row else _nobody)


def believes(candidate: Candidate, password: str) -> bool:
    """Whether the password is theirs and they may sign in; slow on purpose, also for nobody."""
    right = _matches(candidate.password_hash, unicodedata.normalize("NFKC", password)[:1000])
    return right and candidate.account is not None and candidate.account.active


def end_sign_in(conn: Connection, vault: Vault, account: Account) -> None:
    """Forget the attempts of somebody who has signed in."""
    subject = vault.lookup("username", account.username)
    conn.execute(sa.delete(sign_in_attempts).where(sign_in_attempts.c.subject == subject))


def sign_out_everywhere(conn: Connection, account_id: int) -> None:
    """End every session of an account."""
    _update(conn, account_id, session_epoch=accounts.c.session_epoch + 1)


def set_active(conn: Connection, account_id: int, active: bool) -> None:
    """Let somebody sign in, or no longer; ends their sessions."""
    _update(conn, account_id, active=active, session_epoch=accounts.c.session_epoch + 1)


def set_password(conn: Connection, account_id: int, password: str) -> None:
    """Give an account another password; ends its sessions."""
    hashed = _hasher.hash(_usable(password))
    _update(conn, account_id, password_hash=hashed, session_epoch=accounts.c.session_epoch + 1)


def set_interface_language(conn: Connection, account_id: int, language: str) -> None:
    """Show the console in another language."""
    _update(conn, account_id, interface_language=language)


def plain_username(username: str) -> str:
    """A username as it is stored and compared: one form for what looks the same, no spaces."""
    return "".join(unicodedata.normalize("NFKC", username).casefold().split()).replace("\0", "")


def plain_languages(languages: str) -> str:
    """Codes of languages, comma-separated, each once. Raises InputError for what is not a code."""
    codes = list(dict.fromkeys(code.strip().lower() for code in languages.replace(";", ",").split(",") if code.strip()))
    wrong = [code for code in codes if not (code.isascii() and code.isalpha() and 2 <= len(code) <= 8)]
    if wrong or len(",".join(codes)) > 80:
        raise InputError(f"Languages are codes such as en,ar; {', '.join(wrong) or 'this list'} cannot be used.")
    return ",".join(codes)


def plain_duties(duties: str) -> str:
    """Duties, comma-separated, each once, in the order of DUTIES. Raises InputError for what is not a duty."""
    named = {name.strip() for name in duties.split(",") if name.strip()}
    wrong = sorted(named - set(DUTIES))
    if wrong:
        raise InputError(f"{', '.join(wrong)} is not a duty; choose from {', '.join(DUTIES)}.")
    return ",".join(name for name in DUTIES if name in named)


def _usable(password: str) -> str:
    password = unicodedata.normalize("NFKC", password)
    if not PASSWORD_LENGTH <= len(password) <= 1000:
        raise InputError(f"The password must have at least {PASSWORD_LENGTH} characters.")
    return password


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError, UnicodeEncodeError):
        return False


def _select(conn: Connection, *where: object) -> list[Account]:
    columns = [accounts.c[name] for name in Account.__dataclass_fields__]
    query = sa.select(*columns).where(*where).order_by(sa.func.lower(accounts.c.name), accounts.c.id)
    return [Account(**row._mapping) for row in conn.execute(query)]


def _update(conn: Connection, account_id: int, **values: object) -> None:
    conn.execute(sa.update(accounts).where(accounts.c.id == account_id).values(**values))
