"""Administrators add people and give duties; nobody keeps a password that an administrator knows."""

import re

import pytest

from helpline import accounts
from tests.console.conftest import Browser


@pytest.fixture
def ruben(console) -> Browser:
    """An administrator."""
    return Browser(console, "ruben")


def find(service, username):
    with service.engine.connect() as conn:
        return next(one for one in accounts.listed(conn) if one.username == username)


def hired(ruben, **more):
    """Somebody new; the password the page shows once."""
    form = {"username": "lena", "name": "Lena", "role": "agent", "languages": "en,ar", "duties": "safeguarding", **more}
    answer = ruben.post("/accounts", **form)
    assert answer.status_code == 200, answer.text
    return re.search(r'class="secret">([^<]+)<', answer.text)[1]


def enter(console, username, password):
    browser = Browser(console)
    return browser, browser.post("/sign-in", username=username, password=password)


def test_somebody_new_signs_in_with_the_shown_password_and_must_choose_their_own(console, service, ruben):
    password = hired(ruben)
    assert password not in ruben.get("/accounts").text
    lena, answer = enter(console, "lena", password)
    assert answer.status_code == 303
    assert lena.get("/cases").headers["Location"] == "/accounts/own"
    changed = lena.post("/accounts/own", old=password, new="a better one 2026", again="a better one 2026")
    assert changed.status_code == 303
    assert lena.get("/cases").status_code == 200
    assert enter(console, "lena", password)[1].status_code == 401
    assert find(service, "lena").has == ("safeguarding",)


@pytest.mark.parametrize(
    ("old", "new", "again"),
    [
        ("wrong password", "a better one 2026", "a better one 2026"),
        (accounts.DEMO[0].password, "a better one 2026", "a better one 2027"),
        (accounts.DEMO[0].password, "short", "short"),
        (accounts.DEMO[0].password, accounts.DEMO[0].password, accounts.DEMO[0].password),
    ],
)
def test_own_password_changes_only_with_the_old_one_and_a_usable_new_one(sara, console, old, new, again):
    assert sara.post("/accounts/own", old=old, new=new, again=again).status_code == 400
    assert enter(console, "sara", accounts.DEMO[0].password)[1].status_code == 303


def test_changed_duties_count_from_the_next_request(service, console, ruben):
    sara, _ = enter(console, "sara", accounts.DEMO[0].password)
    person = find(service, "sara")
    answer = ruben.post(f"/accounts/{person.id}", name="Sara", role="editor", languages="en", duties="review")
    assert answer.status_code == 303
    assert sara.get("/cases").status_code == 302
    assert find(service, "sara").role == "editor" and find(service, "sara").has == ("review",)


def test_somebody_who_left_is_out_at_once_and_can_come_back(service, console, ruben, sara):
    person = find(service, "sara")
    assert ruben.post(f"/accounts/{person.id}/active", active="no").status_code == 303
    assert sara.get("/cases").status_code == 302
    assert enter(console, "sara", accounts.DEMO[0].password)[1].status_code == 401
    ruben.post(f"/accounts/{person.id}/active", active="yes")
    assert enter(console, "sara", accounts.DEMO[0].password)[1].status_code == 303


def test_lost_laptop_is_signed_out(service, ruben, sara):
    ruben.post(f"/accounts/{find(service, 'sara').id}/sign-out")
    assert sara.get("/cases").status_code == 302


def test_reset_password_replaces_the_old_one(service, console, ruben):
    answer = ruben.post(f"/accounts/{find(service, 'tom').id}/password")
    fresh = re.search(r'class="secret">([^<]+)<', answer.text)[1]
    assert enter(console, "tom", accounts.DEMO[0].password)[1].status_code == 401
    assert enter(console, "tom", fresh)[1].status_code == 303


def test_the_last_administrator_stays(service, ruben):
    person = find(service, "ruben")
    assert ruben.post(f"/accounts/{person.id}/active", active="no").status_code == 409
    assert ruben.post(f"/accounts/{person.id}", name="Ruben", role="agent", languages="").status_code == 409
    assert find(service, "ruben").active and find(service, "ruben").role == "administrator"


@pytest.mark.parametrize(
    "wrong", [{"username": "sara"}, {"username": " "}, {"role": "king"}, {"languages": "<b>"}, {"name": ""}]
)
def test_what_cannot_be_used_is_said_and_nobody_is_added(service, ruben, wrong):
    form = {"username": "lena", "name": "Lena", "role": "agent", "languages": "en", **wrong}
    answer = ruben.post("/accounts", **form)
    assert answer.status_code == 400 and 'role="alert"' in answer.text
    with service.engine.connect() as conn:
        assert len(accounts.listed(conn)) == len(accounts.DEMO)


@pytest.mark.parametrize("path", ["/accounts/999", "/accounts/99999999999999999999"])
def test_nobody_is_not_found(ruben, path):
    assert ruben.get(path).status_code == 404
    assert ruben.post(path, name="x", role="agent").status_code == 404


def test_duties_are_checked_by_name():
    assert accounts.plain_duties("legal, safeguarding,legal") == "safeguarding,legal"
    with pytest.raises(accounts.InputError):
        accounts.plain_duties("king")
