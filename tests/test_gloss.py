"""Glosses: longest match, spellings, clitics, compounds, and words nobody wrote down."""

import pytest

from helpline import gloss
from helpline.gloss import Dictionary


@pytest.fixture
def folder(tmp_path):
    rows = {
        "nl": ["bon\tvoucher", "huis\thouse", "ziekenhuis\thospital", "rekening\tbill", "bed\tbed",
               "bed bad brood\tbasic shelter", "mijn\tmy", "heb ik\tI have", "ik\tI", "gemeente\tmunicipality"],
        "fr": ["où\twhere", "ou\tor", "hôpital\thospital", "l'\tthe", "médecin\tdoctor", "j'ai\tI have", "bon\tgood"],
        "ar": ["طبيب\tdoctor", "بيت\thouse", "ورقة\tpaper", "عندي\tI have", "bghit\tI want", "carta\tcard"],
        "ti": ["ዶክተር\tdoctor", "ኣበይ\twhere"],
    }  # fmt: skip
    for code, lines in rows.items():
        (tmp_path / f"{code}.tsv").write_text("# form\tmeaning\n" + "\n".join(lines) + "\n", encoding="utf-8")
    gloss.dictionary.cache_clear()
    yield tmp_path
    gloss.dictionary.cache_clear()


@pytest.fixture
def pocket(folder, monkeypatch):
    monkeypatch.setattr(gloss, "FOLDER", folder)
    real = gloss.dictionary
    monkeypatch.setattr(gloss, "dictionary", lambda language, _folder=folder: real(language, _folder))
    return gloss


@pytest.mark.parametrize(
    ("text", "language", "wanted"),
    [
        ("Mijn BON!", "nl", "my voucher"),
        ("bed bad brood", "nl", "basic shelter"),
        ("bed bad", "nl", "bed bad"),
        ("ik heb ik", "nl", "I I have"),
        ("ziekenhuisrekening", "nl", "hospital bill"),
        ("gemeeente", "nl", "municipality"),
        ("gemeemte", "nl", "municipality"),
        ("fietsenstalling", "nl", "fietsenstalling"),
        ("où", "fr", "where"),
        ("ou", "fr", "or"),
        ("hopital", "fr", "hospital"),
        ("L’HÔPITAL", "fr", "the hospital"),
        ("j'ai", "fr", "I have"),
        ("medcin", "fr", "doctor"),
        ("bonz", "fr", "bonz"),
        ("gemeente", "fr", "municipality"),
        ("والطبيب", "ar", "doctor"),
        ("بالبيت", "ar", "house"),
        ("بيتي", "ar", "house my"),
        ("ورقتي", "ar", "paper my"),
        ("عِنْدِي", "ar", "I have"),
        ("elcarta", "ar", "card"),
        ("tbib", "ar", "tbib"),
        ("tabib", "ar", "tabib"),
        ("ኣበይ ዶክተር፧", "ti", "where doctor ?"),
        ("Guten Tag", "de", "guten tag"),
        ("", "nl", ""),
        ("😭", "nl", "emo_cry"),
    ],
)
def test_message_becomes_rough_english(pocket, text, language, wanted):
    assert pocket.gloss(text, language) == wanted


def test_words_keep_what_nobody_wrote_down(pocket):
    assert pocket.words("mijn fiets", "nl") == [("mijn", "my"), ("fiets", None)]


def test_accented_word_is_not_taken_for_its_bare_twin():
    known = Dictionary([("papa", "potato"), ("papá", "dad")], "es")
    assert [meaning for _, meaning in known.words(["papá", "papa"])] == ["dad", "potato"]


def test_first_row_of_a_form_counts():
    assert [m for _, m in Dictionary([("ja", "yes"), ("ja", "indeed")], "nl").words(["ja"])] == ["yes"]


def test_short_words_are_never_matched_in_a_close_spelling():
    assert [m for _, m in Dictionary([("bons", "vouchers")], "fr").words(["bont"])] == [None]


def test_classifier_reads_the_first_alternative_only(monkeypatch):
    known = Dictionary([("van", "of/from"), ("u", "you (polite)")], "nl")
    monkeypatch.setattr(gloss, "dictionary", lambda _language: known)
    assert gloss.plain("van u", "nl") == "of you"


@pytest.mark.parametrize("code", ["nl", "fr", "es", "pt", "ar"])
def test_shipped_dictionary_is_large_and_well_formed(code):
    lines = (gloss.FOLDER / f"{code}.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    assert len(rows) >= 6000
    assert all(len(row) == 2 and row[0].strip() and row[1].strip() for row in rows)
    assert all(len(row[1].split()) <= 4 for row in rows)


@pytest.mark.parametrize("code", ["tr", "fa", "uk", "ru", "ti"])
def test_shipped_dictionary_of_a_language_without_examples_has_three_thousand_forms(code):
    known = gloss.dictionary(code)
    lines = (gloss.FOLDER / f"{code}.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    assert known is not None and len(known) >= 3000
    assert len({row[0].strip() for row in rows}) >= 3000
    assert all(len(row) == 2 and row[0].strip() and row[1].strip() for row in rows)
    assert all(len(row[1].split()) <= 4 for row in rows)


@pytest.mark.parametrize(
    ("text", "language", "wanted"),
    [
        ("veneno", "pt", "poison"),
        ("inflamado", "pt", "inflamed"),
        ("regularización", "es", "regularization"),
        ("certificacion", "es", "certification"),
        ("انتظار", "ar", "waiting"),
        ("medcin", "fr", "doctor"),
        ("hopsital", "fr", "hospital"),
        ("medicko", "es", "doctor"),
    ],
)
def test_word_nobody_wrote_down_is_taken_for_a_slip_only_where_people_slip(text, language, wanted):
    assert wanted in gloss.gloss(text, language)


def test_turkish_endings_behind_an_apostrophe_mean_nothing_of_their_own():
    assert gloss.gloss("Rotterdam'da doktor arıyorum", "tr").split()[0] == "rotterdam"
    assert "voucher" in gloss.gloss("voucher'ım gelmedi", "tr").split()


def test_another_consonant_in_arabic_is_another_word():
    known = Dictionary([("انتحار", "suicide"), ("الانتحار", "the suicide"), ("مستشفي", "hospital")], "ar")
    said = [meaning for _, meaning in known.words(["انتظار", "الانتظار", "مستتشفي"])]
    assert said[:2] == [None, None]
    assert said[2] == "hospital"


@pytest.mark.parametrize("path", ["../nl", "nl/../nl", "..", ""])
def test_language_code_is_no_path(path):
    assert gloss.dictionary(path) is None
