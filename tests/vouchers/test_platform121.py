"""Asking a 121 Platform: only the sender's own state comes out, whatever 121 answers or does not answer."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import itertools
import logging
import threading
import time

import pytest

from helpline import clock, logs, settings
from helpline.errors import SettingsError
from helpline.messages import Identity
from helpline.vouchers import source
from helpline.vouchers.circuit import PAUSE_MS
from helpline.vouchers.lookup import REGISTRATIONS, TRANSACTIONS, Outcome, Voucher
from helpline.vouchers.platform121 import Fault, Platform121
from tests.vouchers.platform_double import NAME, NOTE, PASSWORD, PROGRAM, STREET, USERNAME, payment, person, running

AMINA, OTHER = "31600000101", "31600000102"
CANNOT_CHECK = Voucher(Outcome.CANNOT_CHECK, "121")
NOT_FOUND = Voucher(Outcome.NOT_FOUND, "121")
DELIVERED = Voucher(Outcome.FOUND, "121", "included", "success", dt.date(2026, 2, 24), 1750)
SEARCH = "GET /registrations"
BALANCE = "GET /programs/2/fsps/intersolve-voucher/voucher/balance"


@pytest.fixture
def platform():
    with running() as started:
        yield started


@pytest.fixture
def client(platform):
    return made(platform)


def made(platform, **more):
    return Platform121(platform.url, USERNAME, PASSWORD, str(PROGRAM), **{"timeout": 2.0, "budget": 4.0, **more})


def ask(client, phone=AMINA):
    return client.status(Identity(phone=phone))


def with_amina(platform, status="success"):
    """Amina, and somebody else whose paused state and 99.00 nobody may learn."""
    platform.add(person(5, whatsapp=AMINA), payment(status))
    platform.add(person(6, whatsapp=OTHER, status="paused"), payment("success", amount=99, number=92))


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


FAULTS = ("down", "html", "400", "401", "403", "404", "429", "500", "503", "errors_200", "everybody", "redirect",
          "null", "scalar", "strings", "nan", "empty", "deep", "huge")  # fmt: skip


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


def test_one_failed_call_is_repeated_once(platform, client):
    with_amina(platform)
    platform.fault = "once_500"
    assert ask(client) == DELIVERED
    assert platform.paths().count(SEARCH) == 2
    platform.fault = "500"
    assert ask(client) == CANNOT_CHECK
    assert platform.paths().count(SEARCH) == 4


@pytest.mark.parametrize("fault", ["429", "403", "html"])
def test_a_refusal_is_not_repeated(platform, client, fault):
    with_amina(platform)
    platform.fault = fault
    ask(client)
    assert platform.paths().count(SEARCH) == 1


def test_signs_in_once_and_keeps_the_token_in_a_cookie_only(platform, client):
    with_amina(platform)
    for _ in range(3):
        assert ask(client) == DELIVERED
    assert platform.paths().count("POST /users/login") == 1
    headers = [one[3] for one in platform.asked if one[0] == "GET"]
    assert all(one["Cookie"].startswith("access_token_general=eyJ.") for one in headers)
    assert not any(name.lower() in ("authorization", "x-121-interface") for one in headers for name in one)


def test_a_token_in_the_body_is_enough(platform, client):
    with_amina(platform)
    platform.login_body_only = True
    assert ask(client) == DELIVERED


def test_an_expired_token_is_renewed_once(platform, client):
    with_amina(platform)
    ask(client)
    platform.tokens.clear()
    assert ask(client) == DELIVERED
    assert platform.paths().count("POST /users/login") == 2


def test_a_token_that_is_never_accepted_is_renewed_once_and_then_given_up(platform, client):
    with_amina(platform)
    platform.fault = "401"
    assert ask(client) == CANNOT_CHECK
    assert platform.paths().count("POST /users/login") == 2
    assert platform.paths().count(SEARCH) == 2


def test_threads_with_an_expired_token_sign_in_once(platform, client):
    with_amina(platform)
    ask(client)
    platform.tokens.clear()
    seen = []
    threads = [threading.Thread(target=lambda: seen.append(ask(client))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [DELIVERED] * 8
    assert platform.paths().count("POST /users/login") == 2


def test_a_wrong_password_is_tried_once_and_then_left_alone(platform):
    client = Platform121(platform.url, USERNAME, "wrong", str(PROGRAM))
    assert [ask(client) for _ in range(5)] == [CANNOT_CHECK] * 5
    assert platform.paths() == ["POST /users/login"]


def test_a_platform_that_is_down_is_left_alone_for_a_while(platform, client):
    with_amina(platform)
    platform.fault = "500"
    for _ in range(3):
        ask(client)
    asked = len(platform.asked)
    platform.fault = None
    assert ask(client) == CANNOT_CHECK
    assert len(platform.asked) == asked
    clock.shift(PAUSE_MS / 1000 + 1)
    assert ask(client) == DELIVERED


def test_one_registration_that_vanished_does_not_stop_lookups_of_others(platform, client):
    with_amina(platform)
    del platform.activities[5]
    for _ in range(4):
        assert ask(client) == CANNOT_CHECK
    assert ask(client, OTHER).registration == "paused"


def test_a_slow_platform_is_asked_twice_and_not_waited_for(platform):
    with_amina(platform)
    platform.fault, platform.delay = "slow", 0.8
    assert ask(made(platform, timeout=0.3, budget=3.0)) == CANNOT_CHECK
    assert platform.paths().count(SEARCH) == 2


def test_an_answer_that_dribbles_in_is_not_waited_for(platform):
    with_amina(platform)
    platform.fault, platform.delay = "dribble", 0.02  # the whole answer would take half a minute
    assert ask(made(platform, timeout=0.3, budget=3.0)) == CANNOT_CHECK
    # Reading to the end would have used up the time for the second try.
    assert platform.paths().count(SEARCH) == 2


def test_all_calls_of_one_question_share_one_budget(platform):
    with_amina(platform)
    platform.fault, platform.delay = "slow", 0.8
    assert ask(made(platform, timeout=0.5, budget=0.5)) == CANNOT_CHECK
    assert platform.paths().count(SEARCH) == 1


def test_a_compressed_answer_in_chunks_is_read(platform, client):
    with_amina(platform)
    platform.compressed = True
    assert ask(client) == DELIVERED


@pytest.mark.slow
def test_six_seconds_are_too_slow_with_the_settings_of_service(platform):
    with_amina(platform)
    platform.fault, platform.delay = "slow", 6.0
    assert ask(Platform121(platform.url, USERNAME, PASSWORD, str(PROGRAM))) == CANNOT_CHECK


def test_balance_of_a_delivered_voucher(platform, client):
    with_amina(platform)
    platform.balances["44e62864557597e5"] = 12.5
    assert client.balance(Identity(phone=AMINA)) == (DELIVERED, 1250)
    query = platform.asked[-1][2]
    assert query == {"referenceId": "44e62864557597e5", "paymentId": "12"}


def test_balance_is_asked_once_in_five_minutes(platform, client):
    with_amina(platform)
    platform.balances["44e62864557597e5"] = 12.5
    for _ in range(3):
        assert client.balance(Identity(phone=AMINA))[1] == 1250
    assert platform.paths().count(BALANCE) == 1
    clock.shift(301)
    platform.balances["44e62864557597e5"] = 3
    assert client.balance(Identity(phone=AMINA))[1] == 300
    assert platform.paths().count(BALANCE) == 2


@pytest.mark.parametrize("status", ["pendingApproval", "approved", "waiting", "error"])
def test_a_voucher_that_is_not_delivered_is_never_asked_for_its_balance(platform, client, status):
    with_amina(platform, status)
    platform.balances["44e62864557597e5"] = 12.5
    assert client.balance(Identity(phone=AMINA))[1] is None
    assert platform.vouchers["44e62864557597e5"] == {"amount": 17.5, "send": False, "balanceUsed": False}
    assert BALANCE not in platform.paths()


def test_a_status_question_never_asks_for_a_balance(platform, client):
    with_amina(platform)
    platform.balances["44e62864557597e5"] = 12.5
    ask(client)
    assert BALANCE not in platform.paths()


def test_a_payment_by_card_has_no_voucher_balance(platform, client):
    platform.add(person(5, whatsapp=AMINA), payment("success", fspName="Intersolve-visa"))
    assert client.balance(Identity(phone=AMINA)) == (DELIVERED, None)
    assert BALANCE not in platform.paths()


@pytest.mark.parametrize("fault", FAULTS[1:])
def test_a_balance_that_cannot_be_had_leaves_the_state_told(platform, client, fault):
    with_amina(platform)
    platform.balances["44e62864557597e5"] = 12.5
    ask(client)
    platform.fault, platform.fault_on = fault, "balance"
    voucher, balance = client.balance(Identity(phone=AMINA))
    assert voucher == DELIVERED
    assert balance == (500 if fault == "scalar" else None)


def test_a_balance_call_is_never_repeated(platform, client):
    with_amina(platform)
    platform.fault, platform.fault_on = "500", "balance"
    client.balance(Identity(phone=AMINA))
    assert platform.paths().count(BALANCE) == 1


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
