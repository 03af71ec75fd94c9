"""Accounts by the name a sign-in service (OpenID Connect) gives them: its subject, or at first a verified e-mail."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import accounts, staff
from helpline.db.schema import accounts as table
from helpline.errors import InputError

_EMAIL = re.compile(r"[^\s@,;:<>()\"']{1,64}@[^\s@,;:<>()\"']{1,180}\.[^\s@,;:<>()\"'.]{2,}")


@dataclass(frozen=True)
class Named:
    """Whom the sign-in service says it is."""

    issuer: str
    subject: str
    email: str = ""
    verified: bool = False
    name: str = ""

    @property
    def key(self) -> str:
        """Issuer and subject: what never changes and is never given to anybody else."""
        return f"{self.issuer} {self.subject}"


def plain_email(email: str) -> str:
    """An address as it is stored and compared. Raises InputError for what is none."""
    plain = unicodedata.normalize("NFKC", email).strip().casefold()
    if plain and not _EMAIL.fullmatch(plain):
        raise InputError("second_factor.fault_email")
    return plain


def email_of(conn: Connection, account_id: int) -> str:
    """The address of an account, or nothing."""
    return conn.execute(sa.select(table.c.email).where(table.c.id == account_id)).scalar() or ""


def set_email(conn: Connection, account_id: int, email: str) -> None:
    """Say by which address the sign-in service names somebody. Another address breaks the tie with the old one.

    Raises InputError for one that is none or another's.
    """
    plain = plain_email(email)
    if plain == email_of(conn, account_id):
        return
    taken = sa.select(table.c.id).where(table.c.email == plain, table.c.id != account_id)
    if plain and conn.execute(taken).first():
        raise InputError("second_factor.fault_email")
    values = {"email": plain or None, "oidc_subject": None}
    conn.execute(sa.update(table).where(table.c.id == account_id).values(**values))


def find(conn: Connection, named: Named) -> accounts.Account | None:
    """The account somebody is, or None. The first time a verified e-mail is enough; from then on only the subject."""
    known = conn.execute(sa.select(table.c.id).where(table.c.oidc_subject == named.key)).scalar()
    if known is None and named.verified and named.email:
        try:
            email = plain_email(named.email)
        except InputError:
            return None
        free = sa.and_(table.c.email == email, table.c.oidc_subject.is_(None), table.c.active)
        if conn.execute(sa.update(table).where(free).values(oidc_subject=named.key)).rowcount:
            known = conn.execute(sa.select(table.c.id).where(table.c.oidc_subject == named.key)).scalar()
    return accounts.get(conn, known) if known is not None else None


def add(conn: Connection, named: Named, role: str) -> accounts.Account | None:
    """An account for somebody nobody here knows, or None without a verified e-mail that is free."""
    try:
        email = plain_email(named.email) if named.verified else ""
    except InputError:
        return None
    if not email or len(email) > 80 or conn.execute(sa.select(table.c.id).where(table.c.email == email)).first():
        return None
    name = " ".join(named.name.split())[:80] or email.partition("@")[0]
    try:
        account_id = accounts.add(conn, email, name, role, staff.new_password())
    except InputError:  # somebody chose that username here
        return None
    conn.execute(sa.update(table).where(table.c.id == account_id).values(email=email, oidc_subject=named.key))
    return accounts.get(conn, account_id)
