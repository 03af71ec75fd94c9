"""Texts are found in whatever spelling, and all of them are folded as each would be by itself."""

import pytest

from helpline.content.search import Index, Item, fold, fold_all

TEXTS = [
    "إقامة",
    "Médecin ÉTRANGER",
    "plain Text",
    "كتابٌ",
    "Straße\x1fnaar",
    "کتابخانه",
    "٠٦۱۲",
    "",
    "ÆØÅ",
    "Iıİi",
    "שלום",
]


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ("إقامة", "اقامه"),
        ("اقامه", "أين الإقامة؟"),
        ("medecin", "un médecin"),
        ("MÉDECIN", "medecin"),
        ("كتاب", "كِتَابٌ"),
        ("strasse", "Straße"),
        ("کتاب", "كتاب"),
        ("0612", "٠٦۱۲"),
        ("doctor school", "the school has a doctor"),
    ],
)
def test_text_is_found_in_any_spelling(asked, text):
    found, count = Index([Item("answer", "utter_x", "ar", text), Item("answer", "utter_y", "en", "other")]).find(asked)
    assert [one.key for one in found] == ["utter_x"]
    assert count == 1


def test_many_texts_are_folded_as_each_is_by_itself():
    assert fold_all(TEXTS) == [fold(text.replace("\x1f", " ")) for text in TEXTS]
    assert fold_all([]) == []


def test_nothing_is_found_for_nothing():
    assert Index([Item("answer", "utter_x", "en", "a")]).find("  ") == ([], 0)
