import itertools
import random
from pathlib import Path

import pytest

from helpline.nlu.examples import read
from helpline.safety import KINDS, Assessment, Hit, assess, check, phrases, settle
from helpline.safety.words import cut, folded, skeleton

FIXTURES = Path(__file__).parent / "fixtures" / "safety"
SPOKEN = ("en", "nl", "fr", "ar", "es", "pt")


def rows(name: str) -> list[list[str]]:
    return [line.split("\t") for line in (FIXTURES / name).read_text("utf-8").splitlines()[1:]]


def missed(pairs: list[tuple[str, str]]) -> list[str]:
    return [text for kind, text in pairs if kind != "none" and check(text) is None]


def alarmed(texts: list[str]) -> list[str]:
    return [f"{text} <- {hit.kind}, {hit.phrase[:60]}" for text in texts if (hit := check(text))]


@pytest.mark.parametrize("batch", ["", ".second"])
@pytest.mark.parametrize("language", SPOKEN)
def test_emergencies_are_caught_and_alarming_harmless_messages_are_not(language, batch):
    pairs = [(kind, text) for kind, text in rows(f"{language}{batch}.tsv")]
    emergencies = [pair for pair in pairs if pair[0] != "none"]
    harmless = [text for kind, text in pairs if kind == "none"]
    misses, alarms = missed(pairs), alarmed(harmless)
    assert len(misses) <= 0.05 * len(emergencies), misses
    assert len(alarms) <= 0.05 * len(harmless), alarms


@pytest.mark.parametrize("language", SPOKEN)
def test_a_third_set_is_caught_by_the_net_alone_nearly_all_of_one_half_and_most_of_the_other(language):
    seen, kept = rows(f"{language}.seen.tsv"), rows(f"{language}.kept.tsv")
    for pairs, most_missed, most_alarms in ((seen, 0.05, 0.05), (kept, 0.25, 0.05)):
        calm = ("none", "ordinary")
        due = [(kind, text) for kind, text in pairs if kind not in calm]
        assert len(due) >= 40
        assert len(missed(due)) <= most_missed * len(due), missed(due)
        tempting = [text for kind, text in pairs if kind == "none"]
        assert len(alarmed(tempting)) <= most_alarms * len(tempting), alarmed(tempting)
        assert not alarmed([text for kind, text in pairs if kind == "ordinary"])


@pytest.mark.parametrize(
    ("text", "hit", "over", "denied"),
    [
        ("my friend is not breathing", True, False, False),
        ("two years ago he beat me", False, True, False),
        ("I do not want to die", False, False, True),
        ("where is my voucher", False, False, False),
    ],
)
def test_what_speaks_against_an_emergency_is_told_apart(text, hit, over, denied):
    found = assess(text)
    assert (found.hit is not None, found.over, found.denied) == (hit, over, denied)


LONE, PROVEN = Hit("medical", "en: x", doubtful=True), Hit("medical", "en: x")


@pytest.mark.parametrize(
    ("net", "seen", "danger", "calm", "kind"),
    [
        (Assessment(PROVEN), None, 0.0, 1.0, "medical"),
        (Assessment(LONE), None, 0.01, 0.95, None),
        (Assessment(LONE), None, 0.1, 0.85, "medical"),
        (Assessment(LONE), "violence", 0.9, 0.1, "medical"),
        (Assessment(), "violence", 0.4, 0.5, "violence"),
        (Assessment(over=True), "violence", 0.5, 0.4, None),
        (Assessment(over=True), "violence", 0.7, 0.2, "violence"),
        (Assessment(denied=True), "suicidal", 0.9, 0.1, None),
        (Assessment(denied=True), "suicidal", 0.97, 0.01, "suicidal"),
        (Assessment(), None, 0.1, 0.9, None),
    ],
)
def test_net_and_classifier_are_weighed(net, seen, danger, calm, kind):
    assert settle(net, seen, danger, calm) == kind


