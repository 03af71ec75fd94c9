"""Signing in: by the right password only, a limited number of times, to our own pages."""

import pytest

from helpline import accounts, clock
from helpline.db import schema
from tests.conftest import count

PASSWORD = accounts.DEMO[0].password


def test_wrong_name_and_wrong_password_get_the_same_answer(stranger):
    wrong_password = stranger.post("/sign-in", username="sara", password="wrong")
    wrong_name = stranger.post("/sign-in", username="nobody", password="wrong")
    assert wrong_password.status_code == wrong_name.status_code == 401
    assert wrong_password.text.replace('value="sara"', "") == wrong_name.text.replace('value="nobody"', "")


def test_guessing_is_stopped_even_with_the_right_password_at_last(stranger):
    for _ in range(accounts.ATTEMPTS_PER_USERNAME):
        assert stranger.post("/sign-in", username="sara", password="wrong").status_code == 401
    assert stranger.post("/sign-in", username="SARA ", password=PASSWORD).status_code == 429
    assert stranger.post("/sign-in", username="tom", password=PASSWORD).status_code == 303
    clock.shift(accounts.ATTEMPT_SECONDS + 1)
    assert stranger.post("/sign-in", username="sara", password=PASSWORD).status_code == 303


def test_guessing_many_names_from_one_address_is_stopped(service, vault):
    with service.engine.begin() as conn:
        for number in range(accounts.ATTEMPTS_PER_ADDRESS):
            accounts.begin_sign_in(conn, vault, f"name{number}", "192.0.2.1")
        with pytest.raises(accounts.TooManyAttempts):
            accounts.begin_sign_in(conn, vault, "another", "192.0.2.1")
        accounts.begin_sign_in(conn, vault, "another", "192.0.2.2")


def test_attempts_are_kept_without_name_or_address(service, stranger):
    stranger.post("/sign-in", username="sara", password="wrong")
    with service.engine.connect() as conn:
        subjects = [row.subject for row in conn.execute(schema.sign_in_attempts.select())]
    assert len(subjects) == 2 and all(len(one) == 64 and "sara" not in one for one in subjects)


def test_signing_in_forgets_the_attempts_of_that_name(service, stranger):
    for _ in range(accounts.ATTEMPTS_PER_USERNAME - 1):
        stranger.post("/sign-in", username="sara", password="wrong")
    stranger.post("/sign-in", username="sara", password=PASSWORD)
    own = schema.sign_in_attempts.c.subject == service.vault.lookup("username", "sara")
    assert count(service.engine, schema.sign_in_attempts, own) == 0


@pytest.mark.parametrize(
    ("asked", "landed"),
    [
        ("/cases/7", "/cases/7"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("/cases\r\nX: y", "/"),
        ("", "/"),
    ],
)
def test_signing_in_leads_only_to_our_own_pages(stranger, asked, landed):
    answer = stranger.post("/sign-in", username="sara", password=PASSWORD, next=asked)
    assert answer.headers["Location"] == landed


@pytest.mark.parametrize("name", ["\0", "\ud800", "a" * 10_000, "' OR 1=1 --", "ＳＡＲＡ\u200b"])
def test_strange_names_are_refused_calmly(stranger, name):
    answer = stranger.client.post(
        "/sign-in",
        data={"username": name.encode("utf-8", "surrogatepass"), "password": b"\xff\xfe"},
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    assert answer.status_code in (400, 401)


def test_console_speaks_dutch_before_and_after_signing_in(console, stranger):
    assert "Sign in" in stranger.get("/sign-in").text
    assert stranger.post("/language", language="nl", next="/sign-in").headers["Location"] == "/sign-in"
    assert "Aanmelden" in stranger.get("/sign-in").text
    stranger.post("/sign-in", username="sara", password=PASSWORD)
    stranger.post("/language", language="nl")
    assert "Er wacht niemand" in stranger.get("/cases").text
    stranger.post("/language", language="xx")
    assert "Er wacht niemand" in stranger.get("/cases").text


def test_a_browser_that_prefers_dutch_gets_dutch(stranger):
    assert "Aanmelden" in stranger.get("/sign-in", **{"Accept-Language": "nl-NL,nl;q=0.9,en;q=0.5"}).text
