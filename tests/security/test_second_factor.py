"""A stolen password is not enough: codes from an app, once each, guessed at most ten times, reset by a person."""

from __future__ import annotations

import dataclasses
import re

import pytest
import sqlalchemy as sa

from helpline import accounts, clock, looks, second_factor
from helpline.console import access, app
from helpline.db import schema
from helpline.errors import InputError
from tests.console.conftest import Browser

PASSWORD = accounts.DEMO[0].password
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@pytest.fixture
def enforcing(service):
    """A console that asks for it, as in production."""
    chosen = dataclasses.replace(service.settings, second_factor="on")
    with service.engine.begin() as conn:
        accounts.ensure_demo(conn)
    return app.create(dataclasses.replace(service, settings=chosen))


@pytest.fixture
def window(enforcing):
    return Browser(enforcing)


def sign_in(browser, username="sara"):
    return browser.post("/sign-in", username=username, password=PASSWORD)


def offered(page):
    """The sealed offer and the secret a person would type into the app."""
    sealed = re.search(r'name="offered" value="([^"]+)"', page.text)[1]
    by_hand = re.search(r'class="by-hand"[^>]*>(.*?)</code>', page.text, re.S)[1]
    return sealed, "".join(re.findall(r"<span>(\w+)</span>", by_hand))


def set_up(browser):
    """Set it up as a person would; the secret and the recovery codes."""
    sealed, secret = offered(browser.get("/sign-in/second-factor"))
    done = browser.post("/sign-in/second-factor", offered=sealed, code=second_factor.code_at(secret, clock.now()))
    assert done.status_code == 200
    codes = re.findall(r"<code>([a-z2-9-]{19})</code>", done.text)
    clock.shift(60)
    return secret, codes


def is_in(browser):
    return browser.get("/cases").status_code == 200


def id_of(service, username="sara"):
    with service.engine.connect() as conn:
        return conn.execute(sa.select(schema.accounts.c.id).where(schema.accounts.c.username == username)).scalar_one()


@pytest.mark.parametrize(
    ("at", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (2000000000, "279037")],
)
def test_codes_are_those_of_the_standard(at, code):
    # RFC 6238, appendix B, the last six of its eight digits.
    assert second_factor.code_at(RFC_SECRET, at) == code


def test_password_alone_opens_nothing_and_the_first_sign_in_sets_it_up(enforcing, window, service):
    assert sign_in(window).headers["Location"] == "/sign-in/second-factor"
    for path in ("/cases", "/accounts/own", "/help", "/status"):
        assert window.get(path).status_code == 302, path
    page = window.get("/sign-in/second-factor")
    assert "<svg" in page.text and "style=" not in page.text and "data:" not in page.text
    _, codes = set_up(window)
    assert len(codes) == second_factor.RECOVERY_CODES and is_in(window)


def test_from_then_on_the_code_is_asked_and_the_wrong_one_refused(enforcing, window):
    sign_in(window)
    secret, _ = set_up(window)
    window.post("/sign-out")
    other = Browser(enforcing)
    assert sign_in(other).headers["Location"] == "/sign-in/code"
    assert other.post("/sign-in/code", code="000000").status_code == 401
    assert not is_in(other)
    # Whoever knows only the password must not be able to set up a phone of their own.
    assert other.get("/sign-in/second-factor").headers["Location"] == "/sign-in/code"
    fresh = second_factor.offer(enforcing.extensions["helpline"].vault, 1)
    assert other.post("/sign-in/second-factor", offered=fresh, code="1").headers["Location"] == "/sign-in/code"
    assert other.post("/sign-in/second-factor/renew", code="1", act="phone").status_code == 401
    assert other.post("/sign-in/code", code=second_factor.code_at(secret, clock.now())).status_code == 303
    assert is_in(other)


def test_a_code_works_once(enforcing, window):
    sign_in(window)
    secret, _ = set_up(window)
    code = second_factor.code_at(secret, clock.now())
    for status in (303, 401):
        browser = Browser(enforcing)
        sign_in(browser)
        assert browser.post("/sign-in/code", code=code).status_code == status
    assert not is_in(browser)


