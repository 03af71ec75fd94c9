"""The report names exactly what a release changes, in figures, golden questions and messages."""

import numpy as np
import pytest

from helpline.nlu.examples import Example
from helpline.nlu.progress import Folds
from helpline.nlu.thresholds import ANSWER, HANDOFF
from helpline.nlu.understand import Outcome
from helpline.releases import golden, report
from helpline.releases.golden import Golden
from helpline.releases.report import Message
from helpline.releases.snapshot import Snapshot

ROWS = [(f"question {i}", "find_food" if i % 2 else "find_shelter", "en" if i < 80 else "nl") for i in range(160)]


class Says:
    """A model that has learnt sentences by heart: what is asked of the report, not of the classifier."""

    def __init__(self, **meanings: str) -> None:
        self.meanings = meanings
        self.thresholds = {"*": type("T", (), {"answer": 0.7})()}


def judged(model, text, code, _chances) -> Outcome:
    meant = model.meanings.get(text.replace(" ", "_"), "")
    emergency = meant.removeprefix("emergency_") if meant.startswith("emergency_") else None
    ranking = ((meant or "find_food", 0.9 if meant else 0.3),)
    return Outcome(ANSWER if meant else HANDOFF, ranking[0][0], ranking, ranking[0][1], code, emergency, False)


@pytest.fixture(autouse=True)
def by_heart(monkeypatch):
    monkeypatch.setattr(report, "judge", judged)


def made(new, old, *, goldens=(), messages=(), old_report=None, folds=None):
    taken = Snapshot(tuple(Example(*row) for row in ROWS))
    return report.make(
        new, taken, folds, old=old, before=taken, old_report=old_report, goldens=goldens, messages=messages
    )


def folds(wrong: int, code_wrong: str = "nl") -> Folds:
    """Every example read once; the first `wrong` of a language are read as the other topic."""
    first = np.array([row[1] for row in sorted(ROWS)])
    left = wrong
    for place, (_, intent, code) in enumerate(sorted(ROWS)):
        if code == code_wrong and left:
            first[place] = "find_food" if intent == "find_shelter" else "find_shelter"
            left -= 1
    everything = np.arange(len(ROWS))
    return Folds(everything, first, np.full(len(ROWS), 0.9, np.float32), np.zeros(len(ROWS), bool))


def test_exactly_the_seven_messages_that_change_are_shown():
    same = [Message(f"same {i}", "en") for i in range(20)]
    changed = [Message(f"moved {i}", "en") for i in range(3)]
    lost, won = [Message(f"lost {i}", "en") for i in range(2)], [Message(f"won {i}", "en") for i in range(2)]
    old = Says(**{f"same_{i}": "find_food" for i in range(20)}, **{f"moved_{i}": "find_food" for i in range(3)},
               lost_0="find_food", lost_1="find_food")  # fmt: skip
    new = Says(**{f"same_{i}": "find_food" for i in range(20)}, **{f"moved_{i}": "find_shelter" for i in range(3)},
               won_0="find_food", won_1="find_shelter")  # fmt: skip
    replay = made(new, old, messages=[*same, *changed, *lost, *won])["replay"]
    assert replay["messages"] == 27
    assert replay["counts"] == {"other": 3, "to_people": 2, "from_people": 2}
    assert {one["text"] for one in replay["other"]} == {"moved 0", "moved 1", "moved 2"}
    assert {(one["before"], one["after"]) for one in replay["other"]} == {("find_food", "find_shelter")}
    assert {one["text"] for one in replay["to_people"]} == {"lost 0", "lost 1"}
    assert {one["text"] for one in replay["from_people"]} == {"won 0", "won 1"}


def test_same_message_eighty_times_is_one_line():
    old, new = Says(hello="find_food"), Says()
    replay = made(new, old, messages=[Message("hello", "en")] * 80)["replay"]
    assert [(one["text"], one["times"]) for one in replay["to_people"]] == [("hello", 80)]
    assert replay["counts"]["to_people"] == 80


GOLDENS = [
    Golden("help me", "en", "emergency_medical", "emergency"),
    Golden("food", "en", "find_food", "must"),
    Golden("a bed", "en", "find_shelter", "should"),
    Golden("a roof", "en", "find_shelter", "must", "Noor: no longer asked, 2026"),
]
KNOWS = {"help_me": "emergency_medical", "food": "find_food", "a_bed": "find_shelter", "a_roof": "find_shelter"}


