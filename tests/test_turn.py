"""The life of a message in process: every road ends in answered, handed off, told, or its place in a case."""

import pytest
import sqlalchemy as sa

from helpline import cases, contacts, inbox, outbox, safety, turn
from helpline.db import schema
from helpline.messages import Author, Button, OutboundMessage
from helpline.turn import Heard
from tests.people import AMINA, BASHIR, agent, message, pin, tap, voice, write

ANSWER = Heard(said=(OutboundMessage("A doctor must see you."),), intent="health_right_to_care")


def take(service, received):
    """Store a message and begin its turn, as channel and drain do; the turn (or None) and the contact."""
    with service.engine.begin() as conn:
        contact_id = write(conn, service, received)
        [taken] = inbox.claim(conn, service.vault, 1)
        return turn.begin(conn, service, taken), contact_id


def say(service, received, heard=ANSWER):
    """A whole turn; what was done and what the contact is sent."""
    begun, contact_id = take(service, received)
    if begun is not None:
        with service.engine.begin() as conn:
            turn.end(conn, service, begun, heard)
    return contact_id


def row(service, contact_id):
    with service.engine.connect() as conn:
        query = sa.select(schema.inbox).where(schema.inbox.c.contact_id == contact_id)
        return conn.execute(query.order_by(schema.inbox.c.id.desc())).first()


def sent(service, contact_id, states=("queued", "held")):
    with service.engine.connect() as conn:
        query = sa.select(schema.outbox).where(schema.outbox.c.contact_id == contact_id)
        rows = conn.execute(query.where(schema.outbox.c.state.in_(states)).order_by(schema.outbox.c.id)).all()
    return [outbox.unpack(service.vault.open(one.body_sealed)) for one in rows]


def open_cases(service, contact_id):
    with service.engine.connect() as conn:
        case_id = cases.of_contact(conn, contact_id)
        return [cases.get(conn, case_id)] if case_id is not None else []


def test_answer_comes_with_the_first_notice_in_one_message(service):
    contact_id = say(service, message("can I go to the doctor without papers?"))
    [only] = sent(service, contact_id)
    assert "automated assistant" in only.text and only.text.endswith("A doctor must see you.")
    assert row(service, contact_id).outcome == "answered"


def test_notice_is_sent_once(service):
    say(service, message("can I go to the doctor without papers?"))
    contact_id = say(service, message("and my child, can she go to school here?"))
    assert [("automated assistant" in one.text) for one in sent(service, contact_id)] == [True, False]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Can I go to the doctor without papers please?", "en"),
        ("Mag ik naar de huisarts zonder papieren?", "nl"),
        ("Est-ce que je peux aller chez le médecin sans papiers ?", "fr"),
        ("هل يمكنني الذهاب إلى الطبيب بدون أوراق؟", "ar"),
        ("¿Puedo ir al médico si no tengo papeles?", "es"),
        ("Posso ir ao médico mesmo sem documentos?", "pt"),
    ],
)
def test_contact_is_answered_in_the_language_of_the_first_message(service, text, language):
    begun, contact_id = take(service, message(text))
    assert begun.language == language
    with service.engine.connect() as conn:
        assert contacts.get(conn, contact_id).language == language


def test_silent_assistant_becomes_one_case_and_one_apology(service):
    contact_id = say(service, message("can I go to the doctor?"), Heard())
    [case] = open_cases(service, contact_id)
    assert case.reason == "assistant_failed"
    assert len(sent(service, contact_id)) == 1
    assert row(service, contact_id).outcome == "handed_off"


def test_no_model_becomes_a_case(service):
    contact_id = say(service, message("can I go to the doctor?"), None)
    assert [case.reason for case in open_cases(service, contact_id)] == ["assistant_failed"]


def test_failed_action_becomes_a_case_even_if_something_was_said(service):
    contact_id = say(service, message("where is my voucher?"), Heard(said=ANSWER.said, action_failed=True))
    assert [case.reason for case in open_cases(service, contact_id)] == ["assistant_failed"]


