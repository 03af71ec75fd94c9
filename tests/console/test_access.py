"""Nobody gets in who should not: signed-out, wrong role, another site."""

import pytest

from helpline import accounts, clock
from helpline.console import access
from tests.console.conftest import SAME, Browser

NOBODYS_PASSWORD = "not the password of anybody"


def routes(console):
    """Every route as (endpoint, method, path), numbers filled in."""
    for rule in console.url_map.iter_rules():
        path = rule.rule
        for argument in rule.arguments:
            path = path.replace(f"<int:{argument}>", "99").replace(f"<path:{argument}>", "desk.css")
            path = path.replace(f"<{argument}>", "1")
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            yield rule.endpoint, method, path


def test_every_route_refuses_the_signed_out(console, stranger):
    for endpoint, method, path in routes(console):
        answer = stranger.client.open(path, method=method, headers=SAME)
        if endpoint in access.PUBLIC:
            assert answer.status_code < 500, path
        elif method == "GET":
            assert answer.status_code == 302 and "/sign-in" in answer.headers["Location"], path
        else:
            assert answer.status_code == 401, path
    assert stranger.get("/no-such-page").status_code == 302


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)  # no question to the database decides it
def test_every_route_refuses_the_roles_it_is_not_for(console, service):
    browsers = {one.username: Browser(console, one.username) for one in accounts.DEMO}
    known = {one.username: one for one in accounts.DEMO}
    for endpoint, method, path in routes(console):
        if endpoint == "signin.leave":
            continue
        for username, browser in browsers.items():
            one = known[username]
            answer = browser.client.open(path, method=method, headers=SAME)
            allowed = access.may(one.role, endpoint, one.duties.split(","))
            assert (answer.status_code == 403) == (not allowed), (username, path, answer.status_code)


def test_editors_and_administrators_never_see_a_conversation(console, case_id):
    for username in ("eva", "ruben", "vera"):
        browser = Browser(console, username)
        assert browser.get(f"/cases/{case_id}").status_code == 403
        assert browser.get("/cases").status_code == 403
        assert "/cases" not in browser.get("/").headers["Location"]


def test_a_feature_nobody_listed_is_closed_to_everybody(console):
    assert not any(access.may(role, "new_feature.page") for role in accounts.ROLES)


def test_a_route_may_ask_for_a_duty_besides_the_role(monkeypatch):
    monkeypatch.setitem(access.ROLES_OF, "reading", ("agent", "coordinator"))
    monkeypatch.setitem(access.DUTIES_OF, "reading", ("legal", "coordinator"))
    assert access.may("agent", "reading.page", ("legal",))
    assert access.may("coordinator", "reading.page")
    assert not access.may("agent", "reading.page", ("translate",))
    assert not access.may("editor", "reading.page", ("legal",))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://localhost.evil.example", "Sec-Fetch-Site": "same-origin"},
    ],
)
def test_another_sites_page_cannot_act_with_our_cookie(sara, case_id, headers):
    assert sara.client.post(f"/cases/{case_id}/claim", headers=headers).status_code == 403


@pytest.mark.parametrize("headers", [SAME, {"Origin": "http://localhost"}, {"Origin": "null", **SAME}])
def test_our_own_pages_may_act(sara, case_id, headers):
    assert sara.client.post(f"/cases/{case_id}/claim", headers=headers).status_code == 303


def test_every_answer_carries_the_security_headers(sara, stranger, case_id):
    for answer in (
        sara.get(f"/cases/{case_id}"),
        stranger.get("/sign-in"),
        stranger.get("/health"),
        sara.get("/nothing"),
    ):
        policy = answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy and "unsafe" not in policy and "default-src 'none'" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"


def test_pages_have_no_inline_script_or_style(sara, case_id):
    for path in ("/cases", f"/cases/{case_id}", "/status"):
        page = sara.get(path).text
        assert "<style" not in page and "style=" not in page and "onclick" not in page and "<script>" not in page


def test_session_ends_after_an_idle_hour_and_polling_does_not_prolong_it(sara):
    assert sara.get("/cases").status_code == 200
    for _ in range(5):
        clock.shift(16 * 60)
        sara.get("/cases/live")
    answer = sara.get("/cases")
    assert answer.status_code == 302 and "/sign-in?next=" in answer.headers["Location"]


def test_an_hours_sleep_signs_nobody_out(sara):
    sara.get("/cases")
    clock.shift(3600 + 30)
    assert sara.get("/cases/live").status_code == 200


def test_session_ends_after_twelve_hours_whatever_one_does(sara):
    for _ in range(13):
        clock.shift(56 * 60)
        last = sara.get("/cases")
    assert last.status_code == 302


def test_signing_out_ends_a_copied_session_too(console, sara):
    copy = console.test_client()
    copy.set_cookie("helpline_console", sara.client.get_cookie("helpline_console").value)
    assert copy.get("/cases").status_code == 200
    assert sara.post("/sign-out").status_code == 303
    assert copy.get("/cases").status_code == 302


def test_somebody_who_may_no_longer_sign_in_is_out_at_once(service, sara):
    with service.engine.begin() as conn:
        account = next(one for one in accounts.listed(conn) if one.username == "sara")
        accounts.set_active(conn, account.id, False)
    assert sara.get("/cases").status_code == 302


def test_cookie_is_kept_from_scripts_and_other_sites(stranger):
    answer = stranger.post("/sign-in", username="sara", password=accounts.DEMO[0].password)
    cookie = next(value for value in answer.headers.getlist("Set-Cookie") if value.startswith("helpline_console="))
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie


def test_a_forged_cookie_is_nobody(console):
    client = console.test_client()
    client.set_cookie("helpline_console", "eyJhY2NvdW50IjoxfQ.aaaaaa.bbbbbbbb")
    assert client.get("/cases").status_code == 302
