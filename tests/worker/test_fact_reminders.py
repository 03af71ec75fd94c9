"""Whoever keeps the facts is told in time, once, and never who asked or what."""

import datetime as dt
import json

import sqlalchemy as sa

from helpline import clock, content
from helpline.db.schema import notices
from helpline.worker.fact_reminders import remind

START = dt.date(2026, 11, 24)


def go_to(date: str) -> None:
    clock.shift((dt.date.fromisoformat(date) - clock.today()).days * 86400)


def test_reminded_14_and_3_days_before_the_day_after_and_then_weekly(service):
    go_to(START.isoformat())
    with service.engine.begin() as conn:
        content.import_starter(conn)
    told = []
    for number in range(55):
        go_to((START + dt.timedelta(days=number)).isoformat())
        if remind(service):
            told.append(clock.today().isoformat())
        assert not remind(service)
    assert told == ["2026-12-10", "2026-12-21", "2026-12-25", "2026-12-26", "2026-12-28", "2027-01-04", "2027-01-11"]
    with service.engine.connect() as conn:
        facts = [json.loads(one) for one in conn.execute(sa.select(notices.c.facts).order_by(notices.c.id)).scalars()]
    assert facts[0] == {"facts_old": 0, "facts_soon": 3, "path": "/content/facts"}
    assert facts[-1] == {"facts_old": 3, "facts_soon": 0, "path": "/content/facts"}
