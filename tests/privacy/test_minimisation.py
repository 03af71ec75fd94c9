"""What the assistant never asks, and what its texts never carry, in every language."""

import re

import pytest

from helpline.content import SPOKEN, read_starter

ANSWERS = read_starter()
ASKED = re.compile(r"[^.!?؟\n]*[?؟]")
NEVER_ASKED = {
    "en": "name|nationality|born|date of birth|passport|address|employer|religion|bsn|immigration status",
    "nl": "naam|nationaliteit|geboren|geboortedatum|paspoort|adres|werkgever|geloof|religie|verblijfsstatus|bsn",
    "fr": "nom|nationalité|née?|date de naissance|passeport|adresse|employeur|religion|statut",
    "ar": "اسم|جنسي|ولدت|ميلاد|جواز|عنوان|دينك|صاحب العمل",
    "es": "nombre|nacionalidad|naci[óo]|fecha de nacimiento|pasaporte|dirección|empleador|religión",
    "pt": "nome|nacionalidade|nasceu|data de nascimento|passaporte|morada|endereço|empregador|religião",
}


def asks(text, language):
    """Questions of a text that want to know who somebody is."""
    forbidden = re.compile(rf"(?<!\w)(?:{NEVER_ASKED[language]})", re.IGNORECASE)
    return [question.strip() for question in ASKED.findall(text) if forbidden.search(question)]


@pytest.mark.parametrize("language", SPOKEN)
def test_no_text_asks_who_somebody_is(language):
    found = {key: asks(texts[language].text, language) for key, texts in ANSWERS.items() if language in texts}
    assert {key: questions for key, questions in found.items() if questions} == {}


@pytest.mark.parametrize(
    ("language", "question"),
    [
        ("en", "What is your name?"), ("nl", "Wat is je adres?"), ("fr", "Quelle est votre nationalité ?"),
        ("ar", "ما اسمك؟"), ("es", "¿Cuál es su fecha de nacimiento?"), ("pt", "Qual é o seu passaporte?"),
    ],
)  # fmt: skip
def test_such_a_question_would_be_found(language, question):
    assert asks(f"Hello. {question}", language)


@pytest.mark.parametrize("language", SPOKEN)
@pytest.mark.parametrize("key", ["utter_notice", "utter_notice_phone"])
def test_notice_says_who_answers_what_is_kept_what_whatsapp_sees_and_how_to_stop(key, language):
    text = ANSWERS[key][language].text
    assert "{organisation}" in text and "30" in text and re.search(r"WhatsApp|واتساب", text)
    stop, delete = re.findall(r"[\"«“]\s*([^\"»”]+?)\s*[\"»”]", text)
    from helpline import privacy

    assert privacy.is_stop(stop) and privacy.is_erase(delete)


def test_no_text_carries_a_link_that_could_expose_or_be_copied_by_a_fraud():
    linked = {
        (key, language)
        for key, texts in ANSWERS.items()
        for language, answer in texts.items()
        if re.search(r"https?://|www\.|bit\.ly|wa\.me", answer.text)
    }
    assert linked == set()


@pytest.mark.parametrize("language", SPOKEN)
def test_deletion_says_what_cannot_be_deleted(language):
    text = ANSWERS["utter_delete_my_data_done"][language].text
    assert re.search(r"WhatsApp|واتساب", text) and text.count("\n- ") == 2 and "30" in text
