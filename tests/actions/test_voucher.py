"""What a contact reads about their vouchers, and when a person is called."""

from __future__ import annotations

import asyncio
import itertools

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import handoff as handoff_action
from actions import voucher as voucher_action
from helpline import cases, contacts
from helpline.content import SPOKEN
from helpline.db import schema
from helpline.messages import Identity
from helpline.vouchers import importing, source
from helpline.vouchers.platform121 import Platform121
from tests.conftest import count
from tests.people import message, write
from tests.vouchers.conftest import FACTS, STATES, marked, marked_texts  # noqa: F401
from tests.vouchers.platform_double import NAME, PASSWORD, PROGRAM, USERNAME, payment, person, running

PHONE, OTHER = "31600000101", "31600000102"
REGISTRATIONS = ("new", "validated", "included", "paused", "declined", "completed")
TRANSACTIONS = ("", "pendingApproval", "approved", "waiting", "success", "error")
INCLUDED = {
    "": "included_none", "pendingApproval": "included_preparing", "approved": "included_preparing",
    "waiting": "included_waiting", "success": "included_success", "error": "included_error",
}  # fmt: skip


class Asked:
    """A contact who asks; `say` gives the texts they read, from the assistant or with a case."""

    def __init__(self, service):
        self.service = service
        self.numbers = itertools.count(1)

    def register(self, *rows, numbers=(PHONE,)):
        head = "whatsapp_number;registration;last_transaction;last_date;last_amount;balance"
        lines = [head, *(f"{number};{row}" for number in numbers for row in rows)]
        with self.service.engine.begin() as conn:
            report = importing.load(conn, self.service.vault, "\n".join(lines), replace=True)
        assert not report.errors

    def say(self, intent, text="where is my voucher", language="en", sender=None):
        with self.service.engine.begin() as conn:
            contact_id = write(conn, self.service, message(text, sender=sender or Identity(phone=PHONE)))
            contacts.noticed(conn, contact_id)
            self.contact_id = contact_id
        before = len(self._outbox())
        latest = {
            "text": text,
            "intent": {"name": intent, "confidence": 0.9},
            "intent_ranking": [{"name": intent, "confidence": 0.9}],
            "metadata": {"inbox_id": next(self.numbers), "language": language},
        }
        tracker = Tracker(f"{contact_id}:1", {}, latest, [], False, None, {}, "action_listen")
        dispatcher = CollectingDispatcher()
        asyncio.run(voucher_action.ActionVoucherStatus().run(dispatcher, tracker, {}))
        self.buttons = [button["payload"] for one in dispatcher.messages for button in one["buttons"]]
        return [one["text"] for one in dispatcher.messages] + self._outbox()[before:]

    def case(self):
        with self.service.engine.connect() as conn:
            case_id = cases.of_contact(conn, self.contact_id)
            return None if case_id is None else cases.card(conn, self.service.vault, case_id)

    def close(self):
        with self.service.engine.begin() as conn:
            case_id = cases.of_contact(conn, self.contact_id)
            if case_id is not None:
                cases.close(conn, case_id, None, "withdrawn")

    def _outbox(self):
        with self.service.engine.connect() as conn:
            rows = conn.execute(schema.outbox.select().order_by(schema.outbox.c.id)).all()
        return [self.service.vault.open(row.body_sealed)["text"] for row in rows]


@pytest.fixture
def asked(marked, monkeypatch):  # noqa: F811
    for module in (voucher_action, handoff_action):
        monkeypatch.setattr(module, "opened", lambda: marked)
    return Asked(marked)


def row(registration, transaction, balance=""):
    when = "2026-01-06;17.50" if transaction else ";"
    return f"{registration};{transaction};{when};{balance}"


def expected_state(registration, transaction):
    return f"state_{INCLUDED[transaction]}" if registration == "included" else f"state_{registration}"


@pytest.mark.parametrize("registration", REGISTRATIONS)
def test_every_state_gives_its_text_in_every_language(asked, registration):
    for transaction, language in itertools.product(TRANSACTIONS, SPOKEN):
        asked.register(row(registration, transaction))
        said = " ".join(asked.say("voucher_status", language=language))
        assert said.startswith(f"[utter_voucher_{expected_state(registration, transaction)} {language}]")
        assert said.count("[utter_voucher_") == 1
        needs_person = registration == "paused" or transaction == "error"
        assert (asked.case() is not None) == needs_person
        asked.close()


