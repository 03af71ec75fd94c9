"""Notices: counts, language, age and a link; sent once, tried again, given up; never before they are configured."""

import dataclasses
import hashlib
import hmac
import json
import re

import pytest
import sqlalchemy as sa

from helpline import alerts, cases, clock, colleagues, contacts, handoff, notices, settings, translating
from helpline.console import words
from helpline.db import schema
from helpline.errors import InputError, SettingsError
from helpline.notices import payloads, sending, targets, wire, wording
from tests.hours import person
from tests.notices.conftest import SECRET
from tests.people import AMINA, message, write


def put(service, kind="urgent", audience="team", key="k", **facts):
    with service.engine.begin() as conn:
        return notices.put(conn, kind, audience, key, **facts)


def states(service):
    with service.engine.connect() as conn:
        rows = conn.execute(sa.select(schema.notice_deliveries).order_by(schema.notice_deliveries.c.id)).all()
    return [(row.target, row.state, row.attempts, row.error) for row in rows]


def test_nothing_is_sent_before_it_is_configured(service, receiver):
    put(service)
    assert sending.send_due(service) == 0 and receiver.got == [] and states(service) == []
    with service.engine.connect() as conn:
        assert [one.state for one, _ in notices.listed(conn)] == ["unsent"]


def test_each_target_gets_its_own_form(configured, receiver, mailbox):
    put(configured, "urgent", "team", "a", language="ar", seconds=130, path="/cases/7")
    put(configured, "urgent_on_call", "on_call", "b", language="ar", path="/cases/7")
    put(configured, "overdue", "coordinator", "c", language="ar", waiting=3)
    assert sending.send_due(configured) == 4
    by_path = {path: json.loads(body) for path, _, body in receiver.got}
    card = by_path["/teams"]["attachments"][0]
    assert (
        card["contentType"] == "application/vnd.microsoft.card.adaptive" and card["content"]["type"] == "AdaptiveCard"
    )
    assert card["content"]["actions"][0]["url"] == "https://desk.example.org/cases/7"
    facts = card["content"]["body"][1]["facts"]
    assert {"title": "Language", "value": "Arabic"} in facts and {"title": "Waiting for", "value": "2 min"} in facts
    assert by_path["/slack"]["blocks"][0]["type"] == "section" and "Urgent" in by_path["/slack"]["text"]
    assert by_path["/pager"]["type"] == "urgent_on_call" and by_path["/pager"]["facts"] == {"language": "ar"}
    letter = mailbox.letters[0]
    assert "To: desk@example.org" in letter and "Waiting: 3" in letter and "Auto-Submitted: auto-generated" in letter


def test_a_notice_is_sent_once(configured, receiver):
    assert put(configured) and not put(configured)
    for _ in range(3):
        sending.send_due(configured)
    assert len(receiver.got) == 2


def test_a_webhook_can_prove_who_sent_it_and_when(configured, receiver):
    put(configured, "urgent_on_call", "on_call", "b", language="ar")
    sending.send_due(configured)
    _, headers, body = receiver.got[0]
    signed = f"{headers['Helpline-Id']}.{headers['Helpline-Timestamp']}.".encode() + body
    expected = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert headers["Helpline-Signature"] == f"v1={expected}"
    assert abs(int(headers["Helpline-Timestamp"]) - clock.now()) < 60
    assert json.loads(body)["id"] == headers["Helpline-Id"]


def test_what_is_not_taken_is_tried_later_and_later_and_given_up(configured, receiver):
    put(configured, "urgent_on_call", "on_call", "b")
    receiver.answers = [(503, {})] * 20
    sending.send_due(configured)
    assert states(configured) == [("on_call-1-webhook", "queued", 1, "http_503")]
    sending.send_due(configured)
    assert len(receiver.got) == 1
    for wait in sending.BACKOFF_SECONDS:
        clock.shift(wait + 1)
        sending.send_due(configured)
    assert states(configured) == [("on_call-1-webhook", "dead", 9, "http_503")]
    clock.shift(7 * 24 * 3600)
    sending.send_due(configured)
    assert len(receiver.got) == 9
    receiver.answers = []
    with configured.engine.begin() as conn:
        assert notices.dead(conn) == 1
        (_, (delivery,)), *_ = notices.listed(conn)
        assert notices.again(conn, delivery.id) and not notices.again(conn, delivery.id)
    sending.send_due(configured)
    assert states(configured)[0][1] == "sent"