def test_lost_emergency_and_lost_must_answer_forbid_one_person_alone():
    found = made(Says(), Says(**KNOWS), goldens=GOLDENS)
    assert len(found["golden"]["lost"]) == 4
    assert [(one["kind"], one["text"]) for one in found["losses"]] == [("emergency", "help me"), ("must", "food")]


def test_question_that_failed_before_is_no_loss():
    found = made(Says(), Says(), goldens=GOLDENS)
    assert (found["golden"]["lost"], found["losses"]) == ([], [])
    assert len(found["golden"]["failing"]) == 4


def test_without_a_live_model_a_failing_emergency_is_a_loss():
    assert [one["kind"] for one in made(Says(), None, goldens=GOLDENS)["losses"]] == ["emergency", "must"]


def test_question_that_is_understood_now_is_named_as_won():
    found = made(Says(**KNOWS), Says(), goldens=GOLDENS)
    assert [one["text"] for one in found["golden"]["won"]] == ["help me", "food", "a bed", "a roof"]
    assert found["losses"] == []


def test_golden_of_a_merged_topic_is_kept_by_the_topic_it_became():
    outcome = judged(Says(food="daily_help"), "food", "en", {})
    assert GOLDENS[1].holds(outcome, {"find_food": "daily_help"})
    assert not GOLDENS[1].holds(outcome)


def test_figures_are_per_language_with_intervals():
    languages = made(Says(), None, folds=folds(wrong=20))["languages"]
    assert languages["en"]["right"][0] == 1.0
    share, low, high = languages["nl"]["right"]
    assert (share, low < share < high) == (0.75, True)
    assert languages["nl"]["wrong"][0] == 0.25
    assert languages["all"]["messages"] == 160


def test_language_that_falls_below_the_interval_forbids_one_person_alone():
    before = made(Says(), None, folds=folds(wrong=4))
    after = made(Says(), None, folds=folds(wrong=20), old_report=before)
    assert [(one["kind"], one["language"]) for one in after["losses"]] == [("language", "nl"), ("language", "all")]
    assert made(Says(), None, folds=folds(wrong=6), old_report=before)["losses"] == []


def test_commonest_confusions_come_first_with_their_messages():
    pairs = made(Says(), None, folds=folds(wrong=5))["confusions"]
    assert {(one["meant"], one["seen"]) for one in pairs} == {
        ("find_food", "find_shelter"),
        ("find_shelter", "find_food"),
    }
    assert [one["times"] for one in pairs] == sorted((one["times"] for one in pairs), reverse=True)
    assert all(one["examples"] and one["examples"][0][1] == "nl" for one in pairs)


def test_changes_of_the_content_are_named():
    before = Snapshot((Example("a", "x", "en"), Example("b", "x", "en"), Example("c", "x", "en")))
    after = Snapshot((Example("a", "x", "en"), Example("b", "y", "en"), Example("d", "y", "en")))
    found = report.make(
        Says(), after, None, old=None, before=before, old_report=None, goldens=(), messages=()
    )["changes"]  # fmt: skip
    assert found["counts"] == {"added": 1, "removed": 1, "moved": 1}
    assert (found["added"], found["removed"], found["moved"]) == (
        [["d", "en", "y"]], [["c", "en", "x"]], [["b", "en", "x", "y"]]
    )  # fmt: skip


@pytest.mark.parametrize("language", ["en", "nl", "fr", "ar", "es", "pt"])
def test_every_language_has_golden_questions_of_every_severity_and_every_emergency(language):
    here = [one for one in golden.read() if one.language == language]
    emergencies = {one.intent for one in here if one.severity == golden.EMERGENCY}
    assert emergencies == {f"emergency_{kind}" for kind in (
        "medical", "suicidal", "violence", "trafficking", "child_alone", "police"
    )}  # fmt: skip
    assert len([one for one in here if one.severity == golden.MUST]) >= 15
    assert len({one.text for one in here}) == len(here)


def test_golden_questions_are_no_training_examples():
    from helpline.nlu import examples

    known = {" ".join(one.text.casefold().split()) for one in examples.read()}
    assert [one.text for one in golden.read() if " ".join(one.text.casefold().split()) in known] == []