def test_amount_and_date_are_written_as_the_language_does(asked):
    asked.register("included;success;2026-01-06;17,50;")
    said = {language: asked.say("voucher_status", language=language)[0].partition("] ")[2] for language in SPOKEN}
    assert {language: text.replace("\u00a0", " ") for language, text in said.items()} == {
        "en": "€17.50 6 January 2026",
        "nl": "€ 17,50 6 januari 2026",
        "fr": "17,50 € 6 janvier 2026",
        "es": "17,50 € 6 de enero de 2026",
        "pt": "€ 17,50 6 de janeiro de 2026",
        "ar": "\u2068\u200f17.50 €\u2069 \u20686 يناير 2026\u2069",
    }


def test_not_found_says_so_and_calls_nobody(asked):
    asked.register(row("included", "success"), numbers=(OTHER,))
    assert asked.say("voucher_status") == ["[utter_voucher_not_found en]"]
    assert asked.case() is None


def test_two_registrations_go_to_a_person_without_a_state(asked):
    asked.register(row("included", "success"), row("paused", ""))
    said = " ".join(asked.say("voucher_status"))
    assert "[utter_voucher_ambiguous en]" in said and "state_" not in said and "17.50" not in said
    assert asked.case().facts == {"lookup": "ambiguous", "source": "local"}


@pytest.mark.parametrize("intent", ["voucher_not_working", "voucher_lost", "voucher_ended", "voucher_phone_changed"])
def test_trouble_gets_its_line_the_state_and_a_person_who_sees_the_state(asked, intent):
    asked.register(row("included", "waiting"))
    said = " ".join(asked.say(intent, language="fr"))
    assert said.startswith(f"[utter_{intent} fr]")
    assert "[utter_voucher_state_included_waiting fr]" in said and "[utter_handoff_topic fr]" in said
    assert asked.case().facts == {
        "registration": "included", "transaction": "waiting", "date": "2026-01-06", "amount": "17.50",
        "source": "local",
    }  # fmt: skip


@pytest.mark.parametrize("transaction", ["waiting", "success"])
def test_a_voucher_that_did_not_come_gets_a_person_offered(asked, transaction):
    asked.register(row("included", transaction))
    asked.say("voucher_not_received")
    assert asked.buttons == ["/human_agent"]
    assert asked.case() is None


def test_a_voucher_that_did_not_come_gets_its_line_and_the_state(asked):
    asked.register(row("included", "waiting"))
    assert asked.say("voucher_not_received") == [
        "[utter_voucher_not_received en]",
        "[utter_voucher_state_included_waiting en]",
    ]


@pytest.mark.parametrize("intent", ["voucher_status", "voucher_not_received", "voucher_lost"])
def test_balance_is_told_to_nobody_who_did_not_ask(asked, intent):
    asked.register(row("included", "success", "9.20"))
    assert "9.20" not in " ".join(asked.say(intent))


def test_balance_of_a_delivered_voucher(asked):
    asked.register(row("included", "success", "9.20"))
    assert asked.say("voucher_balance") == ["[utter_voucher_balance en] €9.20"]


def test_unknown_balance_is_not_guessed(asked):
    asked.register(row("included", "success"))
    assert asked.say("voucher_balance") == ["[utter_voucher_balance_unknown en]"]
    assert asked.buttons == ["/human_agent"]


def test_balance_question_before_delivery_gets_the_state(asked):
    asked.register(row("included", "waiting", "17.50"))
    assert asked.say("voucher_balance") == ["[utter_voucher_state_included_waiting en]"]


def test_balance_outlives_the_programme(asked):
    asked.register(row("completed", "success", "9.20"))
    assert asked.say("voucher_balance") == ["[utter_voucher_balance en] €9.20", "[utter_voucher_state_completed en]"]


def test_a_typed_number_is_explained_and_not_looked_up(asked):
    asked.register(row("paused", ""), numbers=(OTHER,))
    said = asked.say("voucher_status", text=f"check the voucher of +{OTHER} please")
    assert said == ["[utter_voucher_only_own_number en]", "[utter_voucher_not_found en]"]


def test_a_typed_number_is_explained_also_when_a_person_is_called(asked):
    asked.register(row("included", "success"))
    said = " ".join(asked.say("voucher_phone_changed", text="my new number is 06 12 34 56 78"))
    assert said.index("only_own_number") < said.index("utter_voucher_phone_changed") < said.index("state_included")


