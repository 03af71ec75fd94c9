"""The way in, in a real browser: password, second factor, the organisation's sign-in service, and what goes wrong."""

import dataclasses

import pytest

from benchmarks.screenshots import served, sign_in
from helpline import clock, second_factor
from tests.console.test_browser_pages import wrong_here

pytestmark = pytest.mark.slow
ELSEWHERE = {"oidc_issuer": "http://127.0.0.1:9", "oidc_client_id": "desk", "oidc_client_secret": "secret",
             "oidc_name": "Example login", "second_factor": "on"}  # fmt: skip
"""A sign-in service that is away, and a second factor for everybody."""


def test_no_page_of_the_way_in_is_hard_to_use(desk, chromium):
    opened, _, _ = desk
    settings = dataclasses.replace(opened.settings, **ELSEWHERE)
    context = chromium.new_context(locale="en-GB")
    page, wrong = context.new_page(), {}

    def look(name, address=""):
        if address:
            page.goto(base + address)
        wrong[name] = wrong_here(page)

    def enter(code):
        page.fill("#code", code)
        page.click("main form button.primary, main form button[value=codes]")
        page.wait_for_load_state()

    with served(dataclasses.replace(opened, settings=settings)) as base:
        look("password", "/sign-in")
        assert page.is_visible("text=Example login")
        look("the service is away", "/sign-in/oidc")
        assert page.is_visible("[role=alert]")
        look("a forged answer of the service", "/sign-in/oidc/back?code=x&state=y")
        assert page.is_visible("[role=alert]")
        page.goto(f"{base}/sign-in")
        page.fill("#username", "sara")
        page.fill("#password", "not this one")
        page.click("form button.primary")
        look("wrong password")
        assert page.is_visible("[role=alert]")
        sign_in(page, base)
        look("set up")
        assert page.locator(".qr svg").bounding_box()["width"] >= 200, "a phone's camera reads it"
        secret = page.inner_text(".by-hand").replace(" ", "")
        enter("000000")
        look("set up, wrong code")
        assert page.is_visible("[role=alert]")
        enter(second_factor.code_at(secret, clock.now()))
        look("recovery codes")
        assert page.locator(".recovery li").count() == second_factor.RECOVERY_CODES
        look("own second factor", "/sign-in/second-factor")
        enter("000000")
        look("own second factor, wrong code")
        page.evaluate("document.querySelector('form.leave').requestSubmit()")
        page.wait_for_url("**/sign-in")
        sign_in(page, base)
        look("code")
        enter("000000")
        look("wrong code")
        assert page.is_visible("[role=alert]")
        clock.shift(60)
        enter(second_factor.code_at(secret, clock.now()))
        assert page.is_visible("nav.menu")
        page.goto(f"{base}/cases")
        assert page.is_visible("#board")
    context.close()
    assert {name: what for name, what in wrong.items() if what} == {}