def test_emergency_needs_no_model_and_comes_before_the_notice(service):
    begun, contact_id = take(service, message("my friend is not breathing please help"))
    assert begun is None
    [case] = open_cases(service, contact_id)
    assert (case.urgent, case.emergency, case.state) == (True, "medical", "waiting")
    assert sent(service, contact_id)[0].text.startswith("Is a life in danger? Call 112")


def test_emergency_in_an_open_case_upgrades_it_and_the_text_comes_once(service):
    contact_id = say(service, message("can I speak to somebody?"), None)
    before = len(sent(service, contact_id))
    for _ in range(2):
        say(service, message("I want to kill myself"))
    [case] = open_cases(service, contact_id)
    assert (case.urgent, case.emergency) == (True, "suicidal")
    assert len(sent(service, contact_id)) == before + 1


DOUBTFUL = "landlord came with a stick and broke the door, he is inside"


@pytest.mark.parametrize(
    "heard",
    [None, ANSWER, Heard(ANSWER.said, guesses=(("shelter_lost", 0.6),)), Heard(emergency="violence")],
)
def test_lone_phrase_is_an_emergency_unless_the_classifier_is_sure_of_something_harmless(service, heard):
    assert safety.check(DOUBTFUL).doubtful
    contact_id = say(service, message(DOUBTFUL), heard)
    [case] = open_cases(service, contact_id)
    assert (case.urgent, case.emergency) == (True, "violence")


def test_lone_phrase_is_outweighed_by_a_classifier_sure_of_something_harmless(service):
    assert safety.check(DOUBTFUL).doubtful
    contact_id = say(service, message(DOUBTFUL), Heard(ANSWER.said, guesses=(("shelter_lost", 0.97),)))
    assert open_cases(service, contact_id) == []


def test_emergency_only_the_classifier_sees_opens_an_urgent_case(service):
    contact_id = say(service, message("strange words that no phrase knows"), Heard(ANSWER.said, emergency="violence"))
    [case] = open_cases(service, contact_id)
    assert case.emergency == "violence"
    safety = service.answers.static("utter_safety_violence", "en").text
    assert sent(service, contact_id)[0].text.startswith(safety[:20])


def test_voice_note_goes_to_people_and_is_explained(service):
    contact_id = say(service, voice())
    [case] = open_cases(service, contact_id)
    assert case.reason == "media"
    assert "voice" in sent(service, contact_id)[0].text


def test_picture_comes_with_the_request_not_to_send_documents(service):
    contact_id = say(service, message(None, kind="image", deliver="media"))
    assert service.answers.get("utter_document_warning", "en").text in sent(service, contact_id)[0].text


def test_message_in_an_open_case_joins_it_without_the_assistant(service):
    contact_id = say(service, message("please a person"), None)
    begun, _ = take(service, message("hello? are you there?"))
    assert begun is None
    assert row(service, contact_id).outcome == "joined_case"
    assert len(open_cases(service, contact_id)) == 1


def test_late_answer_is_kept_but_not_sent_when_a_case_opened_meanwhile(service):
    begun, contact_id = take(service, message("can I go to the doctor without papers?"))
    with service.engine.begin() as conn:
        cases.open_case(conn, service.vault, contact_id, "takeover")
    with service.engine.begin() as conn:
        turn.end(conn, service, begun, ANSWER)
    assert sent(service, contact_id) == []
    assert len(sent(service, contact_id, ("suppressed",))) == 1


def test_language_nobody_wrote_answers_for_gets_its_static_line_and_a_case(service):
    contact_id = say(service, message("ሰላም ሓገዝ የድልየኒ ኣሎ ኣበይ ክኸይድ እኽእል"))
    [case] = open_cases(service, contact_id)
    assert (case.reason, case.language) == ("language", "ti")
    assert service.answers.static("utter_language_unsupported", "ti").text in sent(service, contact_id)[0].text


