"""Calls to a 121 Platform: what is repeated, how long it waits, signing in, and the balance call."""

from __future__ import annotations

import threading

import pytest

from helpline import clock
from helpline.messages import Identity
from helpline.vouchers.circuit import PAUSE_MS
from helpline.vouchers.platform121 import Platform121
from tests.vouchers.asking121 import (
    AMINA,
    BALANCE,
    CANNOT_CHECK,
    DELIVERED,
    FAULTS,
    OTHER,
    SEARCH,
    ask,
    made,
    with_amina,
)
from tests.vouchers.platform_double import PASSWORD, PROGRAM, USERNAME, payment, person


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
