"""121 fails in the middle of voucher conversations of the real processes: no doubt is told as a state."""

from __future__ import annotations

import pytest

from helpline import content
from helpline.db import schema
from tests.conftest import count
from tests.faults import platform as scripted
from tests.faults.conftest import LONG, phones

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("service")]
PEOPLE = 10 if LONG else 3


def answers_to(rig, people):
    """What each of them read, all messages together, since they wrote last."""
    read = dict.fromkeys(people, "")
    for call in rig.graph.calls:
        payload = call["payload"]
        if payload.get("to", "").lstrip("+") in read:
            said = payload.get("text") or payload.get("interactive", {}).get("body") or {}
            read[payload["to"].lstrip("+")] += said.get("body", said.get("text", "")) + "\n"
    return read


def ask(rig, people):
    for one in people:
        answer = rig.phone.post(f"/phone/{one}/text", json={"text": scripted.QUESTION})
        rig.sent[one].append(answer.get_json()["id"])
    rig.settle()
    rig.count().assert_good()
    return answers_to(rig, people)


@pytest.fixture
def texts():
    answers = content.Answers(None)
    return {name: answers.get(f"utter_voucher_{name}", "en").text for name in ("cannot_check", "not_found")}


FAULTS = ("everybody", "500", "slow", "down")
"""Foreign rows; a server that fails; one that hangs; one that hangs up. The last three open the circuit."""


def test_whatever_121_does_everybody_reads_their_own_state_or_that_it_cannot_be_checked(rig, platform121, texts):
    groups = [phones(20 + place, PEOPLE) for place in range(len(FAULTS) + 1)]
    scripted.enrol(platform121, [one for group in groups for one in group])
    well, *unwell = groups
    # A token that is revoked between two questions is renewed, and nobody notices.
    assert all(scripted.OWN in read for read in ask(rig, well[:1]).values())
    platform121.tokens.clear()
    assert all(scripted.OWN in read for read in ask(rig, well[1:]).values())
    assert platform121.paths().count("POST /users/login") >= 2
    platform121.delay = 30
    for fault, people in zip(FAULTS, unwell, strict=True):
        platform121.fault = fault
        for one, read in ask(rig, people).items():
            assert texts["cannot_check"] in read, (fault, one)
            assert scripted.OWN not in read and texts["not_found"] not in read, fault
    platform121.fault, platform121.delay = None, 0.0
    assert all(scripted.FOREIGN not in read for group in groups for read in answers_to(rig, group).values())


def test_assistant_that_hangs_hands_each_person_to_people_once_and_says_so_once(rig, platform121):
    people = phones(29, PEOPLE)
    scripted.enrol(platform121, people)
    before = count(rig.engine, schema.cases)
    rig.processes["actions"].freeze()
    try:
        read = ask(rig, people)  # waits until nothing is pending: the deadline has passed
    finally:
        rig.processes["actions"].thaw()
    assert count(rig.engine, schema.cases) - before == PEOPLE
    told = [call["payload"]["to"].lstrip("+") for call in rig.graph.calls if call["payload"].get("to")]
    assert [told.count(one) for one in people] == [1] * PEOPLE
    assert all(scripted.OWN not in one for one in read.values())


def test_token_that_is_taken_away_for_good_says_so_and_asks_no_more(rig, platform121, texts):
    people = phones(30, PEOPLE)
    scripted.enrol(platform121, people)
    platform121.fault, platform121.fault_on = "401", "login"
    platform121.tokens.clear()
    before = len(platform121.asked)
    assert all(texts["cannot_check"] in read for read in ask(rig, people).values())
    assert len(platform121.asked) - before <= 2 * PEOPLE
    platform121.fault, platform121.fault_on = None, "registrations"
