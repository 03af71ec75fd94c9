"""Two hundred and more ways people write, and the one spelling each becomes."""

import re
import unicodedata
from pathlib import Path

import pytest

from helpline.nlu import normalise as module
from helpline.nlu.normalise import normalise, unaccented

PAIRS = [
    line.split("\t")
    for line in (Path(__file__).parent / "spellings.tsv").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]


def _mark(found):
    return found[0].encode().decode("unicode_escape")


def test_there_are_at_least_two_hundred_spellings():
    assert len(PAIRS) >= 200
    assert len({(row[0], *row[2:]) for row in PAIRS}) == len(PAIRS)


@pytest.mark.parametrize("row", PAIRS, ids=[row[0] for row in PAIRS])
def test_spelling_becomes_its_one_form(row):
    written, wanted = re.sub(r"\\u[0-9a-f]{4}|\\[nrt]", _mark, row[0]), row[1]
    assert normalise(written, row[2] if len(row) > 2 else None) == wanted


@pytest.mark.parametrize("row", PAIRS, ids=[row[0] for row in PAIRS])
def test_normalising_twice_changes_nothing(row):
    assert normalise(row[1], row[2] if len(row) > 2 else None) == row[1]


def test_nothing_but_words_and_question_marks_is_left():
    noise = "".join(chr(code) for code in range(1, 0x900)) + "।॥😭🏽‍♀️"
    assert {c for c in normalise(noise) if unicodedata.category(c)[0] not in "LMN"} <= set("_'? ")


@pytest.mark.parametrize(
    ("accented", "plain"), [("ou est l'hôpital", "ou est l'hopital"), ("não", "nao"), ("ሰላም", "ሰላም")]
)
def test_accents_can_be_dropped(accented, plain):
    assert unaccented(accented) == plain


def test_version_is_a_number_for_the_training_fingerprint():
    assert isinstance(module.VERSION, int)


@pytest.mark.parametrize("row", PAIRS, ids=[row[0] for row in PAIRS])
def test_shortcut_for_plain_words_changes_no_spelling(row, monkeypatch):
    by_shortcut = [normalise.__wrapped__(text) for text in row[:2]]
    monkeypatch.setattr(module, "_ALREADY", re.compile("(?!)"))
    assert [normalise.__wrapped__(text) for text in row[:2]] == by_shortcut
