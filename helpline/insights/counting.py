"""Finished messages and closed cases become counts, minutes later and many at once.

Nothing is counted in the turn itself: a contact would wait for it, and a count written in the same moment as a message
would say whose it is. Here each row is counted exactly once (it is marked in the same transaction), and what a message
was about is forgotten with it.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import clock
from helpline.db.engine import insert_once
from helpline.db.schema import cases, inbox, insights
from helpline.service import Service

BATCH = 2000
SETTLED_SECONDS = 120
"""A message or a closing this old is not taken back any more."""
BANDS = ((5, "5m"), (15, "15m"), (60, "1h"), (240, "4h"), (1440, "24h"))
"""Minutes until a person's first word, at most, and the band's name; longer is `more`, never is `none`."""
RATED = {"rated_good": "good", "rated_bad": "bad"}
EPOCH = dt.date(1970, 1, 1)


class Fact(NamedTuple):
    """What one count is about; the columns of the table but for the count itself."""

    day: int
    measure: str
    topic: str = ""
    language: str = ""
    outcome: str = ""
    band: str = ""
    demo: bool = False


def day_of(date: dt.date) -> int:
    """The table's number of a day."""
    return (date - EPOCH).days


def date_of(day: int) -> dt.date:
    """The day of a number."""
    return EPOCH + dt.timedelta(days=day)


def run(service: Service) -> int:
    """The timed job: count what has finished since; how many rows were counted."""
    total = 0
    for count in (_messages, _cases):
        while True:
            with service.engine.begin() as conn:
                done = count(conn)
            total += done
            if done < BATCH:
                break
    return total


def add(conn: Connection, counted: Counter[Fact]) -> None:
    """Add to the counts; in one order, so that two workers never wait for each other in a circle."""
    for fact in sorted(counted):
        number = counted[fact]
        where = sa.and_(*(insights.c[name] == value for name, value in fact._asdict().items()))
        raised = sa.update(insights).where(where).values(count=insights.c.count + number)
        if conn.execute(raised).rowcount:
            continue
        values = {**fact._asdict(), "count": number}
        if insert_once(conn, insights, values, Fact._fields) is None:  # another worker was faster
            conn.execute(raised)


def wait_band(opened_at: int, first_reply_at: int | None) -> str:
    """How long somebody waited for a person's first word."""
    if first_reply_at is None:
        return "none"
    minutes = (first_reply_at - opened_at) / 60
    return next((name for most, name in BANDS if minutes <= most), "more")


def _messages(conn: Connection) -> int:
    ready = (inbox.c.state == "done", ~inbox.c.counted, inbox.c.received_at <= clock.now() - SETTLED_SECONDS)
    columns = (inbox.c.id, inbox.c.received_at, inbox.c.language, inbox.c.outcome, inbox.c.topic)
    rows = _take(conn, inbox, columns, ready)
    counted: Counter[Fact] = Counter()
    for row in rows:
        moment = clock.local(row.received_at)
        day, topic = day_of(moment.date()), row.topic or ""
        if row.outcome in RATED:
            counted[Fact(day, "rating", topic, outcome=RATED[row.outcome])] += 1
        elif row.outcome not in (None, "ignored"):
            counted[Fact(day, "message", topic, row.language or "", row.outcome)] += 1
            counted[Fact(day - moment.weekday(), "hour", band=f"{moment.hour:02}")] += 1
    add(conn, counted)
    return _done(conn, inbox, rows, topic=None)


def _cases(conn: Connection) -> int:
    ready = (cases.c.state == "closed", ~cases.c.counted, cases.c.closed_at <= clock.now() - SETTLED_SECONDS)
    columns = (
        cases.c.id, cases.c.opened_at, cases.c.closed_at, cases.c.first_reply_at, cases.c.topic, cases.c.language,
        cases.c.outcome, cases.c.lesson,
    )  # fmt: skip
    rows = _take(conn, cases, columns, ready)
    counted: Counter[Fact] = Counter()
    for row in rows:
        day, topic = day_of(clock.local(row.closed_at).date()), row.topic or ""
        band = wait_band(row.opened_at, row.first_reply_at)
        counted[Fact(day, "case", topic, row.language or "", row.outcome or "", band)] += 1
        if row.lesson:
            counted[Fact(day, "lesson", topic, outcome=row.lesson)] += 1
    add(conn, counted)
    return _done(conn, cases, rows)


def _take(conn: Connection, table: sa.Table, columns: tuple[Any, ...], ready: tuple[Any, ...]) -> list[Any]:
    query = sa.select(*columns).where(*ready).order_by(table.c.id).limit(BATCH)
    return list(conn.execute(query.with_for_update(of=table, skip_locked=True)))


def _done(conn: Connection, table: sa.Table, rows: list[Any], **forgotten: Any) -> int:
    if rows:
        mine = table.c.id.in_([row.id for row in rows])
        conn.execute(sa.update(table).where(mine).values(counted=True, **forgotten))
    return len(rows)