def test_one_dead_target_does_not_keep_the_others_from_it(configured, receiver):
    receiver.answers = [(410, {})]
    put(configured)
    sending.send_due(configured)
    assert sorted(state for _, state, _, _ in states(configured)) == ["dead", "sent"]


def test_who_says_when_to_come_back_is_believed(configured, receiver):
    receiver.answers = [(429, {"Retry-After": "900"})]
    put(configured, "urgent_on_call", "on_call", "b")
    sending.send_due(configured)
    clock.shift(800)
    assert sending.send_due(configured) == 0
    clock.shift(101)
    assert sending.send_due(configured) == 1


def test_a_redirect_is_not_followed(configured, receiver):
    receiver.answers = [(302, {"Location": f"{receiver.url}/elsewhere"})]
    put(configured, "urgent_on_call", "on_call", "b")
    sending.send_due(configured)
    assert [path for path, _, _ in receiver.got] == ["/pager"] and states(configured)[0][1] == "dead"


def test_a_worker_that_dies_in_mid_send_leaves_it_to_the_next(configured, receiver):
    put(configured, "urgent_on_call", "on_call", "b")
    with configured.engine.begin() as conn:
        sending.spread(conn, configured.settings)
        assert len(sending._claim(conn)) == 1
    assert sending.send_due(configured) == 0
    clock.shift(sending.LEASE_SECONDS + 1)
    assert sending.send_due(configured) == 1


def test_a_mailbox_that_refuses_for_good_is_given_up(configured, mailbox):
    mailbox.refuse = "550 no such box"
    put(configured, "overdue", "coordinator", "c")
    sending.send_due(configured)
    assert states(configured) == [("coordinator-1-email", "dead", 1, "smtp_550")]
    assert mailbox.letters == []


def test_a_target_that_is_gone_from_the_setting_is_given_up(configured, receiver):
    put(configured)
    with configured.engine.begin() as conn:
        sending.spread(conn, configured.settings)
    less = dataclasses.replace(configured, settings=dataclasses.replace(configured.settings, notices=""))
    assert sending.send_due(less) == 0
    assert {state for _, state, _, _ in states(configured)} == {"dead"} and receiver.got == []


@pytest.mark.parametrize(
    ("address", "reached"),
    [
        ("https://hooks.slack.com/services/x", True),
        ("https://prod-1.westeurope.logic.azure.com:443/workflows/x", True),
        ("https://evil.example.org/hooks.slack.com", False),
        ("https://hooks.slack.com.example.org/x", False),
        ("https://notlogic.azure.com/x", False),
        ("http://hooks.slack.com/x", False),
        ("https://169.254.169.254/latest", False),
        ("https://hooks.slack.com@example.org/x", False),
    ],
)
def test_only_hosts_of_the_allow_list_are_reached(service, address, reached):
    assert targets.may_reach(service.settings, address) == reached
    if not reached:
        with pytest.raises(wire.NotSent, match="host_not_allowed"):
            wire.send(
                service.settings, targets.Target("team", "teams", address, "team-1-teams"),
                notices.Notice(1, "test", "team", {}, "new", 0),
            )  # fmt: skip


def test_this_machine_is_reached_only_outside_production(service):
    production = dataclasses.replace(service.settings, environment="production")
    assert targets.may_reach(service.settings, "http://127.0.0.1:1/x")
    assert not targets.may_reach(production, "http://127.0.0.1:1/x")


