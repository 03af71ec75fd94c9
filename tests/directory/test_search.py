"""Near means near: equal to trying every service, and what is open and suitable goes before."""

from __future__ import annotations

import math
import random

import pytest
import sqlalchemy as sa

from helpline import directory
from helpline.db import schema
from helpline.directory.search import LOOK_KM

SOUTH, NORTH, WEST, EAST = 50.75, 53.5, 3.4, 7.2
TUESDAY_NOON = 1_793_703_600
"""2026-11-03 12:00 in the Netherlands, a working day."""


def row(number, kind="health", latitude=52.09, longitude=5.12, **more):
    values = {
        "key": f"t/{number}", "name": f"Service {number}", "kind": kind, "audience": "ask", "town": "Utrecht",
        "latitude": latitude, "longitude": longitude, "hours": "", "retired": False, "updated_at": 0,
        "reviewed_on": "2026-11-01", "review_by": "2027-11-01",
    }  # fmt: skip
    return {**values, **more}


def fill(conn, rows):
    conn.execute(sa.insert(schema.services), rows)


def haversine(one, other):
    (a, b), (c, d) = ((math.radians(x), math.radians(y)) for x, y in (one, other))
    h = math.sin((c - a) / 2) ** 2 + math.cos(a) * math.cos(c) * math.sin((d - b) / 2) ** 2
    return 2 * 6371.0088 * math.asin(math.sqrt(h))


def scattered(chance, count):
    """Services spread over the country, half of them crowded in towns, as in life."""
    towns = [(52.37, 4.89), (51.92, 4.48), (52.09, 5.12), (53.22, 6.57), (50.85, 5.69)]
    rows = []
    for number in range(count):
        if chance.random() < 0.5:
            latitude, longitude = chance.choice(towns)
            latitude, longitude = latitude + chance.gauss(0, 0.02), longitude + chance.gauss(0, 0.03)
        else:
            latitude, longitude = chance.uniform(SOUTH, NORTH), chance.uniform(WEST, EAST)
        kind = chance.choice(directory.kinds())
        rows.append(row(number, kind, latitude, longitude, retired=chance.random() < 0.05))
    return rows


def test_nearest_equals_trying_every_service_from_200_points_for_each_kind(engine):
    chance = random.Random(20261124)
    rows = scattered(chance, 1200)
    with engine.begin() as conn:
        fill(conn, rows)
    points = [(chance.uniform(SOUTH, NORTH), chance.uniform(WEST, EAST)) for _ in range(200)]
    with engine.connect() as conn:
        for kind in directory.kinds():
            living = [one for one in rows if one["kind"] == kind and not one["retired"]]
            for point in points:
                by_hand = sorted((haversine(point, (one["latitude"], one["longitude"])), one["key"]) for one in living)
                expected = [(round(km, 6), key) for km, key in by_hand[:3] if km <= directory.WITHIN_KM]
                found = [(round(one.km, 6), one.entry.key) for one in directory.nearest(conn, kind, *point)]
                assert found == expected


@pytest.mark.parametrize("reach", LOOK_KM)
def test_service_at_the_rim_of_a_box_is_not_missed(engine, reach):
    degrees = (reach - 0.01) / 111.195
    with engine.begin() as conn:
        fill(conn, [row(1, latitude=52.0 + degrees, longitude=5.0)])
        found = directory.nearest(conn, "health", 52.0, 5.0)
    assert [one.entry.key for one in found] == ["t/1"]


def test_nothing_beyond_sixty_km_is_near(engine):
    with engine.begin() as conn:
        fill(conn, [row(1, latitude=52.0 + 61 / 111.195, longitude=5.0)])
        assert directory.nearest(conn, "health", 52.0, 5.0) == []


def test_retired_and_other_kinds_are_never_found(engine):
    with engine.begin() as conn:
        fill(conn, [row(1, retired=True), row(2, kind="food")])
        assert directory.nearest(conn, "health", 52.09, 5.12) == []


def test_open_one_goes_before_a_nearer_closed_one_and_says_why(engine):
    with engine.begin() as conn:
        fill(
            conn,
            [
                row(1, longitude=5.120, hours="Mo-Fr 20:00-21:00"),
                row(2, longitude=5.140, hours="Mo-Fr 09:00-17:00"),
            ],
        )
        merely_near = directory.nearest(conn, "health", 52.09, 5.12)
        best = directory.nearest(conn, "health", 52.09, 5.12, at=TUESDAY_NOON)
    assert [one.entry.key for one in merely_near] == ["t/1", "t/2"]
    assert [(one.entry.key, one.reason) for one in best] == [("t/2", "open"), ("t/1", "near")]


def test_surely_suitable_one_goes_before_a_slightly_nearer_unsure_one(engine):
    with engine.begin() as conn:
        fill(conn, [row(1, longitude=5.12, audience="unknown"), row(2, longitude=5.13, audience="yes")])
        best = directory.nearest(conn, "health", 52.09, 5.12, at=TUESDAY_NOON)
    assert [(one.entry.key, one.reason) for one in best] == [("t/2", "suitable"), ("t/1", "near")]


def test_open_one_in_another_town_does_not_push_the_near_one_away(engine):
    with engine.begin() as conn:
        fill(conn, [row(1, hours="Mo-Fr 20:00-21:00"), row(2, latitude=52.37, longitude=4.89, hours="24/7")])
        best = directory.nearest(conn, "health", 52.09, 5.12, at=TUESDAY_NOON)
    assert best[0].entry.key == "t/1"


def test_facts_past_their_date_are_marked(engine):
    with engine.begin() as conn:
        fill(conn, [row(1, review_by="2026-11-02"), row(2, review_by=None), row(3, review_by="2026-11-03")])
        found = directory.nearest(conn, "health", 52.09, 5.12, at=TUESDAY_NOON)
    assert {one.entry.key: one.expired for one in found} == {"t/1": True, "t/2": True, "t/3": False}


def test_several_kinds_are_searched_together_with_their_handicaps(engine):
    with engine.begin() as conn:
        fill(conn, [row(1, kind="hospital"), row(2, longitude=5.15), row(3, kind="ggd", longitude=5.60)])
        kinds = {"health": 0, "hospital": 8, "ggd": 8}
        found = directory.nearest(conn, kinds, 52.09, 5.12, at=TUESDAY_NOON)
    assert [one.entry.key for one in found] == ["t/2", "t/1", "t/3"]


def test_points_at_the_pole_and_the_date_line_find_nothing_and_do_not_fail(engine):
    with engine.begin() as conn:
        fill(conn, [row(1)])
        for point in ((90, 0), (-90, 180), (0, -180), (89.99, 5)):
            assert directory.nearest(conn, "health", *point) == []


def test_every_question_that_looks_for_a_place_has_kinds_that_exist():
    for intent in ("find_shelter", "find_health_service", "find_food", "find_legal_help", "day_services"):
        assert set(directory.kinds_of_intent(intent)) <= set(directory.kinds())
        assert directory.kinds_of_intent(intent)
    assert directory.kinds_of_intent("greet") == {}
