"""The one decision, row by row."""

import pytest

from helpline.messages import Location
from helpline.routing import Destination, plan, written
from tests.people import message, pin, tap, voice


def decide(received, **known):
    return plan(received, **{"payload": None, "case_state": None, "emergency": None, "language_spoken": True, **known})


def test_without_a_case_the_assistant_answers():
    assert decide(message("where is a doctor")).destination is Destination.ASSISTANT


@pytest.mark.parametrize("state", ["waiting", "active", "parked"])
def test_with_an_open_case_people_answer(state):
    assert decide(message("where is a doctor"), case_state=state).destination is Destination.CASE
    assert decide(voice(), case_state=state).destination is Destination.CASE


@pytest.mark.parametrize("state", [None, "waiting", "active", "parked"])
def test_emergency_wins_in_every_state(state):
    assert decide(message("help"), case_state=state, emergency="medical").destination is Destination.EMERGENCY
    assert decide(message("help"), case_state=state, emergency="medical", blocked=True).emergency == "medical"


def test_blocked_contact_is_not_answered():
    assert decide(message("hello"), blocked=True).destination is Destination.NOTHING


def test_voice_and_image_go_to_people():
    decided = decide(voice())
    assert (decided.destination, decided.reason) == (Destination.PEOPLE, "media")


def test_unspoken_language_goes_to_people():
    decided = decide(message("ሰላም ሓገዝ የድልየኒ"), language_spoken=False)
    assert (decided.destination, decided.reason) == (Destination.PEOPLE, "language")


def test_pin_becomes_a_place_without_coordinates_in_the_text():
    decided = decide(pin(52.1, 5.1))
    assert (decided.destination, decided.text) == (Destination.ASSISTANT, "/inform_location")


def test_pin_at_zero_is_a_pin():
    assert message(None, kind="location", deliver="location", location=Location(0.0, 0.0)).location is not None
    assert decide(pin(0.0, 0.0)).destination is Destination.ASSISTANT


@pytest.mark.parametrize(
    ("typed", "given"),
    [
        ("/restart", "restart"),
        ('/voucher_status{"a":1}', 'voucher_status{"a":1}'),
        ("\u200b/restart", "restart"),
        ("\n /  /restart", "restart"),
        ("\u2066//x", "x"),
        ("yes/no", "yes/no"),
    ],
)
def test_typed_slash_is_not_a_command(typed, given):
    assert decide(message(typed)).text == given
    assert not written(message(typed)).startswith("/")


@pytest.mark.parametrize("empty", ["", "   ", "\u200b\u200f", "/", None])
def test_nothing_readable_gets_a_clear_line(empty):
    decided = decide(message(empty))
    assert (decided.destination, decided.key) == (Destination.TELL, "utter_empty")


def test_only_emoji_is_something_readable():
    assert decide(message("😭😭")).destination is Destination.ASSISTANT


@pytest.mark.parametrize("kind", ["sticker", "order", "unsupported", "contacts"])
def test_what_cannot_be_read_is_said(kind):
    decided = decide(message(None, kind=kind, deliver="fallback"))
    assert (decided.destination, decided.key) == (Destination.TELL, "utter_unreadable")


def test_edit_is_explained():
    edited = message(None, kind="unsupported", deliver="fallback", details={"unsupported_type": "edit"})
    assert decide(edited).key == "utter_edited"


def test_reaction_is_no_turn():
    assert decide(message(None, kind="reaction", deliver="none")).destination is Destination.NOTHING


def test_our_button_becomes_its_intent():
    assert decide(tap("id"), payload="/find_food").text == "/find_food"


def test_forged_button_is_its_title_as_text():
    assert decide(tap("restart~0000", title="Hello there")).text == "Hello there"


def test_suggestion_is_answered_while_nobody_has_claimed():
    decided = decide(tap("id"), payload="suggest:find_food", case_state="waiting")
    assert (decided.destination, decided.text) == (Destination.SUGGESTION, "/find_food")


def test_suggestion_joins_the_case_once_an_agent_has_it():
    assert decide(tap("id"), payload="suggest:find_food", case_state="active").destination is Destination.CASE


def test_suggestion_pressed_after_the_case_closed_is_answered_by_the_assistant():
    assert decide(tap("id"), payload="suggest:find_food").destination is Destination.ASSISTANT


@pytest.mark.parametrize(
    ("payload", "state", "destination"),
    [
        ("/helped_yes", "waiting", Destination.WITHDRAW),
        ("/helped_no", "waiting", Destination.KEEP),
        ("/helped_yes", "active", Destination.CASE),
        ("/helped_no", "active", Destination.CASE),
        ("/helped_yes", None, Destination.TELL),
        ("/helped_no", None, Destination.TELL),
    ],
)
def test_whether_it_helped_counts_only_while_the_case_waits(payload, state, destination):
    assert decide(tap("id"), payload=payload, case_state=state).destination is destination


@pytest.mark.parametrize("state", [None, "waiting", "active", "parked"])
@pytest.mark.parametrize("silenced", [False, True])
def test_a_rating_is_a_rating_in_every_state(state, silenced):
    decided = decide(tap("x"), payload="/rated_bad:a7", case_state=state, silenced=silenced)
    assert (decided.destination, decided.key, decided.text) == (Destination.RATED, "rated_bad", "a7")