def test_an_audience_without_a_target_is_told_through_the_next(configured):
    known = targets.read(configured.settings)
    assert [one.name for one in targets.of_audience(known, "translate")] == ["team-1-teams", "team-2-slack"]
    team_only = [one for one in known if one.audience == "team"]
    assert targets.of_audience(team_only, "on_call") == team_only
    assert targets.of_audience([], "team") == []


@pytest.mark.parametrize(
    "setting",
    ["teams+https://x.example.org", "team=teams", "boss=teams+https://x.example.org/", "team=mailto:nobody",
     "team=webhook+https://x.example.org/y", "team=teams+ftp://x.example.org"],
)  # fmt: skip
def test_a_setting_that_cannot_be_used_stops_the_start_and_is_not_repeated(setting):
    with pytest.raises(SettingsError, match="NOTICE") as fault:
        settings.read({"NOTICES": setting})
    assert "x.example.org" not in str(fault.value)


def test_addresses_and_secrets_are_never_in_the_settings_words(configured):
    shown = repr(configured.settings)
    assert SECRET not in shown and "/teams" not in shown and "/pager" not in shown


PHRASE = "my landlord in Breda threatens me"


def test_no_notice_of_a_whole_day_carries_words_names_or_numbers(configured, receiver, mailbox):
    """Everything that writes notices is done to one contact, and every byte that left is searched."""
    with configured.engine.begin() as conn:
        sara, eva = person(conn, "Sara", "ar,en"), person(conn, "Evaluna", "ar,en", "editor", "translate,legal")
        contact_id = write(conn, configured, message(PHRASE))
        alias = contacts.get(conn, contact_id).alias
        case_id = handoff.emergency(
            conn, configured, contact_id, "violence", card=cases.Card(question=PHRASE), language="ar"
        )
        cases.claim(conn, case_id, sara)
        colleagues.ask(conn, configured.vault, case_id, sara, f"@legal {PHRASE}")
        translating.ask(conn, configured.vault, case_id, sara, "draft", PHRASE, ("en", "ar"))
        cases.release(conn, case_id, sara)
        assert eva
    for seconds in (1, 130, 200, 400, 3600, 24 * 3600):
        clock.shift(seconds)
        with configured.engine.begin() as conn:
            alerts.tend(conn)
        sending.send_due(configured)
        sending.send_due(configured)
    sent = " ".join([body.decode() for _, _, body in receiver.got] + mailbox.letters)
    assert len(receiver.got) > 8
    # An alias' number alone may be the minute of a date; with its words it is somebody's.
    named = (alias, *(word for word in alias.split() if not word.isdecimal()))
    for secret in (*PHRASE.split(), AMINA.phone, AMINA.name, *named, "Sara", "Evaluna", "violence", contact_id):
        assert not re.search(rf"\b{re.escape(secret)}\b", sent, re.IGNORECASE) or secret in ("my", "me", "in"), secret


@pytest.mark.parametrize("facts", [{"text": "hello"}, {"language": "my landlord"}, {"path": "/cases/7?q=name"},
                                   {"language": "31600000001"}, {"path": "https://x"}])  # fmt: skip
def test_a_fact_that_could_carry_words_is_refused(service, facts):
    with pytest.raises(InputError):
        put(service, **facts)


@pytest.mark.parametrize("language", ["en", "nl"])
@pytest.mark.parametrize("kind", notices.KINDS)
def test_every_notice_has_words_in_both_languages(kind, language):
    facts = {name: 1 for name in notices.FACTS if name not in ("path", "language", "to_language", "languages")}
    notice = notices.Notice(
        1, kind, "team", {**facts, "language": "ar", "languages": "ar,nl", "path": "/cases"}, "new", 0
    )
    assert wording.title(notice, language)
    assert len(wording.lines(notice, language)) == len(facts) + 2
    assert payloads.teams(notice, language, "")["attachments"][0]["content"].get("actions") is None
    assert words.texts(language)[f"notice.title.{kind}"] == wording.title(notice, language)
