"""Real processes, two of each: whatever is killed, stopped or refused, every message comes to a good end, once."""

from __future__ import annotations

import random

import pytest

from helpline.db import schema
from tests.conftest import count, wait_until
from tests.faults.conftest import LONG, ROUNDS, pause, phones

# In one group with the journeys: both train the model if it is not there.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("service")]
PEOPLE = 40 if LONG else 12


def test_two_of_each_share_the_work_and_one_of_each_is_killed(rig):
    people = phones(1, 2 * PEOPLE)
    rig.write(people, 2)
    wait_until(lambda: len(rig.graph.calls) > PEOPLE // 2, 60, "the first answers")
    dead = [rig.processes[name] for name in ("channel1", "worker1", "console1")]
    for process in dead:
        process.kill()
    rig.write(people, 1)
    rig.settle()
    rig.count().assert_good()
    assert rig.processes["console2"].ready()
    for process in dead:
        process.start()  # and be ready in time for the end of the next test


def test_whatever_is_killed_at_a_random_moment_loses_nothing_and_repeats_nothing(rig):
    chance = random.Random(7)
    people = phones(2, PEOPLE)
    names = ["worker2", "actions", "console2"] if not LONG else sorted(rig.processes)
    for number in range(ROUNDS):
        victim = rig.processes[names[number % len(names)]]
        rig.write(people, 1)
        pause(chance.random())
        victim.kill()
        victim.start()
        if victim.kind == "channel":
            wait_until(victim.ready, 120, "the channel")
    rig.settle(60 + 20 * ROUNDS)
    rig.count().assert_good()
    rig.wait_ready()


def test_database_that_stops_is_waited_for(rig, database):
    people = phones(3, PEOPLE)
    rig.write(people, 1)
    pause(0.3)
    database.stop()
    rig.write(people, 1)
    pause(30 if LONG else 2)
    health = rig.processes["channel2"].health()
    assert health is not None and (health["alive"], health["ready"], health["database"]) == (True, False, False)
    database.start()
    rig.settle()
    rig.count().assert_good()
    rig.wait_ready()


def test_redis_that_stops_costs_nothing(rig, locks):
    locks.stop()
    rig.write(phones(4, PEOPLE), 2)
    rig.settle()
    locks.start()
    rig.count().assert_good()


FAULTS = [
    {"status": 500},
    {"code": 131056},
    {"code": 130429},
    {"status": 503},
    {"drop": True},
    {"code": 131000, "late": True},
    {"code": 2, "status": 500},
]


def test_refusals_outages_and_lost_answers_of_whatsapp_are_waited_out(rig):
    people = phones(5, PEOPLE)
    rig.graph.faults.extend(
        FAULTS * (5 if LONG else 1) + ([{"hang": 25}, {"status": 401, "code": 190}] if LONG else [])
    )
    rig.write(people, 1)
    rig.settle(240)
    counted = rig.count()
    counted.assert_good()
    assert not rig.graph.faults
    assert counted.repeated <= 2 * len(FAULTS)


def test_webhooks_that_come_twice_are_one_message(rig):
    posted = []
    theirs = rig.poster.post_raw

    def twice(lane, raw, then=None):
        posted.append(raw)
        theirs(lane, raw, then)
        theirs(f"{lane} again", raw)

    rig.poster.post_raw = twice
    try:
        rig.write(phones(6, PEOPLE), 2)
        rig.settle()
    finally:
        rig.poster.post_raw = theirs
    rig.count().assert_good()
    assert len(posted) >= 2 * PEOPLE
    assert count(rig.engine, schema.inbox) == sum(len(ids) for ids in rig.sent.values())


def test_nothing_of_a_message_or_a_number_stands_in_any_log(rig):
    written = "\n".join(process.log.read_text(errors="replace") for process in rig.processes.values())
    for secret in ("voucher come", "toothache", "food card", *phones(1, 3), *phones(5, 3), "faults-only"):
        assert secret not in written
