"""The rules of do no harm find what may harm, in six languages, and leave alone what says the opposite."""

import pytest
import yaml

from helpline.content import SPOKEN, harm

RULES = yaml.safe_load(harm.FILE.read_text(encoding="utf-8"))
SEEDED = [
    (kind, language, sentence)
    for kind, by_language in RULES["kinds"].items()
    for language, rule in by_language.items()
    for sentence in rule["finds"]
]


def kinds(text, language):
    return {hit.kind for hit in harm.hits(text, language)}


def test_every_rule_exists_in_every_language():
    for kind, by_language in RULES["kinds"].items():
        assert set(by_language) == set(SPOKEN), kind
        assert all(len(rule["finds"]) >= 5 for rule in by_language.values()), kind


@pytest.mark.parametrize(("kind", "language", "sentence"), SEEDED)
def test_harmful_sentence_is_found_in_the_middle_of_a_text(kind, language, sentence):
    assert kind in kinds(f"112\n{sentence}\n112", language)
    assert kind in kinds(f"*{sentence}*", language)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("nl", "Ga naar een politiebureau en doe aangifte van vermissing."),
        ("nl", "Je kunt je ook melden bij de politie in de buurt."),
        ("nl", "Neem contact op met de IND om te vragen naar je procedure."),
        ("en", "You should report this at the police station."),
        ("en", "If your wages are not paid, contact the Labour Authority."),
        ("fr", "Vous devez d'abord vous rendre : adressez-vous au commissariat."),
        ("es", "Debe ir primero a la comisaría."),
        ("pt", "Tem de ir à esquadra de polícia."),
        ("ar", "يجب أن تذهبوا أولاً: توجهوا إلى أقرب مركز شرطة"),
    ],
)
def test_first_step_to_an_authority_is_found_however_it_is_said(language, sentence):
    assert kinds(sentence, language) & {"sends_to_authorities", "names_authority"}


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "You do not have to go to the police."),
        ("en", "Call 112. The police may also answer."),
        ("en", "Please do not send us your passport."),
        ("en", "We cannot guarantee a place."),
        ("nl", "Je hoeft niet naar de politie te gaan."),
        ("nl", "Wij kunnen niet garanderen dat er plaats is."),
        ("fr", "Vous n'avez pas besoin d'aller à la police."),
        ("ar", "لا تذهبوا إلى الشرطة"),
        ("es", "No tiene que ir a la policía."),
        ("pt", "Não precisa de ir à polícia."),
    ],
)
def test_sentence_that_warns_is_left_alone(language, sentence):
    assert kinds(sentence, language) == set()


def test_fear_of_an_authority_is_no_excuse_to_send_somebody_there():
    assert kinds("Do not be afraid to go to the police.", "en") == {"sends_to_authorities"}


def test_authority_may_be_named_after_the_reader_spoke_with_somebody_independent():
    assert kinds("The IND decides about this.", "en") == {"names_authority"}
    assert kinds("First speak with a lawyer. The IND decides about this.", "en") == set()
    assert kinds("Go to the police. First speak with a lawyer.", "en") == {"sends_to_authorities"}


def test_marks_and_vowel_signs_hide_nothing():
    assert kinds("Go to the *police*", "en") == {"sends_to_authorities"}
    assert kinds("ما اسْمُكُم؟", "ar") == {"asks_who_you_are"}
    assert kinds("Go\u200b to the pol\u00adice", "en") == {"sends_to_authorities"}


def test_only_names_are_known_in_other_languages():
    assert not harm.knows("ti")
    assert kinds("AVIM", "ti") == {"names_authority"}
