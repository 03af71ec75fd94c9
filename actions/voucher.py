"""action_voucher_status: the state of the sender's own vouchers, and a person where state or topic needs one."""

from __future__ import annotations

import dataclasses

from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Tracker

from actions.base import Events, HelplineAction, contact_of, intent_of, language_of, opened, say
from actions.handoff import to_people
from helpline import cases, contacts
from helpline.db.engine import reading
from helpline.messages import Button, Identity, OutboundMessage
from helpline.service import Service
from helpline.vouchers import source, states, typed, wording
from helpline.vouchers.lookup import Outcome, Voucher, cents_as_code


class ActionVoucherStatus(HelplineAction):
    """Looks up the number that writes, and nothing that is written."""

    def name(self) -> str:
        """As the domain calls it."""
        return "action_voucher_status"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        """Look up, say the state, and open a case if a person is needed."""
        service, intent, language = opened(), intent_of(tracker), language_of(tracker)
        identity, case_id = _sender(service, contact_of(tracker))
        voucher, balance = _ask(service, intent, identity)
        reply = states.reply(intent, voucher, balance)
        words = [_said(service, line, language) for line in reply.lines]
        if typed.names_someone(str(tracker.latest_message.get("text") or "")):
            words.insert(0, service.answers.get("utter_voucher_only_own_number", language))
        facts = voucher.facts()
        if balance is not None:
            facts["balance"] = str(cents_as_code(balance))
        if case_id is not None:
            with service.engine.begin() as conn:
                cases.add_facts(conn, service.vault, case_id, facts)
        if reply.person:
            # A person is coming: nothing to tap, and one message instead of two.
            first = [dataclasses.replace(message, buttons=()) for message in words]
            to_people(dispatcher, tracker, "topic", first=first, facts=facts)
            return []
        if reply.offer_person and not words[-1].buttons:
            title = service.answers.get("utter_name_human_agent", language).text
            words[-1] = dataclasses.replace(words[-1], buttons=(Button(title, "/human_agent"),))
        for message in words:
            say(dispatcher, message)
        return []


def _sender(service: Service, contact_id: str | None) -> tuple[Identity | None, int | None]:
    """The identity that wrote, and the contact's open case; nobody in `rasa shell`."""
    if contact_id is None:
        return None, None
    with reading(service.engine) as conn:
        return contacts.address(conn, service.vault, contact_id), cases.of_contact(conn, contact_id)


def _ask(service: Service, intent: str, identity: Identity | None) -> tuple[Voucher, int | None]:
    if identity is None:
        return Voucher(Outcome.NOT_FOUND, service.settings.vouchers), None
    lookup = source.of(service)
    return lookup.balance(identity) if states.asks_balance(intent) else (lookup.status(identity), None)


def _said(service: Service, line: states.Line, language: str | None) -> OutboundMessage:
    facts = {}
    if line.amount_cents is not None:
        facts["amount"] = wording.amount(line.amount_cents, language)
    if line.date is not None:
        facts["date"] = wording.date(line.date, language)
    return service.answers.get(line.key, language, **facts)