def test_suggestion_is_answered_and_yes_withdraws_the_case(service):
    contact_id = say(service, message("paper thing problem"), None)
    begun, _ = take(service, tap(service.vault.sign_payload("suggest:documents_lost")))
    assert begun.text == "/documents_lost"
    with service.engine.begin() as conn:
        turn.end(conn, service, begun, ANSWER)
    assert [button.payload for button in sent(service, contact_id)[-1].buttons] == ["/helped_yes", "/helped_no"]
    say(service, tap(service.vault.sign_payload("/helped_yes")))
    assert open_cases(service, contact_id) == []


def test_suggestion_that_did_not_help_keeps_the_case(service):
    contact_id = say(service, message("paper thing problem"), None)
    say(service, tap(service.vault.sign_payload("suggest:documents_lost")))
    say(service, tap(service.vault.sign_payload("/helped_no")))
    assert [case.state for case in open_cases(service, contact_id)] == ["waiting"]


@pytest.mark.parametrize("typed", ["food", "1", " FOOD "])
def test_typed_title_or_number_counts_as_a_tap(service, typed):
    say(service, message("hello there"), Heard(said=(OutboundMessage("?", (Button("Food", "/find_food"),)),)))
    assert take(service, message(typed))[0].text == "/find_food"


def test_forged_button_is_read_as_its_title(service):
    begun, _ = take(service, tap("/restart~0123456789abcdef", title="my own words"))
    assert begun.text == "my own words"


def test_button_pressed_after_its_case_closed_gets_a_clear_line(service):
    say(service, message("hello, is this the help desk?"))
    contact_id = say(service, tap(service.vault.sign_payload("/helped_no")))
    assert sent(service, contact_id)[-1].text == service.answers.get("utter_button_expired", "en").text
    assert row(service, contact_id).outcome == "told"


def test_stop_is_confirmed_once_and_nothing_follows(service):
    contact_id = say(service, message("hello, I need some help with food"))
    say(service, message("STOP"))
    assert sent(service, contact_id)[-1].text == service.answers.get("utter_stopped", "en").text
    with service.engine.begin() as conn:
        assert contacts.get(conn, contact_id).stopped_at is not None
        state = outbox.put(
            conn,
            service.vault,
            contact_id,
            OutboundMessage("late"),
            author=Author.SYSTEM,
            kind="reminder",
            once_key="r",
        )
    assert state == "suppressed"


def test_stop_while_waiting_withdraws_the_case_and_writing_again_ends_the_silence(service):
    contact_id = say(service, message("a person please"), None)
    say(service, message("stop"))
    assert open_cases(service, contact_id) == []
    say(service, message("I changed my mind, can I see a doctor?"))
    with service.engine.connect() as conn:
        assert contacts.get(conn, contact_id).stopped_at is None


@pytest.mark.parametrize("text", ["", "   ", "\u200b", "/", "?", "...", None])
def test_nothing_readable_gets_a_clear_line_and_no_silence(service, text):
    contact_id = say(service, message(text))
    assert row(service, contact_id).outcome in ("told", "answered")
    assert sent(service, contact_id)


@pytest.mark.parametrize(
    "text", ["x" * 4096, "\u0000\u0001abc", "a\ud800b", "😭😭😭", "/restart", '/voucher_status{"a":1}']
)
def test_strange_text_reaches_the_assistant_as_text(service, text):
    begun, _ = take(service, message(text))
    assert begun is None or not begun.text.startswith("/")


def test_pin_is_forgotten_once_the_message_is_finished(service):
    contact_id = say(service, pin(52.37, 4.9))
    assert inbox.unpack(service.vault.open(row(service, contact_id).body_sealed)).location is None


def test_two_contacts_never_meet(service):
    first, second = (
        say(service, message("can I see a doctor")),
        say(service, message("can I see a doctor", sender=BASHIR)),
    )
    assert first != second
    assert len(sent(service, first)) == len(sent(service, second)) == 1


def test_closed_case_leaves_the_next_message_to_the_assistant(service):
    contact_id = say(service, message("a person please"), None)
    [case] = open_cases(service, contact_id)
    with service.engine.begin() as conn:
        sara = agent(conn)
        cases.claim(conn, case.id, sara)
        cases.close(conn, case.id, sara, "answered")
    begun, _ = take(service, message("thank you, and can my child go to school?", sender=AMINA))
    assert begun is not None