@pytest.mark.parametrize(("drift", "works"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_clock_may_be_half_a_minute_wrong_and_no_more(service, vault, drift, works):
    with service.engine.begin() as conn:
        accounts.ensure_demo(conn)
        me = accounts.listed(conn)[0].id
        sealed = second_factor.offer(vault, me)
        secret = second_factor.secret_of(vault, sealed, me)
        second_factor.enrol(conn, vault, me, sealed, second_factor.code_at(secret, clock.now()))
        clock.shift(300)
        code = second_factor.code_at(secret, clock.now() + drift)
        assert (second_factor.check(conn, vault, me, code) == "app") is works


def test_guessing_stops_after_ten_even_with_the_right_code(enforcing, window):
    sign_in(window)
    secret, _ = set_up(window)
    browser = Browser(enforcing)
    sign_in(browser)
    for number in range(second_factor.ATTEMPTS):
        assert browser.post("/sign-in/code", code=f"{number:06}").status_code == 401
    assert browser.post("/sign-in/code", code=second_factor.code_at(secret, clock.now())).status_code == 429
    other = Browser(enforcing)  # another window of the guesser is no way round
    sign_in(other)
    assert other.post("/sign-in/code", code=second_factor.code_at(secret, clock.now())).status_code == 429


def test_a_recovery_code_works_once_and_is_kept_as_a_hash(enforcing, window, service):
    sign_in(window)
    _, codes = set_up(window)
    with service.engine.connect() as conn:
        stored = [row.code_hash for row in conn.execute(sa.select(schema.recovery_codes))]
    assert len(stored) == len(codes) and not any(code.replace("-", "") in "".join(stored) for code in codes)
    first = Browser(enforcing)
    sign_in(first)
    assert first.post("/sign-in/code", code=codes[0].upper()).status_code == 303
    assert is_in(first)
    again = Browser(enforcing)
    sign_in(again)
    assert again.post("/sign-in/code", code=codes[0]).status_code == 401


def test_somebody_else_s_recovery_code_is_worth_nothing(enforcing, window):
    sign_in(window)
    _, codes = set_up(window)
    tom = Browser(enforcing)
    sign_in(tom, "tom")
    set_up(tom)
    other = Browser(enforcing)
    sign_in(other, "tom")
    assert other.post("/sign-in/code", code=codes[1]).status_code == 401


def test_an_offer_is_for_one_account_and_a_quarter_of_an_hour(vault, service):
    sealed = second_factor.offer(vault, 7)
    assert second_factor.secret_of(vault, sealed, 7)
    for wrong in (lambda: second_factor.secret_of(vault, sealed, 8), lambda: second_factor.secret_of(vault, "x", 7),
                  lambda: second_factor.secret_of(vault, vault.seal(["x"]), 7)):  # fmt: skip
        with pytest.raises(InputError):
            wrong()
    clock.shift(second_factor.ENROL_SECONDS + 1)
    with pytest.raises(InputError):
        second_factor.secret_of(vault, sealed, 7)


def test_the_secret_is_sealed_where_it_is_kept(enforcing, window, service):
    sign_in(window)
    secret, _ = set_up(window)
    with service.engine.connect() as conn:
        row = conn.execute(sa.select(schema.accounts).where(schema.accounts.c.username == "sara")).one()
    assert secret not in str(row) and service.vault.open(row.totp_sealed) == secret


def test_password_is_forgotten_after_ten_minutes_without_a_code(enforcing, window):
    sign_in(window)
    secret, _ = set_up(window)
    browser = Browser(enforcing)
    sign_in(browser)
    clock.shift(11 * 60)
    code = second_factor.code_at(secret, clock.now())
    assert browser.post("/sign-in/code", code=code).headers["Location"] == "/sign-in"
    assert not is_in(browser)


def test_an_administrator_resets_a_lost_phone_and_everybody_can_see_it(enforcing, window, service):
    sign_in(window)
    set_up(window)
    ruben = Browser(enforcing)
    sign_in(ruben, "ruben")
    set_up(ruben)
    assert window.post(f"/accounts/{id_of(service)}/second-factor").status_code == 403
    assert ruben.post(f"/accounts/{id_of(service)}/second-factor").status_code == 303
    assert not is_in(window)  # sessions of the lost phone's owner end, too
    assert sign_in(Browser(enforcing)).headers["Location"] == "/sign-in/second-factor"
    with service.engine.connect() as conn:
        [line] = looks.listed(conn, service.vault, kind="factor_reset")
    assert (line.name, line.reason) == ("Ruben", "sara")
    # Not their own: whoever finds an administrator's open browser would get a phone of their own in.
    assert (
        ruben.post(f"/accounts/{id_of(service, 'ruben')}/second-factor").headers["Location"] == "/sign-in/second-factor"
    )
    assert ruben.get("/accounts").status_code == 200


def test_new_codes_and_another_phone_need_a_code_of_the_old(enforcing, window, service):
    sign_in(window)
    secret, codes = set_up(window)
    renew = "/sign-in/second-factor/renew"
    assert window.post(renew, code="123456", act="phone").status_code == 400
    fresh = window.post(renew, code=second_factor.code_at(secret, clock.now()), act="codes")
    assert fresh.status_code == 200 and codes[0] not in fresh.text
    newest = re.findall(r"<code>([a-z2-9-]{19})</code>", fresh.text)
    assert window.post(renew, code=newest[0], act="phone").status_code == 303
    again, _ = set_up(window)
    assert again != secret and is_in(window)


def test_sessions_from_before_it_was_switched_on_end(console, enforcing, sara):
    assert is_in(sara)
    copied = enforcing.test_client()
    copied.set_cookie("helpline_console", sara.client.get_cookie("helpline_console").value)
    assert copied.get("/cases").status_code == 302


def test_it_is_asked_of_everybody_who_sees_people_and_on_by_default_in_production(service):
    production = dataclasses.replace(service.settings, environment="production")
    for role in accounts.ROLES:
        sees_people = access.may(role, "cases.page") or access.may(role, "protection.persons")
        assert second_factor.is_enforced(production, role) or not sees_people, role
        assert not second_factor.is_enforced(service.settings, role)
    assert second_factor.is_enforced(production, "agent") and not second_factor.is_enforced(production, "viewer")


def test_a_viewer_may_have_one_and_is_asked_from_then_on(enforcing):
    vera = Browser(enforcing)
    assert sign_in(vera, "vera").headers["Location"] == "/"
    secret, _ = set_up(vera)
    again = Browser(enforcing)
    assert sign_in(again, "vera").headers["Location"] == "/sign-in/code"
    assert again.post("/sign-in/code", code=second_factor.code_at(secret, clock.now())).status_code == 303
