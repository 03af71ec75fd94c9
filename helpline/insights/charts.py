"""The charts of a span of months, as numbers and keys: drawn by the console's page, pictures, spreadsheets and report.

A bar without a value is one that may not be shown; a chart never shows a remainder from which it could be had.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from helpline.insights import tables
from helpline.insights.counting import BANDS, date_of
from helpline.insights.tables import Month

TOPICS = 12
"""Bars a reader can take in."""
GROUPS = ("voucher", "vouchers", "health", "covid", "shelter", "food_money", "legal_rights", "emergency", "meta",
          "dialogue", "places", tables.OTHER)  # fmt: skip
ROUND = (10, 12, 16, 20, 24, 30, 40, 50, 60, 80, 100)
"""Tenths at which an axis may end: halves of these are round too."""
NOT_QUESTIONS = frozenset({"dialogue", "meta", tables.OTHER})
"""Groups that are talk about the talk: greetings, thanks, the menu."""


@dataclass(frozen=True)
class Bar:
    """One bar or point. `name` is a key for words of its kind: a topic, a language, a date, ..."""

    name: str
    value: int | None
    parts: tuple[tuple[str, int | None], ...] = ()
    """What the value is made of, where that may be shown."""


@dataclass(frozen=True)
class Chart:
    """One chart: `bars` across, or `lines` over time."""

    key: str
    names: str
    """What the bars' names are: day, month, week, topic, group, language, wait, lesson, rating, hour or outcome."""
    bars: tuple[Bar, ...]
    shape: str = "bars"
    """bars (lying), columns (standing) or lines (one for each part)."""
    unit: str = ""
    """`share` for hundredths, else a count."""

    @property
    def most(self) -> int:
        """The largest value, at least 1."""
        values = [bar.value for bar in self.bars] + [value for bar in self.bars for _, value in bar.parts]
        return max([1, *(value for value in values if value)])

    @property
    def top(self) -> int:
        """Where the axis ends: a round number above the largest value."""
        if self.unit == "share":
            return 100
        step = int(10 ** max(1, len(str(self.most)) - 1))
        return next(step * tenth // 10 for tenth in ROUND if step * tenth // 10 >= self.most)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to see."""
        return not any(bar.value or any(value for _, value in bar.parts) for bar in self.bars)


def charts(months: Sequence[Month], before: Sequence[Month] = (), *, alarming: bool = False) -> list[Chart]:
    """Every chart of a span of one or more months, oldest first; `before` are the months that led up to it.

    `alarming`: with emergencies, police and detention, for coordinators; a sudden peak could betray a raid (DNH-42).
    """
    made = [
        volume(months), topics(months), over_time([*before, *months], months), languages(months),
        answered([*before, *months]), waits(months), lacking(months), vouchers(months), ratings(months), hours(months),
        how_cases_ended(months),
    ]  # fmt: skip
    made = made if alarming else [_without_alarm(chart) for chart in made]
    return [chart for chart in made if not chart.empty]


def is_alarming(name: str) -> bool:
    """Whether a topic or group is for coordinators only."""
    return name == "emergency" or name.startswith("emergency_") or "police" in name or "detention" in name


def _without_alarm(chart: Chart) -> Chart:
    if chart.names == "topic":
        return replace(chart, bars=tuple(bar for bar in chart.bars if not is_alarming(bar.name)))
    kept = tuple(
        replace(bar, parts=tuple(part for part in bar.parts if not is_alarming(part[0]))) for bar in chart.bars
    )
    return replace(chart, bars=kept)


def total(months: Iterable[Month], *cell: object) -> int | None:
    """The sum over the months of what they show; None when none shows it."""
    values = [month.get(*cell) for month in months]
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def volume(months: Sequence[Month]) -> Chart:
    """Messages per day of one month, or per month of several."""
    if len(months) > 1:
        return Chart("volume", "month", tuple(Bar(_month(one), one.get("all")) for one in months), "columns")
    days = sorted(months[0].of("day").items()) if months else []
    return Chart("volume", "day", tuple(Bar(date_of(day).isoformat(), value) for day, value in days), "columns")


def topics(months: Sequence[Month]) -> Chart:
    """What people ask about, most first; how much of it the assistant answered and how much people did."""
    bars = []
    for topic in _names(months, "topic"):
        if not topic or topic == "out_of_scope" or tables.group_of().get(topic, tables.OTHER) in NOT_QUESTIONS:
            continue
        parts = tuple((one, total(months, "topic", topic, one)) for one in ("answered", "people"))
        bars.append(Bar(topic, total(months, "topic", topic), parts))
    return Chart("topics", "topic", tuple(_largest(bars, TOPICS)))


def over_time(all_months: Sequence[Month], chosen: Sequence[Month]) -> Chart:
    """Groups of topics, month by month; of a single month week by week."""
    groups = [one for one in GROUPS if one not in NOT_QUESTIONS and one in _names(all_months, "group")]
    if len(all_months) > 1:
        points = [
            Bar(_month(one), None, tuple((group, one.get("group", group)) for group in groups)) for one in all_months
        ]
        return Chart("over_time", "month", tuple(points), "lines")
    weeks = sorted(chosen[0].of("week")) if chosen else []
    points = [
        Bar(f"{week}", None, tuple((group, chosen[0].get("week", week, group)) for group in groups)) for week in weeks
    ]
    return Chart("over_time", "week", tuple(points), "lines")


def languages(months: Sequence[Month]) -> Chart:
    """Languages people write in."""
    bars = [Bar(name, total(months, "language", name)) for name in _names(months, "language") if name]
    return Chart("languages", "language", tuple(_largest(bars, TOPICS)))


def answered(all_months: Sequence[Month]) -> Chart:
    """The share of messages that the assistant answered, in hundredths, month by month."""
    bars = []
    for one in all_months:
        alone, people = one.get("outcome", "answered"), one.get("outcome", "people")
        known = alone is not None and people is not None and alone + people > 0
        bars.append(Bar(_month(one), round(100 * alone / (alone + people)) if known else None))  # type: ignore[operator]
    return Chart("answered", "month", tuple(bars), "columns", unit="share")


def waits(months: Sequence[Month]) -> Chart:
    """How long people waited for a person's first word."""
    order = (*(name for _, name in BANDS), "more", "none")
    return Chart("waits", "wait", tuple(Bar(band, total(months, "wait", band) or None) for band in order))


def lacking(months: Sequence[Month]) -> Chart:
    """What a person had to answer because the answers lack it, or are wrong: by topic."""
    bars = []
    for topic in _names(months, "case_topic"):
        parts = tuple((why, total(months, "lesson", why, topic)) for why in ("missing", "wrong", "misunderstood"))
        shown = [value for _, value in parts if value]
        if topic and shown:
            bars.append(Bar(topic, sum(shown), parts))
    return Chart("lacking", "topic", tuple(_largest(bars, TOPICS)))


def vouchers(months: Sequence[Month]) -> Chart:
    """Questions and complaints about vouchers, by what they are about."""
    named = [one for one in _names(months, "topic") if tables.group_of().get(one, "").startswith("voucher")]
    return Chart("vouchers", "topic", tuple(_largest([Bar(one, total(months, "topic", one)) for one in named], TOPICS)))


def ratings(months: Sequence[Month]) -> Chart:
    """What people tapped when asked whether they were helped."""
    return Chart("ratings", "rating", tuple(Bar(one, total(months, "rating", one)) for one in ("good", "bad")))


def hours(months: Sequence[Month]) -> Chart:
    """When people write, by hour, over whole weeks."""
    bars = [Bar(f"{hour:02}", total(months, "hour", f"{hour:02}")) for hour in range(24)]
    return Chart("hours", "hour", tuple(bars), "columns")


def how_cases_ended(months: Sequence[Month]) -> Chart:
    """How the cases that people closed ended."""
    bars = [Bar(name, total(months, "case_outcome", name)) for name in _names(months, "case_outcome") if name]
    return Chart("case_outcomes", "case_outcome", tuple(_largest(bars, TOPICS)))


def asked(months: Sequence[Month], topic: str) -> int | None:
    """How often people asked about something in these months, as far as it may be said."""
    return total(months, "topic", topic)


def _largest(bars: Sequence[Bar], most: int) -> list[Bar]:
    shown = [bar for bar in bars if bar.value]
    return sorted(shown, key=lambda bar: (-(bar.value or 0), bar.name))[:most]


def _names(months: Sequence[Month], table: str) -> list[str]:
    return sorted({str(name) for month in months for name in month.of(table)})


def _month(one: Month) -> str:
    return one.first.isoformat()


def span(first: dt.date, count: int) -> list[dt.date]:
    """The first days of `count` months, the last of which is `first`; oldest first."""
    found = [first.replace(day=1)]
    while len(found) < count:
        found.append((found[-1] - dt.timedelta(days=1)).replace(day=1))
    return sorted(found)
