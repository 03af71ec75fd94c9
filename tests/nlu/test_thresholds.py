"""Limits, groups of near-duplicates, and the figures made of judged messages."""

import numpy as np
import pytest

from helpline.errors import HelplineError
from helpline.nlu import evaluation, features, groups, report
from helpline.nlu.evaluation import Message
from helpline.nlu.examples import Example
from helpline.nlu.thresholds import lowest, useful_from
from helpline.nlu.understand import Outcome
from tests.nlu.messages import examples


def test_limit_is_the_lowest_that_keeps_the_promise():
    chance = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    good = np.array([True, True, True, True, False])
    assert lowest(chance, good, 0.95) == 0.6
    assert lowest(chance, good, 0.8) == 0.5
    assert lowest(chance, ~good, 0.95) == 1.0


def test_suggestions_begin_where_they_help():
    chance = np.linspace(0, 1, 400)
    assert 0.4 < useful_from(chance, chance > 0.5) < 0.6
    assert useful_from(chance, np.zeros(400, bool)) == 1.0


def test_near_duplicates_stay_in_one_fold():
    texts = ["where is my voucher", "where is my voucher please", "i need a dentist", "school for my son"]
    _, matrix, _ = features.fit([features.read(text, "en") for text in texts], least=(1, 1, 1, 1))
    group = groups.near_duplicates(matrix)
    assert group[0] == group[1]
    assert len(set(group)) == 3
    fold = groups.folds(group, 2)
    assert fold[0] == fold[1]


def outcome(intent, decision="answer", emergency=None, confidence=0.9):
    return Outcome(decision, intent, ((intent, 0.9), ("greet", 0.1)), confidence, "en", emergency, False)


JUDGED = [
    (Message("a", "en", "find_food"), outcome("find_food")),
    (Message("b", "en", "find_food"), outcome("find_shelter")),
    (Message("c", "en", "greet"), outcome("thanks", "suggest", confidence=0.3)),
    (Message("d", "nl", "out_of_scope"), outcome("find_food")),
    (Message("e", "nl", "out_of_scope"), outcome("find_food", "handoff", confidence=0.1)),
    (Message("f", "en", "emergency_medical"), outcome("emergency_medical", emergency="medical")),
    (Message("g", "en", "emergency_police"), outcome("police_check_rights", "handoff")),
    (Message("h", "en", "thanks", "none"), outcome("thanks", emergency="suicidal")),
]


def test_figures_count_what_they_say():
    one = evaluation.figures(JUDGED)
    assert (one.messages, one.answers, one.wrong) == (8, 5, 2)
    assert one.right == pytest.approx(3 / 6)
    assert one.top3 == pytest.approx(4 / 6)
    assert (one.strangers, one.strangers_kept_out) == (2, 1)
    assert (one.emergencies, one.emergencies_seen) == (2, 1)
    assert (one.tempting, one.tempting_alarms) == (1, 1)
    assert (one.ordinary, one.ordinary_alarms) == (5, 0)


def test_interval_contains_the_share_and_narrows():
    low, high = evaluation.interval(5, 100)
    assert low < 0.05 < high
    wide, narrow = evaluation.interval(1, 20), evaluation.interval(50, 1000)
    assert narrow[1] - narrow[0] < wide[1] - wide[0]
    assert evaluation.interval(0, 0) == (0.0, 1.0)


def test_curve_answers_the_surest_first():
    points = evaluation.curve(JUDGED)
    assert points[-1][0] == 1.0
    assert len(points) == len(JUDGED)


def test_report_shows_languages_confusions_and_a_picture():
    assert "| nl |" in report.table(JUDGED)
    assert "| find_food | find_shelter | 1 | b (en) |" in report.confusions(JUDGED)
    assert report.picture(JUDGED).count("<polyline") == 2


def test_language_left_out_is_guessed_through_its_dictionary_without_limits():
    texts, intents, _ = examples()
    learnt = [Example(text, intent, "en") for text, intent in zip(texts, intents, strict=True)]
    asked = [Message("ik heb een advocaat nodig", "nl", "find_legal_help"), Message("hallo", "nl", "greet")]
    judged = evaluation.left_out([*learnt, Example("advocaat", "greet", "nl")], "nl", asked)
    assert [outcome.intent for _, outcome in judged] == ["find_legal_help", "greet"]
    assert "| nl | 2 | 100.0 % | 100.0 % |" in report.guesses(judged)


def test_table_is_read_by_its_header(tmp_path):
    path = tmp_path / "messages.tsv"
    path.write_text('lang\tintent\ttext\nen\tgreet\t"hello\nnl\t\thoi\n', encoding="utf-8")
    assert evaluation.read_table(path) == [Message('"hello', "en", "greet"), Message("hoi", "nl", "")]


def test_table_without_header_is_refused_in_one_sentence(tmp_path):
    path = tmp_path / "messages.tsv"
    path.write_text("hello\ten\tgreet\nhoi\tnl\tgreet\n")
    with pytest.raises(HelplineError, match="header"):
        evaluation.read_table(path)
    with pytest.raises(HelplineError, match="cannot be read"):
        evaluation.read_table(tmp_path / "absent.tsv")


@pytest.mark.parametrize(
    ("intent", "expect", "due", "tempting"),
    [
        ("emergency_police", "", True, False),
        ("emergency_police", "police", True, False),
        ("", "emergency_medical", True, False),
        ("health_mental", "emergency", True, False),
        ("health_mental", "no_emergency", False, True),
        ("out_of_scope", "reject", False, False),
        ("find_food", "", False, False),
    ],
)
def test_column_expect_says_where_an_alarm_is_due(intent, expect, due, tempting):
    message = Message("x", "en", intent, expect)
    assert (message.emergency, message.tempting) == (due, tempting)
