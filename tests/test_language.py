"""Which language a message is in, what must never change it, and which language somebody asks for."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from helpline import language, letters, scripts
from helpline.content import SPOKEN

FIXTURES = Path(__file__).parent / "fixtures" / "language"
UNSPOKEN = ("ti", "am", "fa", "ps", "ur", "tr", "ku", "so", "uk", "ru", "pl", "ro", "id", "tl", "zh", "sw")


def table(name: str) -> list[tuple[str, str]]:
    lines = (FIXTURES / name).read_text(encoding="utf-8").splitlines()[1:]
    return [(row[0], row[1]) for row in (line.split("\t") for line in lines)]


MESSAGES = table("messages.tsv")
"""Held apart from the samples; `ar_latin` is Arabic in Latin letters."""


def shares(messages: list[tuple[str, str]], group) -> dict[str, float]:
    right: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    for code, text in messages:
        asked[group(code, text)] += 1
        right[group(code, text)] += language.identify(text).code == code.partition("_")[0]
    return {name: right[name] / asked[name] for name in asked}


def length(_: str, text: str) -> str:
    words = len(text.split())
    return "1 word" if words == 1 else "2-3 words" if words <= 3 else "4-6 words" if words <= 6 else "7 or more"


def test_the_held_out_messages_cover_every_language():
    counted = Counter(code for code, _ in MESSAGES)
    assert {code.partition("_")[0] for code in counted} == {*SPOKEN, *UNSPOKEN}
    assert min(counted.values()) >= 40


def test_no_held_out_message_is_a_sample():
    sampled = {line.strip().casefold() for path in scripts.FOLDER.glob("*.txt") for line in path.open(encoding="utf-8")}
    repeated = [text for _, text in MESSAGES if text.casefold() in sampled and len(text.split()) > 2]
    assert len(repeated) < 0.06 * len(MESSAGES)


@pytest.mark.parametrize("code", [*SPOKEN, "ar_latin"])
def test_languages_the_assistant_speaks_are_told_in_few_words(code):
    few = [row for row in MESSAGES if row[0] == code and 2 <= len(row[1].split()) <= 6]
    assert shares(few, lambda code, _: code)[code] >= 0.95


def test_all_languages_the_assistant_speaks_together_reach_97_percent():
    few = [(c, t) for c, t in MESSAGES if c.partition("_")[0] in SPOKEN and 2 <= len(t.split()) <= 6]
    assert shares(few, lambda *_: "all")["all"] >= 0.97


@pytest.mark.parametrize("code", UNSPOKEN)
def test_languages_the_assistant_does_not_speak_are_named(code):
    few = [row for row in MESSAGES if row[0] == code and (code == "zh" or 2 <= len(row[1].split()) <= 6)]
    assert shares(few, lambda code, _: code)[code] >= 0.90


def test_longer_messages_are_told_better():
    by_length = shares([row for row in MESSAGES if row[0] != "zh"], length)
    assert by_length["2-3 words"] >= 0.95
    assert by_length["4-6 words"] >= 0.98


@pytest.mark.parametrize("code", UNSPOKEN)
def test_a_first_message_in_another_language_reaches_people(code):
    several = [text for c, text in MESSAGES if c == code and (code == "zh" or len(text.split()) >= 3)]
    switched = sum(language.identify(text).switch for text in several)
    assert switched >= 0.8 * len(several)


def test_greetings_numbers_codes_emoji_and_towns_never_change_the_language():
    strings = table("neutral.tsv")
    assert len(strings) >= 400
    moved = [
        (text, prior)
        for _, text in strings
        for prior in (*SPOKEN, "ti", "tr", "fa")
        if language.identify(text, prior=prior).switch or language.identify(text, prior=prior).code != prior
    ]
    assert moved == []


@pytest.mark.parametrize(
    "text", ["ok", "👍", "112", "BSN", "Amsterdam", "1012 AB", "salam", "", "   ", "\u200f", "???"]
)
def test_no_evidence_leaves_english_without_confidence(text):
    guess = language.identify(text)
    assert (guess.code, guess.confidence, guess.switch) == ("en", 0.0, False)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Bonjour", "fr"),
        ("hola buenas tardes", "es"),
        ("goedemorgen", "nl"),
        ("مرحبا", "ar"),
        ("bom dia", "pt"),
        ("obrigada", "pt"),
    ],
)
def test_the_very_first_greeting_is_answered_in_its_language_but_never_changes_one(text, code):
    first = language.identify(text)
    assert first.code == code and first.confidence > 0 and not first.switch
    later = language.identify(text, prior="en")
    assert later.code == "en" and not later.switch


@pytest.mark.parametrize("text", [text for _, text in MESSAGES[::9]])
def test_a_chosen_language_stays(text):
    assert not language.identify(text, prior="nl", chosen=True).switch


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("where do I find a huisarts near the gemeente", "en"),
        ("i lost my bon from Albert Heijn", "en"),
        ("how to get uitkering without bsn", "en"),
        ("où je peux trouver un huisarts", "fr"),
        ("la gemeente m'a envoyé une brief", "fr"),
        ("dónde queda la voedselbank", "es"),
        ("no tengo zorgverzekering ni bsn", "es"),
        ("não tenho huisarts nem verzekering", "pt"),
        ("a minha uitkering parou", "pt"),
        ("وين في huisarts قريب", "ar"),
        ("بدي موعد عند gemeente", "ar"),
        ("fin kayn huisarts bla verzekering", "ar"),
        ("khassni afspraak m3a advocaat", "ar"),
        ("gemeente bana uitkering vermiyor", "tr"),
        ("huisarts ayaan rabaa", "so"),
        ("nie mam ubezpieczenia i huisarts", "pl"),
    ],
)
def test_dutch_words_inside_another_language_do_not_make_it_dutch(text, code):
    prior = code if code in SPOKEN else "en"
    assert language.identify(text).code == code
    guess = language.identify(text, prior=prior)
    assert guess.code == code and guess.switch == (code != prior)


def test_plain_dutch_with_the_same_words_is_dutch():
    for text in ("hoe vraag ik een uitkering aan bij de gemeente", "ik zoek een huisarts", "mijn bon is kwijt"):
        assert language.identify(text, prior="en").code == "nl"


def test_a_sentence_changes_the_language_and_one_word_does_not():
    assert language.identify("je cherche un médecin pour mon fils", prior="en").switch
    assert not language.identify("docteur", prior="en").switch
    assert language.identify("مساعدة", prior="en").switch
    assert not language.identify("مساعدة", prior="fa").switch


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("मुझे डॉक्टर चाहिए", "hi"), ("আমার ডাক্তার দরকার", "bn"), ("მჭირდება ექიმი", "ka"), ("χρειάζομαι γιατρό", "el"),
        ("ฉันต้องการหมอ", "th"), ("의사가 필요해요", "ko"),
        ("ich brauche einen arzt", "de"), ("ho bisogno di un medico", "it"),
    ],
)  # fmt: skip
def test_other_languages_are_not_taken_for_one_the_assistant_speaks(text, code):
    guess = language.identify(text, prior="en")
    assert guess.code == code and not guess.spoken and guess.switch


@pytest.mark.parametrize(
    ("text", "code"), [("tôi cần bác sĩ", "vi"), ("nuk kam vend për të fjetur", "sq"), ("không có chỗ ngủ", "vi")]
)
def test_a_language_without_samples_is_left_to_people(text, code):
    guess = language.identify(text, prior="en")
    assert guess.code == code and not guess.spoken and guess.switch
    assert not language.identify(text, prior="en", chosen=True).switch


def test_text_is_prepared_alike_in_samples_and_messages():
    assert list(scripts.tokens("L’adresse? 1012 AB, 3andi 2 flousss!!")) == ["l'adresse", "3andi", "flouss"]
    assert [word.text for word in scripts.words("IND en BSN: waar vind ik dat in Bergen op Zoom")] == [
        "en", "waar", "vind", "ik", "dat", "in",
    ]  # fmt: skip
    assert scripts.words("V123456789 +31612345678 10:30 www.example.org a@example.org") == []


def test_probabilities_sum_to_one_and_lean_to_the_language_before():
    for text in ("", "ok", "dokter", "necesito ayuda", "ሓኪም የድልየኒ", "мне нужен врач"):
        found = language.probabilities(text, "es")
        assert abs(sum(found.values()) - 1) < 1e-6
        assert all(0 <= share <= 1 for share in found.values())
    assert language.probabilities("informacion", "es")["es"] >= language.probabilities("informacion", "pt")["es"]
    assert max(language.probabilities("ok", "nl").items(), key=lambda pair: pair[1])[0] == "nl"


def test_identifying_twice_gives_the_same():
    texts = [text for _, text in MESSAGES[::7]]
    before = [language.identify(text) for text in texts]
    language._evidence.cache_clear()
    assert [language.identify(text) for text in texts] == before


def test_odd_input_is_read_without_failing():
    for text in ("\x00", "a" * 50_000, "🙏" * 3000, "\ud800", "ﷺ", "ٱ" * 10, "'''", "1a2b3c", "é" * 300, "𝐡𝐞𝐥𝐥𝐨"):
        guess = language.identify(text, prior="fr")
        assert 0 <= guess.confidence <= 1


def test_bidirectional_marks_accents_and_shouting_change_nothing():
    assert language.identify("\u200fبدي دكتور\u200f").code == "ar"
    assert language.identify("JE CHERCHE UN MEDECIN").code == "fr"
    assert language.identify("necesito un medico urgentemente").code == "es"
    assert language.identify("doktora ihtiyacim var").code == "tr"


def test_a_missing_broken_or_unwritable_cache_only_trains_again(tmp_path):
    samples = {"Latn": {"en": Counter(("the", "doctor", "where")), "nl": Counter(("de", "dokter", "waar"))}}
    taught = []

    def teach():
        taught.append(1)
        return samples

    first = letters.cached(tmp_path / "new", "a", teach)
    again = letters.cached(tmp_path / "new", "a", teach)
    assert len(taught) == 1
    for word in ("the", "dokter", "waarom"):
        assert (first["Latn"].log_probability(word) == again["Latn"].log_probability(word)).all()
    (tmp_path / "new" / "letters-a.npz").write_bytes(b"PK\x03\x04 broken")
    letters.cached(tmp_path / "new", "a", teach)
    assert len(taught) == 2
    (tmp_path / "file").write_text("not a folder")
    letters.cached(tmp_path / "file", "a", teach)
    assert len(taught) == 3


def test_changed_samples_replace_the_cache(tmp_path):
    samples = {"Latn": {"en": Counter(("the", "doctor")), "nl": Counter(("de", "dokter"))}}
    letters.cached(tmp_path, "old", lambda: samples)
    letters.cached(tmp_path, "new", lambda: samples)
    assert [path.name for path in tmp_path.iterdir()] == ["letters-new.npz"]


def test_threads_that_ask_at_once_share_one_model(monkeypatch):
    monkeypatch.setattr(language, "_loaded", None)
    models = []
    threads = [threading.Thread(target=lambda: models.append(language._model())) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(model) for model in models}) == 1


@pytest.mark.parametrize(("code", "text"), table("requests.tsv"))
def test_the_language_a_person_asks_for_is_named(code, text):
    assert language.named_in(text) == (None if code == "-" else code)


def test_every_named_language_can_be_asked_for_by_its_own_name():
    names = defaultdict(list)
    for line in (scripts.FOLDER / "names.tsv").read_text(encoding="utf-8").splitlines():
        code, _, listed = line.partition("\t")
        if not code.startswith("#"):
            names[code] += [name.strip() for name in listed.split(",")]
    assert {*SPOKEN, *UNSPOKEN} <= names.keys()
    failed = [(code, name) for code, listed in names.items() for name in listed if language.named_in(name) != code]
    assert failed == []
