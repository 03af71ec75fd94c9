"""The status table: one text for every state, and a person where it says so."""

import datetime as dt

import pytest

from helpline.vouchers import states
from helpline.vouchers.lookup import REGISTRATIONS, TRANSACTIONS, Outcome, Voucher, found
from tests.vouchers.conftest import STATES

DAY = dt.date(2026, 11, 24)


def state(registration="included", transaction="waiting"):
    return found("local", registration, transaction, DAY, 1750)


@pytest.mark.parametrize("registration", REGISTRATIONS)
@pytest.mark.parametrize("transaction", [None, *TRANSACTIONS])
def test_every_combination_has_one_line_whose_text_exists(registration, transaction):
    (line,) = states.reply("voucher_status", state(registration, transaction)).lines
    assert line.key.removeprefix("utter_voucher_") in STATES
    told = line.amount_cents is not None or line.date is not None
    assert told == (registration == "included" and transaction == "success")


@pytest.mark.parametrize("outcome", [Outcome.NOT_FOUND, Outcome.AMBIGUOUS, Outcome.CANNOT_CHECK])
@pytest.mark.parametrize("intent", ["voucher_status", "voucher_balance", "voucher_not_received"])
def test_without_a_certain_state_none_is_told(outcome, intent):
    reply = states.reply(intent, Voucher(outcome, "121"), 1750)
    assert reply.lines[-1] == states.Line(f"utter_voucher_{outcome.value}")
    assert reply.person == (outcome is not Outcome.NOT_FOUND)


@pytest.mark.parametrize("registration", REGISTRATIONS)
def test_a_failed_payment_goes_to_people_whatever_the_registration(registration):
    assert states.reply("voucher_status", state(registration, "error")).person


def test_every_topic_line_has_a_text():
    assert {topic.removeprefix("voucher_") for topic in states.TOPIC_LINES} <= set(STATES)


def test_a_person_is_offered_only_where_none_is_coming():
    assert states.reply("voucher_not_received", state()).offer_person
    assert not states.reply("voucher_not_received", state(transaction="error")).offer_person
    assert not states.reply("voucher_status", state()).offer_person


def test_only_a_balance_question_asks_for_a_balance():
    asking = [
        i for i in ("voucher_status", "voucher_lost", *states.TOPIC_LINES, "voucher_balance") if states.asks_balance(i)
    ]
    assert asking == ["voucher_balance"]
