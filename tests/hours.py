"""Moments of the Dutch wall clock, and people on shift."""

import datetime as dt

import sqlalchemy as sa

from helpline import accounts, clock, presence
from helpline.shifts import log, roster

PASSWORD = "a password of nobody"


def moment(word):
    """Seconds since 1970 of `2026-11-26 10:00` in the Netherlands."""
    return int(dt.datetime.fromisoformat(word).replace(tzinfo=clock.ZONE).timestamp())


def go_to(word):
    """Move the clock to a moment."""
    clock.shift(moment(word) - clock.now())


def person(conn, name, languages="en,nl", role="agent", duties=""):
    """An account by its id."""
    return accounts.add(conn, name.lower(), name, role, PASSWORD, languages, duties)


def every_day(conn, account_id, starts="9:00", ends="17:00", languages=""):
    for weekday in range(7):
        roster.add(conn, account_id, roster.minutes(starts), roster.minutes(ends), weekday=weekday, languages=languages)


def on_shift(conn, account_id, hours=4):
    """Somebody begins a shift and is at the desk."""
    log.begin(conn, account_id, clock.now() + hours * 3600)
    presence.seen(conn, account_id)


def away(conn, account_id):
    """Their laptop sleeps."""
    conn.execute(sa.delete(presence.presence).where(presence.presence.c.account_id == account_id))
