"""Asking a 121 Platform: only the sender's own state comes out, whatever 121 answers or does not answer."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import itertools
import logging
import time

import pytest

from helpline import logs, settings
from helpline.errors import SettingsError
from helpline.messages import Identity
from helpline.vouchers import source
from helpline.vouchers.lookup import REGISTRATIONS, TRANSACTIONS, Outcome, Voucher
from helpline.vouchers.platform121 import Fault, Platform121
from tests.vouchers.asking121 import AMINA, CANNOT_CHECK, DELIVERED, FAULTS, NOT_FOUND, OTHER, ask, made, with_amina
from tests.vouchers.platform_double import NAME, NOTE, PASSWORD, PROGRAM, STREET, USERNAME, payment, person


@pytest.mark.parametrize(("registration", "transaction"), itertools.product(REGISTRATIONS, (None, *TRANSACTIONS)))
def test_every_state_is_read(platform, client, registration, transaction):
    platform.add(person(5, whatsapp=AMINA, status=registration), *([payment(transaction)] if transaction else []))
    day, cents = (dt.date(2026, 2, 24), 1750) if transaction else (None, None)
    assert ask(client) == Voucher(Outcome.FOUND, "121", registration, transaction, day, cents)


def test_an_unknown_number_is_not_found(platform, client):
    with_amina(platform)
    assert ask(client, "31600000199") == NOT_FOUND


def test_a_failed_lookup_at_121_is_not_found_and_nothing_more(platform, client):
    with_amina(platform)
    platform.fault = "lookup_failed"
    assert ask(client) == NOT_FOUND


def test_two_matches_are_ambiguous(platform, client):
    with_amina(platform)
    platform.add(person(7, whatsapp=AMINA))
    assert ask(client) == Voucher(Outcome.AMBIGUOUS, "121")


def test_phone_number_counts_only_where_no_whatsapp_number_is_known(platform, client):
    platform.add(person(5, whatsapp=None, phone=AMINA), payment("success"))
    platform.add(person(6, whatsapp=OTHER, phone="31600000103"), payment("error"))
    assert ask(client) == DELIVERED
    assert ask(client, "31600000103") == NOT_FOUND


def test_a_number_written_with_plus_and_spaces_matches_itself(platform, client):
    platform.add(person(5, whatsapp=AMINA) | {"phoneNumber": "+31 6 0000 0101"}, payment("success"))
    assert ask(client) == DELIVERED


def test_a_deleted_registration_is_not_found(platform, client):
    platform.add(person(5, whatsapp=AMINA, status="deleted"), payment("success"))
    assert ask(client) == NOT_FOUND


def test_another_programme_is_not_ours(platform, client):
    platform.add(person(5, whatsapp=AMINA, status="paused", program=3), payment("error"))
    assert ask(client) == NOT_FOUND
    platform.add(person(6, whatsapp=AMINA), payment("success"))
    assert ask(client) == DELIVERED


def test_the_newest_payment_counts_by_its_payment_date(platform, client):
    payments = (
        payment("success", paid="2026-11-24T08:00:00.000Z", number=91),
        payment("error", paid="2026-11-17T08:00:00.000Z", number=92),
    )
    platform.add(person(5, whatsapp=AMINA), *payments)
    assert ask(client).transaction == "success"


def test_of_a_payment_that_was_tried_again_the_later_try_counts(platform, client):
    again = payment("waiting", number=92, updatedDate="2026-02-24T09:00:00.000Z")
    platform.add(person(5, whatsapp=AMINA), again, payment("error", number=91))
    assert ask(client).transaction == "waiting"


def test_the_date_is_the_day_in_the_netherlands(platform, client):
    platform.add(person(5, whatsapp=AMINA), payment("success", paid="2026-11-23T23:30:00.000Z"))
    assert ask(client).date == dt.date(2026, 11, 24)


def test_without_payment_permission_nothing_is_said_about_payments(platform, client):
    with_amina(platform)
    platform.available_types = ["message", "note"]
    assert ask(client) == CANNOT_CHECK


@pytest.mark.parametrize("amount", ["17.50", 17.5, 17.499999999999996])
def test_amounts_come_as_numbers_or_text(platform, client, amount):
    platform.add(person(5, whatsapp=AMINA), payment("success", amount=amount))
    assert ask(client) == DELIVERED


@pytest.mark.parametrize(
    "broken",
    [{"amount": None}, {"amount": "abc"}, {"amount": -1}, {"amount": 1e12}, {"amount": True}, {"paymentDate": None},
     {"paymentDate": "yesterday"}, {"status": None}, {"status": "refunded"}, {"paymentId": "12"}],
)  # fmt: skip
def test_a_payment_that_cannot_be_read_is_not_told(platform, client, broken):
    transaction = payment("success")
    transaction["attributes"].update(broken)
    platform.add(person(5, whatsapp=AMINA), transaction)
    assert ask(client) == CANNOT_CHECK


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("call", ["registrations", "activities", "login"])
def test_whatever_goes_wrong_nothing_is_claimed_and_nobody_elses_state_is_told(platform, client, fault, call):
    with_amina(platform)
    platform.fault, platform.fault_on = fault, call
    assert ask(client) == CANNOT_CHECK
    assert client.balance(Identity(phone=AMINA)) == (CANNOT_CHECK, None)
    assert not any(path.endswith("/stolen") for path in platform.paths())


def test_a_list_of_everybody_is_not_trusted_even_without_the_sender(platform, client):
    with_amina(platform)
    platform.fault = "everybody"
    assert ask(client, "31600000199") == CANNOT_CHECK


def test_after_a_fault_the_state_comes_again(platform, client):
    with_amina(platform)
    platform.fault = "500"
    assert ask(client) == CANNOT_CHECK
    platform.fault = None
    assert ask(client) == DELIVERED


@pytest.mark.parametrize("identity", [Identity(bsuid="NL.1349"), Identity(phone=""), Identity(phone="31600000101&x=")])
def test_an_identity_without_a_number_is_not_sent_anywhere(platform, client, identity):
    assert client.status(identity) == CANNOT_CHECK
    assert platform.asked == []


def test_nothing_personal_is_in_results_exceptions_or_logs(platform, client):
    with_amina(platform)
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        shown = [repr(client.balance(Identity(phone=AMINA)))]
        for platform.fault in FAULTS:
            shown.append(repr(ask(made(platform))))
            shown.append(repr(made(platform).health()))
        handler.setFormatter(logs._JsonLines())
        platform.fault = "html"
        shown.append(repr(ask(made(platform))))
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    everything = stream.getvalue() + "".join(shown)
    assert "voucher_source_failed" in everything
    for secret in ("600000", NAME, STREET, NOTE, PASSWORD, USERNAME, "44e62864557597e", "6304-ABCD", "expired"):
        assert secret not in everything


def test_a_fault_keeps_no_exception_of_the_http_client(platform, client):
    platform.fault = "down"
    with pytest.raises(Fault) as raised:
        client._get("/registrations", {"phonenumber": AMINA}, time.monotonic() + 1)
    assert raised.value.__cause__ is None and raised.value.__suppress_context__
    assert AMINA not in str(raised.value)


def test_proxies_and_netrc_of_the_environment_are_ignored(platform, client, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login x password y\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with_amina(platform)
    assert ask(client) == DELIVERED
    assert not any("Authorization" in one[3] for one in platform.asked)


def test_health_signs_in_and_looks_nobody_up(platform, client):
    facts = client.health()
    assert facts == {"source": "121", "program_id": "2", "paused": False, "answers": True, "missing_permissions": []}
    assert platform.paths() == ["POST /users/login", "GET /users/current"]


@pytest.mark.parametrize(
    ("fault", "call", "said"),
    [("401", "login", "sign_in_refused"), ("html", "login", "not_json"), ("429", "current", "http_429"),
     ("down", "", "unreachable"), ("redirect", "login", "http_302")],
)  # fmt: skip
def test_health_says_what_is_wrong(platform, client, fault, call, said):
    platform.fault, platform.fault_on = fault, call
    facts = client.health()
    assert (facts["answers"], facts["fault"]) == (False, said)


def test_settings_choose_the_source_and_keep_one_client(service, platform):
    given = {
        "VOUCHERS": "121", "PLATFORM121_URL": platform.url, "PLATFORM121_USERNAME": USERNAME,
        "PLATFORM121_PASSWORD": PASSWORD, "PLATFORM121_PROGRAM_ID": str(PROGRAM),
    }  # fmt: skip
    chosen = dataclasses.replace(service, settings=settings.read(given))
    assert isinstance(source.of(chosen), Platform121)
    assert source.of(chosen) is source.of(chosen)
    assert source.health(chosen)["answers"] is True
    with pytest.raises(SettingsError, match="PLATFORM121_PASSWORD"):
        settings.read({**given, "PLATFORM121_PASSWORD": ""})
    with pytest.raises(SettingsError, match="must be a whole number"):
        settings.read({**given, "PLATFORM121_PROGRAM_ID": "PV"})
    with pytest.raises(SettingsError, match="must begin with https"):
        settings.read({**given, "ENVIRONMENT": "production"})


def test_the_stand_in_has_both_traps(platform):
    with_amina(platform)
    everybody = platform._paginated({"filter.unknownColumn": f"$eq:{AMINA}"})[1]
    assert everybody["meta"]["totalItems"] == 2
    assert platform._paginated({"filter.whatsappPhoneNumber": f"$eq:{AMINA}"})[1]["meta"]["totalItems"] == 1
    platform.vouchers["44e62864557597e5"]["send"] = False
    platform.balances["44e62864557597e5"] = 12.5
    platform._balance("44e62864557597e5")
    assert platform.vouchers["44e62864557597e5"] == {"amount": 17.5, "send": True, "balanceUsed": True}
