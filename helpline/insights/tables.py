"""What is shown: for each month a few tables of counts, protected together; everything else is added up from these.

Longer spans are sums of what the months show, and weeks and days lie inside their month, so no two answers can be
subtracted to learn what one month hides. The weeks of a month are its days 1-7, 8-14, 15-21, 22-28 and the rest.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import yaml
from sqlalchemy.engine import Connection

from helpline import clock
from helpline.content import DATA
from helpline.db.schema import insights
from helpline.insights.counting import BANDS, date_of, day_of
from helpline.insights.protection import LEAST, Cell, Sum, hidden

OUTCOMES = {"answered": "answered", "handed_off": "people"}
"""How outcomes of messages are shown; what is written within a talk with a person, and fixed lines, are `other`."""
SHOWN_OUTCOMES = ("answered", "people", "other")
WAITS = (*(name for _, name in BANDS), "more", "none")
OTHER = "other"
DAYS_OF_WEEK = 7


@dataclass(frozen=True)
class Month:
    """The tables of one month. A cell is a tuple that begins with its table's name: `("topic", "find_food")`,
    `("topic", "find_food", "answered")`, `("language", …)`, `("group", …)`, `("week", 2, "voucher")`, `("day", 20417)`,
    `("outcome", …)`, `("all",)`; `("case_topic", …)`, `("case_outcome", …)`, `("wait", band)`, `("lesson", why)`,
    `("lesson", why, topic)`, `("cases",)`; `("rating", "good")`, `("rating", "good", topic)`, `("ratings",)`;
    `("hour", "14")`.
    """

    first: dt.date
    shown: Mapping[Cell, int]
    held_back: frozenset[Cell]

    def get(self, *cell: Any) -> int | None:
        """A count; None where it is not shown, 0 where there was nothing."""
        return None if cell in self.held_back else self.shown.get(cell, 0)

    def of(self, table: str, length: int = 2) -> dict[Any, int | None]:
        """The cells of a table with one key (or with `length - 1` keys), those held back as None."""
        known: dict[Any, int | None] = {}
        for cell in (*self.shown, *self.held_back):
            if isinstance(cell, tuple) and cell[0] == table and len(cell) == length:
                known[cell[1] if length == 2 else cell[1:]] = self.get(*cell)
        return known


def month(conn: Connection, first: dt.date, *, demo: bool = False) -> Month:
    """The tables of the month that begins on `first`."""
    first = first.replace(day=1)
    begins, ends = day_of(first), day_of(_next(first))
    inside = (insights.c.day >= begins, insights.c.day < ends, insights.c.demo == demo)
    columns = ("day", "measure", "topic", "language", "outcome", "band", "count")
    rows = conn.execute(sa.select(*(insights.c[name] for name in columns)).where(*inside))
    return _protected(first, tuple(sorted(tuple(row) for row in rows)))


def months(conn: Connection, *, demo: bool = False) -> list[dt.date]:
    """The months of which there is anything, oldest first."""
    # Hours are counted on the first day of their week, which may be in a month that has nothing else.
    known = sa.select(insights.c.day).where(insights.c.demo == demo, insights.c.measure != "hour")
    days = conn.execute(known.distinct()).scalars()
    return sorted({date_of(day).replace(day=1) for day in days})


def asked(conn: Connection, intent: str, days: int = 30) -> int | None:
    """How often people asked about something lately; None where it may not be said."""
    return all_asked(conn, days).get(intent, 0)


def all_asked(conn: Connection, days: int = 30, outcome: str = "") -> dict[str, int | None]:
    """How often people asked about each topic in the months that hold the last `days` days; None where held back.

    With an outcome, one of SHOWN_OUTCOMES, only what ended so. Whole months only, as everywhere: a span of any days
    could be subtracted from one that begins a day later.
    """
    told: dict[str, int | None] = {}
    for counts in lately(conn, days):
        ended = {topic: count for (topic, end), count in counts.of("topic", 3).items() if end == outcome}
        for topic, count in (ended if outcome else counts.of("topic")).items():
            known = [one for one in (told.get(topic), count) if one is not None]
            told[topic] = sum(known) if known else None
    return told


def lately(conn: Connection, days: int = 30) -> list[Month]:
    """The months that hold the last `days` days."""
    first = (clock.today() - dt.timedelta(days=days - 1)).replace(day=1)
    found = []
    while first <= clock.today():
        found.append(month(conn, first))
        first = _next(first)
    return found


def helped(over: Iterable[Month]) -> dict[str, int | None]:
    """Of those who tapped after an answer, how many in a hundred said that it helped, by topic; None where held back.

    From the months that show both counts of a topic, so that no share leans to one side.
    """
    taps: dict[str, list[tuple[int, int]]] = {}
    for one in over:
        for topic in {topic for _, topic in one.of("rating", 3) if topic}:
            good, bad = one.get("rating", "good", topic), one.get("rating", "bad", topic)
            if (good, bad) != (0, 0):
                taps.setdefault(topic, []).extend([(good, bad)] if good is not None and bad is not None else [])
    return {topic: _share(pairs) for topic, pairs in taps.items()}


def has_demo(conn: Connection) -> bool:
    """Whether made-up counts are here."""
    return conn.execute(sa.select(insights.c.id).where(insights.c.demo).limit(1)).first() is not None


@lru_cache(maxsize=64)
def _protected(first: dt.date, rows: tuple[tuple[Any, ...], ...]) -> Month:
    counts: dict[Cell, int] = {}
    held: set[Cell] = set()
    for make in (_messages, _cases, _ratings, _hours):
        cells, sums = make(first, rows)
        counts.update(cells)
        held |= hidden(cells, sums)
    return Month(first, {cell: count for cell, count in counts.items() if cell not in held}, frozenset(held))


def _messages(first: dt.date, rows: Iterable[tuple[Any, ...]]) -> tuple[dict[Cell, int], list[Sum]]:
    found: Counter[tuple[int, str, str, str]] = Counter()
    for day, measure, topic, language, outcome, _, count in rows:
        if measure == "message":
            found[day, topic, language, OUTCOMES.get(outcome, OTHER)] += count
    spoken = Counter[str]()
    for (_, _, language, _), count in found.items():
        spoken[language] += count
    cells: Counter[Cell] = Counter()
    groups = group_of()
    for (day, topic, language, outcome), count in found.items():
        said_in = language if spoken[language] >= LEAST else OTHER
        group, week = groups.get(topic, OTHER), (day - day_of(first)) // DAYS_OF_WEEK + 1
        for cell in (
            ("topic", topic, outcome), ("topic", topic), ("language", said_in, outcome), ("language", said_in),
            ("outcome", outcome), ("group", group), ("week", week, group), ("week", week), ("day", day), ("all",),
        ):  # fmt: skip
            cells[cell] += count
    topics, languages = _keys(cells, "topic", 2), _keys(cells, "language", 2)
    there, weeks, days = _keys(cells, "group", 2), _keys(cells, "week", 2), _keys(cells, "day", 2)
    sums = [Sum(tuple(("outcome", one) for one in SHOWN_OUTCOMES), ("all",))]
    for table, names in (("topic", topics), ("language", languages)):
        sums += [Sum(tuple((table, name, one) for one in SHOWN_OUTCOMES), (table, name)) for name in names]
        sums += [Sum(tuple((table, name, one) for name in names), ("outcome", one)) for one in SHOWN_OUTCOMES]
    for group in there:
        sums.append(Sum(tuple(("topic", one) for one in topics if groups.get(one, OTHER) == group), ("group", group)))
        sums.append(Sum(tuple(("week", week, group) for week in weeks), ("group", group)))
    for week in weeks:
        sums.append(Sum(tuple(("week", week, group) for group in there), ("week", week)))
        inside = [day for day in days if (day - day_of(first)) // DAYS_OF_WEEK + 1 == week]
        sums.append(Sum(tuple(("day", day) for day in inside), ("week", week)))
    return _complete(cells, sums), sums


def _cases(_first: dt.date, rows: Iterable[tuple[Any, ...]]) -> tuple[dict[Cell, int], list[Sum]]:
    cells: Counter[Cell] = Counter()
    for _, measure, topic, _, outcome, band, count in rows:
        if measure == "case":
            for cell in (("case_topic", topic), ("case_outcome", outcome), ("wait", band), ("cases",)):
                cells[cell] += count
        elif measure == "lesson":
            cells["lesson", outcome] += count
            cells["lesson", outcome, topic] += count
    why = _keys(cells, "lesson", 2)
    learned = sum(cells["lesson", one] for one in why)
    cells["lesson", ""] = max(0, cells["cases",] - learned)
    sums = [
        Sum(tuple((table, one) for one in _keys(cells, table, 2)), ("cases",))
        for table in ("case_topic", "case_outcome", "wait", "lesson")
    ]
    if learned > cells["cases",]:
        sums.pop()  # a lesson is counted when its case is; a cut between them is no reason to fail
    for one in why:
        topics = [cell[2] for cell in cells if isinstance(cell, tuple) and cell[:2] == ("lesson", one) and cell[2:]]
        sums.append(Sum(tuple(("lesson", one, topic) for topic in topics), ("lesson", one)))
    return _complete(cells, sums), sums


def _ratings(_first: dt.date, rows: Iterable[tuple[Any, ...]]) -> tuple[dict[Cell, int], list[Sum]]:
    cells: Counter[Cell] = Counter()
    for _, measure, topic, _, outcome, _, count in rows:
        if measure == "rating":
            for cell in (("rating", outcome, topic), ("rating", outcome), ("ratings",)):
                cells[cell] += count
    said = _keys(cells, "rating", 2)
    topics = sorted({cell[2] for cell in cells if isinstance(cell, tuple) and len(cell) == len(("rating", "", ""))})
    sums = [Sum(tuple(("rating", one) for one in said), ("ratings",))] if cells else []
    sums += [Sum(tuple(("rating", one, topic) for topic in topics), ("rating", one)) for one in said]
    return _complete(cells, sums), sums


def _hours(_first: dt.date, rows: Iterable[tuple[Any, ...]]) -> tuple[dict[Cell, int], list[Sum]]:
    """Hours of whole weeks only, those that begin in the month."""
    cells: Counter[Cell] = Counter()
    for _, measure, _, _, _, band, count in rows:
        if measure == "hour":
            cells["hour", band] += count
            cells["hours",] += count
    sums = [Sum(tuple(("hour", one) for one in _keys(cells, "hour", 2)), ("hours",))] if cells else []
    return _complete(cells, sums), sums


def _keys(cells: Mapping[Cell, int], table: str, length: int) -> list[Any]:
    return sorted({cell[1] for cell in cells if isinstance(cell, tuple) and cell[0] == table and len(cell) == length})


def _complete(cells: Counter[Cell], sums: list[Sum]) -> dict[Cell, int]:
    """Cells that are part of a sum and did not occur are noughts."""
    return {**{cell: 0 for one in sums for cell in (*one.parts, one.total)}, **cells}


@lru_cache(maxsize=1)
def group_of() -> dict[str, str]:
    """The group of each intent: the folder its starter examples are in (voucher, health, shelter, …)."""
    found = {}
    for path in sorted(Path(DATA).glob("*/examples.en.yml")):
        body = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
        found.update({one["intent"]: path.parent.name for one in body["nlu"] if "intent" in one})
    return found


def _share(pairs: list[tuple[int, int]]) -> int | None:
    good, bad = (sum(pair[at] for pair in pairs) for at in (0, 1))
    return round(100 * good / (good + bad)) if pairs else None


def _next(first: dt.date) -> dt.date:
    return (first + dt.timedelta(days=32)).replace(day=1)