def test_a_hidden_number_is_handled_by_a_person(asked):
    asked.register(row("included", "success"))
    said = " ".join(asked.say("voucher_status", sender=Identity(bsuid="NL.13491208655302741918")))
    assert "[utter_voucher_cannot_check en]" in said
    assert asked.case().facts == {"lookup": "cannot_check", "source": "local"}


def test_in_an_open_case_the_looked_up_state_joins_its_card(asked):
    asked.register(row("included", "success", "9.20"))
    asked.say("voucher_lost")
    asked.register(row("included", "error"))
    asked.say("voucher_balance")
    assert asked.case().facts["transaction"] == "error"
    assert count(asked.service.engine, schema.cases) == 1


@pytest.fixture
def asked_121(asked, monkeypatch):
    """The same contact, while the settings choose a 121 Platform; its stand-in as `.platform`."""
    with running() as platform:
        client = Platform121(platform.url, USERNAME, PASSWORD, str(PROGRAM), timeout=0.4, budget=0.8)
        monkeypatch.setattr(source, "of", lambda _service: client)
        platform.add(person(5, whatsapp=PHONE), payment("success"))
        platform.add(person(6, whatsapp=OTHER, status="paused"), payment("success", amount=99, number=92))
        asked.platform = platform
        yield asked


@pytest.mark.parametrize("language", SPOKEN)
def test_the_state_at_121_is_told_in_every_language(asked_121, language):
    said = asked_121.say("voucher_status", language=language)
    assert said[0].startswith(f"[utter_voucher_state_included_success {language}]")
    assert "17" in said[0] and "2026" in said[0] and NAME not in said[0]


@pytest.mark.parametrize("fault", ["down", "slow", "html", "401", "429", "everybody", "500", "errors_200"])
def test_while_121_fails_nobody_learns_a_state_and_a_person_answers(asked_121, fault):
    asked_121.platform.fault, asked_121.platform.delay = fault, 0.6
    for intent, language in zip(itertools.cycle(["voucher_status", "voucher_balance"]), SPOKEN, strict=False):
        said = " ".join(asked_121.say(intent, language=language))
        assert said.startswith(f"[utter_voucher_cannot_check {language}]")
        assert f"[utter_handoff_topic {language}]" in said
        assert not any(secret in said for secret in ("99", "17", "paused", "included", NAME))
        assert asked_121.case().facts == {"lookup": "cannot_check", "source": "121"}
        asked_121.close()


def test_balance_at_121_is_told_and_noted_for_the_agent(asked_121):
    asked_121.platform.balances["44e62864557597e5"] = 12.5
    assert asked_121.say("voucher_balance") == ["[utter_voucher_balance en] €12.50"]
    asked_121.say("voucher_lost")
    asked_121.say("voucher_balance")
    assert asked_121.case().facts["balance"] == "12.50"


def test_an_agents_card_holds_codes_only(asked_121):
    asked_121.say("voucher_not_working")
    assert asked_121.case().facts == {
        "registration": "included", "transaction": "success", "date": "2026-02-24", "amount": "17.50", "source": "121",
    }  # fmt: skip


def test_every_text_exists_in_every_language_with_its_facts(service):
    for state in STATES:
        for language in SPOKEN:
            key = f"utter_voucher_{state}"
            assert service.answers.has(key, language), (key, language)
            text = service.answers.get(key, language, amount="AMOUNT", date="DATE").text
            assert ("AMOUNT" in text) == (state in FACTS), (key, language)
            assert ("DATE" in text) == (state == "state_included_success"), (key, language)


def test_rasa_shell_shows_the_text_and_opens_nothing(asked):
    latest = {"text": "voucher?", "intent": {"name": "voucher_lost"}, "metadata": {"language": "nl"}}
    dispatcher = CollectingDispatcher()
    tracker = Tracker("someone", {}, latest, [], False, None, {}, "action_listen")
    asyncio.run(voucher_action.ActionVoucherStatus().run(dispatcher, tracker, {}))
    texts = [one["text"] for one in dispatcher.messages]
    assert texts[:2] == ["[utter_voucher_lost nl]", "[utter_voucher_not_found nl]"]
    assert count(asked.service.engine, schema.cases) == 0
