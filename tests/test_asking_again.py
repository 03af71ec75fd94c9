"""However somebody writes, they are never asked twice in a row to write again: the second time a person answers."""

import itertools

import sqlalchemy as sa
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from helpline import cases, handoff, turn
from helpline.db import schema
from helpline.messages import Identity
from helpline.turn import ASKING_AGAIN, Heard
from tests.people import message
from tests.test_turn import ANSWER, open_cases, say, take

_numbers = itertools.count(1)
SAYS = st.sampled_from(["", "?", "\u200b", "...", "sticker", "edit", "sure", "unsure", "close"])


def somebody():
    return Identity(phone=f"3197010{next(_numbers):06d}", name="Somebody")


def unsure(service, begun):
    """What the fallback's action does: it opens a case with guesses, and says nothing by itself."""
    with service.engine.begin() as conn:
        card = cases.Card(question=begun.text, guesses=(("find_food", 0.4), ("find_shelter", 0.3)))
        handoff.to_people(
            conn, service, begun.received.contact_id, "unsure", once_key=f"turn:{begun.received.id}", card=card
        )
        turn.end(conn, service, begun, Heard(intent="nlu_fallback"))


def speak(service, who, said):
    kinds = {"sticker": ("sticker", "unsupported"), "edit": ("edit", "unsupported")}
    kind, deliver = kinds.get(said, ("text", "text"))
    text = "where can I eat tonight" if said == "sure" else "my thing of the thing" if said == "unsure" else said
    received = message(None if said in kinds else text, sender=who, kind=kind, deliver=deliver)
    if said != "unsure":
        return say(service, received)
    begun, contact_id = take(service, received)
    if begun is not None:
        unsure(service, begun)
    return contact_id


def told(service, contact_id):
    with service.engine.connect() as conn:
        query = sa.select(schema.outbox.c.kind).where(schema.outbox.c.contact_id == contact_id)
        return list(conn.execute(query.order_by(schema.outbox.c.id)).scalars())


@given(st.lists(SAYS, min_size=1, max_size=7))
@hypothesis_settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
def test_no_sequence_of_messages_is_asked_twice_in_a_row_to_write_again(service, sequence):
    who, contact_id = somebody(), None
    for said in sequence:
        if said != "close":
            contact_id = speak(service, who, said)
        elif contact_id is not None:
            for case in open_cases(service, contact_id):
                with service.engine.begin() as conn:
                    cases.close(conn, case.id, None, "withdrawn")
    kinds = told(service, contact_id) if contact_id else []
    assert not [pair for pair in itertools.pairwise(kinds) if set(pair) <= ASKING_AGAIN]


def test_second_message_without_words_goes_to_a_person_who_is_promised_once(service):
    who = somebody()
    first = speak(service, who, "")
    assert not open_cases(service, first)
    speak(service, who, "\u200b")
    [case] = open_cases(service, first)
    assert case.reason == "unsure"
    speak(service, who, "")
    assert told(service, first) == ["utter_empty", "acknowledgement"]


def test_an_answer_in_between_allows_the_line_again(service):
    who = somebody()
    contact_id = speak(service, who, "")
    say(service, message("where can I eat tonight", sender=who), ANSWER)
    speak(service, who, "")
    assert told(service, contact_id) == ["utter_empty", "answer_rate", "utter_empty"]
    assert not open_cases(service, contact_id)
