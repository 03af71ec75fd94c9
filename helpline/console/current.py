"""What a request is about: the service it runs in, and who is signed in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from flask import current_app, g, request
from sqlalchemy.engine import Connection

from helpline import presence
from helpline.accounts import Account
from helpline.cases import Case
from helpline.console.words import Words
from helpline.db.engine import reading as reading_engine
from helpline.service import Service


def service() -> Service:
    """The service of this console."""
    return cast(Service, current_app.extensions["helpline"])


def account() -> Account:
    """Who is signed in; only behind the gate of access.py."""
    return cast(Account, g.account)


def signed_in() -> Account | None:
    """Who is signed in, if anybody."""
    return cast("Account | None", g.get("account"))


def case() -> Case:
    """The case as it was at the door (door.py), for pages of a case that change nothing of it."""
    return cast(Case, g.case)


def words() -> Words:
    """The console's texts in the language of this request."""
    return cast(Words, g.words)


def by_script() -> bool:
    """Whether htmx or our own script asks, for a piece of a page."""
    return request.headers.get("HX-Request") == "true"


@contextmanager
def reading() -> Iterator[Connection]:
    """A connection for reading only. Within another reading it is the same one, so that a page has one, not ten."""
    if "reading" in g:
        yield g.reading
        return
    with reading_engine(service().engine) as conn:
        g.reading = conn
        try:
            yield conn
        finally:
            g.pop("reading")


@contextmanager
def apart() -> Iterator[Connection]:
    """A connection of its own for reading what may fail without failing the page."""
    with reading_engine(service().engine) as conn:
        yield conn


@contextmanager
def writing() -> Iterator[Connection]:
    """A transaction; everything in it happens, or nothing."""
    with service().engine.begin() as conn:
        yield conn


def sign_of_life(case_id: int = presence.LIST) -> None:
    """Note that the page is open; colleagues see it, and a claim does not expire meanwhile."""
    me = account().id
    with reading() as conn:
        fresh = presence.is_fresh(conn, me, case_id)
    if not fresh:
        with writing() as conn:
            presence.seen(conn, me, case_id)
