"""The console's own texts: complete in both languages, and nothing asks for one that does not exist."""

import re
from pathlib import Path

import pytest

from helpline import clock
from helpline.console import words

CONSOLE = Path(words.__file__).parent
USED = re.compile(r"""\bt(?:\.any_of|\.filled_any)?\(\s*["']([a-z_0-9.]+)["']\s*[,)]""")


def test_both_languages_have_the_same_keys_and_places_to_fill_in():
    english, dutch = words.texts("en"), words.texts("nl")
    assert english.keys() == dutch.keys()
    for key in english:
        assert set(re.findall(r"{\w+}", str(english[key]))) == set(re.findall(r"{\w+}", str(dutch[key]))), key


def test_every_text_a_template_asks_for_exists():
    known = words.texts("en")
    for path in CONSOLE.rglob("*.html"):
        for key in USED.findall(path.read_text(encoding="utf-8")):
            assert key in known, f"{path.name} asks for {key}"


def test_every_error_the_code_names_exists():
    known = words.texts("en")
    for path in CONSOLE.glob("*.py"):
        for key in re.findall(r'"((?:error|signin|fault)\.[a-z_]+)"', path.read_text(encoding="utf-8")):
            assert key in known or key in (
                "signin.page",
                "signin.enter",
                "signin.language",
                "signin.start",
                "signin.leave",
            )


def test_plural_and_names_of_languages():
    english, dutch = words.Words("en"), words.Words("nl")
    assert english("list.urgent_waiting", n=1) == "1 urgent case is waiting"
    assert dutch("list.urgent_waiting", n=2) == "2 dringende zaken wachten"
    assert [dutch.language_name(code) for code in ("ar", "ti", "fa", "prs", "und", None, "zz", "pcm")][:3] == [
        "Arabisch", "Tigrinya", "Perzisch"]  # fmt: skip
    assert english.language_name("nonsense-code") == "nonsense-code"


@pytest.mark.parametrize(("seconds", "said"), [(5, "1 min"), (60, "1 min"), (3600, "60 mins"), (2 * 3600, "2 hrs")])
def test_spans_are_short(seconds, said):
    assert words.Words("en").span(seconds) == said


def test_days_have_names():
    assert words.Words("nl").day(clock.now()) == "Vandaag"
    assert words.Words("en").day(clock.now() - 86400) == "Yesterday"
