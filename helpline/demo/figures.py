"""Made-up counts of two whole months and the running one; the same ones on the same day."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import yaml
from sqlalchemy.engine import Connection

from helpline import clock
from helpline.content import DATA
from helpline.db.schema import insights
from helpline.insights.charts import span
from helpline.insights.counting import Fact, day_of

SEED = 20260901
MONTHS = 3
FOLDER = Path(DATA) / "demo"
SATURDAY = 5


def write(conn: Connection) -> int:
    """Write them; how many messages they count."""
    today = clock.today()
    counted = made(today)
    conn.execute(sa.insert(insights), [{**fact._asdict(), "count": counted[fact]} for fact in sorted(counted)])
    return sum(number for fact, number in counted.items() if fact.measure == "message")


def made(today: dt.date) -> Counter[Fact]:
    """The counts until yesterday."""
    plan = yaml.safe_load((FOLDER / "figures.yml").read_text(encoding="utf-8"))
    chance = random.Random(SEED)  # noqa: S311 - nothing to guess
    counted: Counter[Fact] = Counter()
    day = span(today, MONTHS)[0]
    while day < today:
        _one_day(counted, plan, chance, day, age=(day.year - today.year) * 12 + day.month - today.month + MONTHS - 1)
        day += dt.timedelta(days=1)
    return counted


def _one_day(counted: Counter[Fact], plan: dict[str, Any], chance: random.Random, date: dt.date, age: int) -> None:
    """`age` is the month's number, 0 for the first."""
    shape = plan["days"]
    usual = shape["usual"] * (1 + shape["trend"]) ** age * chance.uniform(0.85, 1.15)
    usual *= shape["weekend"] if date.weekday() >= SATURDAY else 1
    usual *= shape["first_of_month"] if date.day <= SATURDAY else 1
    topics = {name: weight * (1 + plan["growing"].get(name, 0)) ** age for name, weight in plan["topics"].items()}
    day, week = day_of(date), day_of(date) - date.weekday()
    for _ in range(round(usual)):
        topic, language = _pick(chance, topics), _pick(chance, plan["languages"])
        share = plan["to_people"].get(topic, plan["to_people"]["other"])
        people = language in plan["not_spoken"] or chance.random() < share
        counted[_fact(day, "message", topic, language, "handed_off" if people else "answered")] += 1
        hour = chance.choices(range(24), plan["hours"])[0]
        counted[_fact(week, "hour", band=f"{hour:02}")] += 1
        if people:
            _case(counted, plan, chance, day, topic, language)
        if chance.random() < plan["ratings"]["share"]:
            good = chance.random() < plan["ratings"]["good"]
            counted[_fact(day, "rating", "" if people else topic, outcome="good" if good else "bad")] += 1


def _case(
    counted: Counter[Fact], plan: dict[str, Any], chance: random.Random, day: int, topic: str, language: str
) -> None:
    """What was written while people answered, and how it ended."""
    counted[_fact(day, "message", topic, language, "joined_case")] += chance.randint(0, 2)
    outcome, wait = _pick(chance, plan["outcomes"]), _pick(chance, plan["waits"])
    counted[_fact(day, "case", topic, language, outcome, wait)] += 1
    lesson = _pick(chance, plan["lessons"].get(topic, plan["lessons"]["other"]))
    counted[_fact(day, "lesson", topic, outcome=lesson)] += 1


def _fact(day: int, measure: str, topic: str = "", language: str = "", outcome: str = "", band: str = "") -> Fact:
    return Fact(day, measure, topic, language, outcome, band, demo=True)


def _pick(chance: random.Random, weights: Mapping[str, float]) -> str:
    return chance.choices(list(weights), list(weights.values()))[0]
