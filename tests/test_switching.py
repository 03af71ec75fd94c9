"""When somebody's language changes: a clear message or two in a row; never a greeting, a number or a town."""

import pytest

from helpline import contacts, language, turn
from tests.people import AMINA, message, tap
from tests.test_turn import ANSWER, say, take


@pytest.fixture
def talk(service):
    """Says the texts in turn and gives the language each was answered in."""

    def said(*texts, choose=None):
        answered = []
        for number, text in enumerate(texts):
            begun, contact_id = take(service, message(text, sender=AMINA))
            with service.engine.begin() as conn:
                if begun is not None:
                    turn.end(conn, service, begun, ANSWER)
                if choose and not number:
                    contacts.speak(conn, contact_id, choose, chosen=True)
                answered.append(contacts.get(conn, contact_id).language)
        return answered

    return said


ENGLISH = "can I see a doctor without papers"


def test_a_clear_sentence_changes_the_language_at_once(talk):
    assert talk(ENGLISH, "je cherche un médecin pour mon fils malade") == ["en", "fr"]


def test_two_short_messages_in_a_row_change_it_and_one_does_not(talk):
    assert talk(ENGLISH, "docteur", "hôpital malade") == ["en", "en", "fr"]


def test_short_messages_of_two_other_languages_change_nothing(talk):
    assert talk(ENGLISH, "docteur", "abogado") == ["en", "en", "en"]


def test_a_message_in_the_language_so_far_comes_between(talk):
    assert talk(ENGLISH, "docteur", "where is the hospital please", "médecin") == ["en"] * 4


@pytest.mark.parametrize(
    "text",
    ["merci", "gracias", "ok", "hallo", "salam", "7", "👍", "Utrecht", "1012 AB", "V123456789", "Bergen op Zoom"],
)
def test_greetings_numbers_emoji_towns_and_codes_change_nothing_even_twice(talk, text):
    assert talk(ENGLISH, text, text) == ["en"] * 3


def test_a_chosen_language_stays_whatever_is_written(talk):
    french = "je cherche un médecin pour mon fils malade"
    assert talk(ENGLISH, french, french, "et une école", choose="es") == ["es"] * 4


def test_a_first_message_gives_the_language(talk):
    assert talk("waar kan ik vanavond slapen") == ["nl"]


def test_what_is_tapped_changes_nothing(service):
    contact_id = say(service, message(ENGLISH))
    say(service, tap(service.vault.sign_payload("suggest:find_food"), "Où manger gratuitement ce soir"))
    with service.engine.begin() as conn:
        assert contacts.get(conn, contact_id).language == "en"


@pytest.mark.parametrize("text", ["necesito un médico", "أريد طبيب", "ich brauche einen arzt bitte"])
def test_few_words_are_enough_where_they_are_sure(text):
    assert language.identify(text, prior="en").switch


@pytest.mark.parametrize(
    ("text", "leans"), [("docteur", "fr"), ("je suis malade", "fr"), ("hospital", "en"), ("ok", "en")]
)
def test_what_a_word_leans_to_is_told_without_a_change(text, leans):
    guess = language.identify(text, prior="en")
    assert guess.leans == leans
    assert not language.identify(text.split()[0], prior="en").switch
