"""What is wrong with a text is told while it is typed, in plain words, and only what matters stops it."""

import pytest

from helpline.console.words import texts
from helpline.content import check
from helpline.content.answer import Answer
from helpline.content.check import Context
from helpline.messages import Button
from helpline.whatsapp.lengths import split

SOURCE = Answer("You got {amount}. Phone [[fact:desk]]. Read https://example.org/help", (Button("Food", "/food"),))
CONTEXT = Context(
    "utter_greet", "nl", SOURCE, None, frozenset({"amount", "organisation"}), frozenset({"desk"}), frozenset({"/food"})
)
GOOD = "Je kreeg {amount}. Bel [[fact:desk]]. Lees https://example.org/help"
EATING = (Button("Eten", "/food"),)


def found(text, buttons=EATING, context=CONTEXT, **more):
    return {(one.level, one.key) for one in check.check(context, text, buttons, **more)}


def test_good_translation_is_left_alone():
    assert found(GOOD) == set()


@pytest.mark.parametrize(("text", "finding"), [
    (GOOD.replace("{amount}", "{bedrag}"), ("stop", "variable_unknown")),
    (GOOD + " {", ("stop", "brace")),
    (GOOD.replace("desk", "office"), ("stop", "fact_unknown")),
    (GOOD + " [[desk]]", ("stop", "brackets")),
    (GOOD.replace("{amount}", "geld"), ("warn", "variable_missing")),
    (GOOD.replace("[[fact:desk]]", "ons"), ("warn", "fact_missing")),
    (GOOD.replace("https://example.org/help", "de pagina"), ("warn", "link_missing")),
    (GOOD + " https://bit.ly/x", ("block", "link_short")),
    (GOOD + " http://example.org", ("warn", "link_plain")),
    (GOOD + " 020-1234567", ("warn", "number")),
    (GOOD + " ٠٨٠٠", ("block", "digits")),
    (GOOD + " \u202ecba", ("block", "overrides")),
    (GOOD + " *vet", ("warn", "mark_open")),
    (GOOD + " Wat is je naam?", ("block", "harm_asks_who_you_are")),
    (GOOD + " Je krijgt een bed.", ("block", "harm_promises")),
    (GOOD + " Bel de politie.", ("block", "harm_sends_to_authorities")),
])  # fmt: skip
def test_each_fault_is_found(text, finding):
    assert finding in found(text)


@pytest.mark.parametrize(("length", "levels"), [(4096, set()), (4097, {"block"})])
@pytest.mark.parametrize("letter", ["a", "ع"])
def test_4096_characters_fit_and_one_more_does_not(letter, length, levels):
    context = Context("utter_greet", "nl", None, None)
    assert {one.level for one in check.check(context, letter * length, ())} == levels


def test_an_emoji_counts_as_two():
    context = Context("utter_greet", "nl", None, None)
    assert not check.check(context, "🙏" * 2048, ())
    assert {one.key for one in check.check(context, "🙏" * 2049, ())} == {"too_long"}


def test_long_leaflet_may_go_as_three_messages_cut_between_paragraphs():
    paragraph = "Bel het nummer +31 70 000 00 00 of lees https://example.org/a-long-page voor meer. " * 8
    text = "\n\n".join([paragraph.strip()] * 13)
    assert 8000 < len(text) < 9500
    findings = check.check(Context("utter_greet", "nl", None, None), text, (), may_split=True)
    assert ("warn", "splits", 3) in {(one.level, one.key, one.values.get("n")) for one in findings}
    pieces = split(text, 4096)
    assert "\n\n".join(pieces) == text
    assert all(piece.endswith("voor meer.") for piece in pieces)


def test_what_happens_to_buttons_that_do_not_fit_is_told():
    four = tuple(Button(f"Knop {n}", "/food") for n in range(4))
    assert ("warn", "as_list") in found(GOOD, four)
    assert ("warn", "button_long") in found(GOOD, (Button("Waar kan ik eten halen?", "/food"),))
    assert ("warn", "row_title_long") in found(GOOD, (*four, Button("Waar kan ik vandaag eten halen?", "/food")))
    assert ("block", "rows_many") in found(GOOD, tuple(Button(f"Knop {n}", "/food") for n in range(11)))
    assert ("block", "button_twice") in found(GOOD, (Button("Eten", "/food"), Button("eten", "/food")))
    assert ("block", "button_empty") in found(GOOD, (Button("", "/food"),))
    assert ("block", "button_nowhere") in found(GOOD, (Button("Eten", "/nowhere"),))
    assert ("stop", "button_place") in found(GOOD, (Button("Eten {amount}", "/food"),))
    assert ("warn", "body_long") in found(GOOD + " x" * 600)
    assert ("warn", "buttons_differ") in found(GOOD, ())


def test_text_on_health_says_that_it_is_general():
    context = Context("utter_health_costs", "nl", None, None)
    assert {one.key for one in check.check(context, "Zeg dat je niet kunt betalen.", ())} == {"not_general"}
    ends = "\nDit is algemene informatie; een mens kan je helpen."
    assert check.check(context, "Zeg dat je niet kunt betalen." + ends, ()) == []


def test_every_finding_has_words_that_can_be_filled_in():
    import inspect
    import re

    from helpline.content import sheets

    named = set(re.findall(r'Finding\(\s*"\w+", f?"(\w+)"', inspect.getsource(check)))
    named |= set(re.findall(r'"(sheet_\w+)"', inspect.getsource(sheets)))
    assert len(named) > 20
    for language in ("en", "nl"):
        known = {key.removeprefix("content.finding.") for key in texts(language) if key.startswith("content.finding.")}
        assert {name for name in named if not name.startswith("harm_{") and name not in known} <= {"harm_"}


def test_findings_come_worst_first():
    levels = [one.level for one in check.check(CONTEXT, GOOD + " {x} Bel de politie. *", EATING)]
    assert levels == sorted(levels, key=check.LEVELS.index) and set(levels) == set(check.LEVELS)