@pytest.mark.parametrize(
    "text",
    ["he is not breathing", "I want to kill myself", "my husband beats me", "hij slaat mij", "mon mari me bat",
     "mi marido me pega", "meu marido me bate", "بدي موت", "je veux mourir", "quiero morir", "quero morrer"],
)  # fmt: skip
def test_plain_words_of_present_danger_never_wait_for_a_model(text):
    assert not check(text).doubtful


@pytest.mark.parametrize(
    ("text", "hit"),
    [
        *(
            (word, True)
            for word in ("Emergency!", "noodgeval", "urgence", "ça saigne", "emergencia", "emergência", "nmout")
        ),
        *((word, False) for word in ("emergency shelter", "urgence dentaire", "número de emergencia", "covid shot")),
    ],
)
def test_one_grave_word_is_enough_and_is_not_one_in_the_name_of_a_service(text, hit):
    assert (check(text) is not None) == hit


@pytest.mark.parametrize("language", sorted({row[0] for row in rows("others.tsv")}))
def test_key_phrases_of_languages_the_assistant_does_not_speak_are_caught(language):
    pairs = [(kind, text) for code, kind, text in rows("others.tsv") if code == language]
    assert len(pairs) >= 8
    assert len(missed(pairs)) <= 0.15 * len(pairs), missed(pairs)


@pytest.mark.parametrize("language", SPOKEN)
def test_most_training_emergencies_are_caught_even_without_a_model(language):
    texts = [e.text for e in read() if e.language == language and e.intent.startswith("emergency_")]
    misses = [text for text in texts if check(text) is None]
    assert len(misses) <= 0.2 * len(texts), misses


@pytest.mark.parametrize("language", SPOKEN)
def test_ordinary_messages_hardly_ever_raise_an_alarm(language):
    texts = [e.text for e in read() if e.language == language and not e.intent.startswith("emergency_")]
    alarms = alarmed(texts)
    assert len(alarms) <= 0.015 * len(texts), alarms


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("My friend is not breathing", "medical"),
        ("I want to kill myself", "suicidal"),
        ("My husband beats me", "violence"),
        ("My boss took my passport and I cannot leave", "trafficking"),
        ("A child is alone at the station here", "child_alone"),
        ("Police is at my door now", "police"),
        ("police at the door, my wife is pregnant and bleeding a lot", "medical"),
        ("my friend wants to kill himself", "suicidal"),
        ("he used to beat me and yesterday he found me and beat me again", "violence"),
    ],
)
def test_the_gravest_kind_is_named(text, kind):
    assert check(text).kind == kind


@pytest.mark.parametrize(
    "text",
    [
        "I WANT TO DIE",
        "i waaaant to diiiiie",
        "I wa\u200bnt to d\u200bie",
        "ＩＷＡＮＴ ＴＯ ＤＩＥ I want to die",
        "i want to\n\ndie",
        "kil myself",
        "im going to kill my self",
        "k i l l myself, s u i c i d e",
        "I want to comit suiside",
        "jveux mourir",
        "JE VEUX MOURIR",
        "je veux mourrir",
        "kiero morirme",
        "k wil nie meer leven",
        "mqdrch ntnfs",
        "أُرِيدُ أَنْ أَمُوتَ",
        "اريد ان امووووت",
        "أريـــد أن أموت",
    ],
)
def test_spelling_marks_and_case_do_not_matter(text):
    assert check(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "I am not suicidal, only tired",
        "my friend died years ago",
        "killing me with this voucher",
        "je ne veux pas mourir",
        "no quiero morir",
        "não quero morrer",
        "ik wil niet dood",
        "what if the police ask my passport",
        "I was dying of hunger",
        "they raided a farm, I read it in the news",
        "ik kan niet komen want die trein rijdt niet",
        "my landlord is a slave driver but he fixed the heating",
        "our priest says suicide is a sin",
        "je me noie dans les factures",
        "ma fille est la seule de sa classe sans tablette",
        "qu'est-ce qu'un mariage forcé selon la loi",
        "الأسعار ذبحتنا",
        "شو يعني زواج قسري بالقانون",
    ],
)
def test_denial_idioms_the_past_and_questions_are_no_emergency(text):
    assert check(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "my father in law beats me on the head every night",
        "he is behind me with a knife",
        "we were beaten yesterday by three men",
        "un enfant dort tout seul dehors à la gare",
        "mi marido me pega sin parar",
        "il me frappe et dit que la loi est avec lui",
        "the kids are sleeping alone in the street",
        "الولد نام لحاله بالشارع وعمره 8",
    ],
)
def test_words_of_idioms_do_not_hide_an_emergency(text):
    assert check(text) is not None


