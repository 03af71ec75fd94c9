"""The months' tables: added up from counts, protected together, and nothing to be had by subtracting them."""

import datetime as dt
import random
from collections import Counter

import pytest

from helpline import clock
from helpline.insights import counting, tables
from helpline.insights.counting import Fact
from helpline.insights.protection import LEAST, bounds

FIRST = dt.date(2026, 9, 1)
TOPICS = [
    "voucher_status",
    "voucher_when",
    "find_food",
    "covid_proof",
    "health_right_to_care",
    "legal_residence",
    "greet",
]
LANGUAGES = ["en", "ar", "fr", "nl", "es", "pt", "ti", "so"]


def facts(number, seed=1):
    """Made-up counts of a month, uneven as in life."""
    chance = random.Random(seed)
    found = Counter()
    for _ in range(number):
        day = counting.day_of(FIRST) + min(29, int(chance.expovariate(1 / 12)))
        topic = TOPICS[min(len(TOPICS) - 1, int(chance.expovariate(1)))]
        language = LANGUAGES[min(len(LANGUAGES) - 1, int(chance.expovariate(0.7)))]
        outcome = chance.choices(["answered", "handed_off", "joined_case", "told"], [70, 20, 8, 2])[0]
        found[Fact(day, "message", topic, language, outcome)] += 1
        if outcome == "answered" and chance.random() < 0.4:
            found[Fact(day, "rating", topic, outcome=chance.choice(["good", "good", "bad"]))] += 1
        if outcome == "handed_off":
            lesson = chance.choice(["human", "missing", "wrong", "misunderstood"])
            found[Fact(day, "case", topic, language, "answered", chance.choice(tables.WAITS))] += 1
            found[Fact(day, "lesson", topic, outcome=lesson)] += 1
    return found


def stored(service, found):
    with service.engine.begin() as conn:
        counting.add(conn, found)


def the_month(service):
    with service.engine.begin() as conn:
        return tables.month(conn, FIRST)


@pytest.mark.parametrize(("number", "seed"), [(40, 1), (300, 2), (300, 3), (2000, 4), (2000, 5)])
def test_subtracting_everything_from_everything_gives_no_small_count_away(service, number, seed):
    stored(service, facts(number, seed))
    month = the_month(service)
    assert all(count == 0 or count >= LEAST for count in month.shown.values())
    rows = tuple((*fact[:-1], count) for fact, count in facts(number, seed).items())
    for make in (tables._messages, tables._cases, tables._ratings, tables._hours):
        cells, sums = make(FIRST, rows)
        held = {cell for cell in cells if cell in month.held_back}
        for cell, (low, high) in bounds(cells, sums, held).items():
            assert high - low >= LEAST - 1e-6, f"{cell}: between {low} and {high}"


def test_what_is_large_is_shown_as_it_is(service):
    day = counting.day_of(FIRST) + 2
    found = Counter({
        Fact(day, "message", "covid_proof", "en", "answered"): 25,
        Fact(day, "message", "covid_proof", "en", "handed_off"): 12,
        Fact(day + 9, "message", "voucher_when", "ar", "answered"): 31,
        Fact(day + 9, "message", "voucher_when", "ar", "told"): 11,
    })  # fmt: skip
    stored(service, found)
    month = the_month(service)
    assert month.get("all") == 79
    assert month.get("topic", "covid_proof") == 37 and month.get("topic", "covid_proof", "people") == 12
    assert month.of("week") == {1: 37, 2: 42} and month.of("day") == {day: 37, day + 9: 42}
    assert month.get("topic", "find_food") == 0


def test_few_speakers_are_counted_as_other_languages(service):
    day = counting.day_of(FIRST)
    found = Counter({
        Fact(day, "message", "find_food", "en", "answered"): 60,
        Fact(day, "message", "find_food", "ti", "answered"): 6,
        Fact(day, "message", "find_food", "so", "answered"): 7,
    })  # fmt: skip
    stored(service, found)
    assert the_month(service).of("language") == {"en": 60, "other": 13}


def test_demo_counts_are_never_mixed_with_real_ones(service):
    day = counting.day_of(FIRST)
    stored(service, Counter({Fact(day, "message", "find_food", "en", "answered", demo=True): 500}))
    with service.engine.begin() as conn:
        assert tables.month(conn, FIRST).get("all") == 0 and tables.month(conn, FIRST, demo=True).get("all") == 500
        assert tables.has_demo(conn) and tables.months(conn) == [] and tables.months(conn, demo=True) == [FIRST]


def test_every_intent_has_a_group():
    assert tables.group_of()["covid_proof"] == "covid" and tables.group_of()["voucher_status"] == "voucher"
    assert len(set(tables.group_of().values())) < 12


def test_what_was_asked_lately_is_of_whole_months_and_never_small(service):
    today = clock.today()
    before = today.replace(day=1) - dt.timedelta(days=1)
    stored(service, Counter({
        Fact(counting.day_of(today), "message", "covid_proof", "en", "answered"): 25,
        Fact(counting.day_of(before), "message", "covid_proof", "en", "answered"): 30,
        Fact(counting.day_of(before), "message", "find_food", "en", "answered"): 4,
        Fact(counting.day_of(before), "message", "find_shelter", "en", "answered"): 14,
    }))  # fmt: skip
    with service.engine.connect() as conn:
        assert tables.asked(conn, "covid_proof", days=1) == 25
        assert tables.asked(conn, "covid_proof", days=today.day + 1) == 55
        assert tables.asked(conn, "find_food", days=today.day + 1) is None
        assert tables.asked(conn, "voucher_status") == 0


def test_a_week_that_began_in_another_month_makes_no_month(service):
    stored(service, Counter({Fact(counting.day_of(FIRST) - 1, "hour", band="12"): 40}))
    with service.engine.connect() as conn:
        assert tables.months(conn) == []


def test_share_helped_is_of_each_topic_and_only_where_both_counts_are_shown(service):
    day = counting.day_of(FIRST)
    stored(service, Counter({
        Fact(day, "rating", "find_food", outcome="good"): 30,
        Fact(day, "rating", "find_food", outcome="bad"): 10,
        Fact(day, "rating", "covid_proof", outcome="good"): 25,
        Fact(day, "rating", "covid_proof", outcome="bad"): 4,
        Fact(day, "rating", "voucher_when", outcome="good"): 12,
        Fact(day, "rating", "voucher_when", outcome="bad"): 20,
        Fact(day, "rating", "", outcome="good"): 40,
    }))  # fmt: skip
    month = the_month(service)
    told = tables.helped([month])
    assert told["covid_proof"] is None and "" not in told and "legal_residence" not in told
    assert month.get("rating", "good") == 107 and month.get("rating", "bad") == 34
    shown = {topic: share for topic, share in told.items() if share is not None}
    assert shown and shown.items() <= {"find_food": 75, "voucher_when": 38}.items()
