"""What administrators change about colleagues: role, duties, languages, whether they may sign in, a fresh password."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import accounts
from helpline.db.schema import accounts as table
from helpline.errors import InputError, Refused

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that are read as another."""


def new_password() -> str:
    """A password to be read out once: five groups of four, about 97 bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(5))


def hire(conn: Connection, username: str, name: str, role: str, languages: str, duties: str) -> tuple[int, str]:
    """Add somebody; their id, and the password they sign in with once and then change."""
    password = new_password()
    account_id = accounts.add(conn, username, name, role, password, languages, duties)
    _update(conn, account_id, password_given=True)
    return account_id, password


def change(conn: Connection, account_id: int, *, name: str, role: str, languages: str, duties: str) -> None:
    """Change what somebody is and may; ends their sessions when they may less or other things than before."""
    before = _known(conn, account_id)
    name = " ".join(name.split())
    if not name or len(name) > 80:
        raise InputError("accounts.fault_name")
    if role not in accounts.ROLES:
        raise InputError("accounts.fault_role")
    if before.role == "administrator" and role != "administrator":
        _require_another(conn, account_id)
    values = {
        "name": name,
        "role": role,
        "languages": accounts.plain_languages(languages),
        "duties": accounts.plain_duties(duties),
    }
    if (before.role, before.duties) != (values["role"], values["duties"]):
        values["session_epoch"] = table.c.session_epoch + 1
    _update(conn, account_id, **values)


def let_in(conn: Connection, account_id: int, active: bool) -> None:
    """Let somebody sign in, or no longer. The last administrator stays."""
    if not active and _known(conn, account_id).role == "administrator":
        _require_another(conn, account_id)
    accounts.set_active(conn, account_id, active)


def reset_password(conn: Connection, account_id: int) -> str:
    """A fresh password, to be shown once; whoever signs in with it must choose their own."""
    _known(conn, account_id)
    password = new_password()
    accounts.set_password(conn, account_id, password)
    _update(conn, account_id, password_given=True)
    return password


def choose_password(conn: Connection, account_id: int, password: str) -> None:
    """Somebody chooses their own password; their other sessions end."""
    accounts.set_password(conn, account_id, password)
    _update(conn, account_id, password_given=False)


def _known(conn: Connection, account_id: int) -> accounts.Account:
    found = accounts.get(conn, account_id)
    if found is None:
        raise InputError("accounts.fault_nobody")
    return found


def _require_another(conn: Connection, account_id: int) -> None:
    others = [one for one in accounts.listed(conn) if one.role == "administrator" and one.active]
    if not [one for one in others if one.id != account_id]:
        raise Refused("accounts.fault_last")


def _update(conn: Connection, account_id: int, **values: object) -> None:
    conn.execute(sa.update(table).where(table.c.id == account_id).values(**values))