def test_the_language_given_is_not_trusted():
    for language in (None, "nl", "zh", "xx"):
        assert check("me quiero matar", language) == check("me quiero matar")


def test_languages_may_be_mixed_in_one_message():
    assert check("hallo, goedemorgen, me quiero matar, aub") is not None
    assert check("Selam, mijn bon werkt niet. زوجي يضربني").kind == "violence"


def test_an_emergency_at_the_end_of_a_very_long_message_is_found():
    assert check("the voucher did not come. " * 5000 + "My friend is not breathing").kind == "medical"


def test_the_hit_names_a_phrase_and_never_repeats_the_message():
    hit = check("My neighbour Xaviera Quillfeather is not breathing")
    assert isinstance(hit, Hit)
    assert hit.phrase.startswith("en: ")
    assert "Quillfeather" not in hit.phrase


HOSTILE = [
    "",
    " ",
    "\x00" * 1000,
    "\ud800" * 500 + " not breathing \udfff",
    "a" * 100_000,
    "not " * 25_000,
    "kill myself " * 10_000,
    "police door now " * 7_000,
    "ا" * 100_000,
    "ضرب زوجي " * 10_000,
    "死" * 50_000,
    ("@" * 50 + "'" * 50 + ".,!?" * 50) * 500,
    "'" * 100_000,
    "s u i c i d e " * 7_000,
    "j'l'd'm't's'" * 8_000,
    "\u200b\u202e\u2066" * 30_000,
    "e\u0301\u0302\u0303" * 25_000,
    "ﷺ" * 5_000,
    "1" * 100_000,
    "😀🔪" * 20_000,
    "[medical] ^ & .. | _ * ~",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_input_is_read_within_bounds_and_never_raises(text):
    result = check(text)
    assert result is None or result.kind in KINDS
    # However long the message, only so many words are ever compared.
    assert len(cut(text).words) <= 30_000


def test_random_words_of_the_phrases_in_any_order_never_raise():
    dice = random.Random(7)
    words = [word.strip("*~") for word in phrases.index().atoms]
    for _ in range(150):
        result = check(" ".join(dice.choices(words, k=dice.randint(1, 120))))
        assert result is None or result.kind in KINDS


def test_folding_twice_changes_nothing():
    for (text,) in itertools.chain(((row[-1],) for row in rows("en.tsv")), ((row[-1],) for row in rows("ar.tsv"))):
        assert folded(folded(text)) == folded(text)


def test_latin_arabic_is_known_by_its_consonants():
    assert skeleton("kaydrebni") == skeleton("kidrabni") == skeleton("kaydarbni")


def test_every_language_has_phrases_of_every_kind():
    by_language: dict[str, set[str]] = {}
    for phrase in phrases.index().phrases:
        by_language.setdefault(phrase.language, set()).add(phrase.kind)
    assert len(by_language) >= 22
    for language, kinds in by_language.items():
        assert set(KINDS) <= kinds, language


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("[medcial]\nnot breathing", "line 1: There is no section medcial"),
        ("not breathing", "line 1: A phrase stands before the first section"),
        ("[medical]\n@nobody breathing", "line 2: There is no group @nobody"),
        ("[medical]\nnot | breathing", "line 2: Nothing can be read"),
    ],
)
def test_a_mistake_in_a_phrase_file_is_named_with_its_line(tmp_path, line, message):
    (tmp_path / "xx.txt").write_text(line, encoding="utf-8")
    with pytest.raises(phrases.BadPhrase, match=message):
        phrases.read(tmp_path)
