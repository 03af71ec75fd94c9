"""Signing in at the organisation's own service, against a small real one: discovery, PKCE, signed tokens."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import sqlalchemy as sa
from joserfc import jwt
from joserfc.jwk import RSAKey

from helpline import accounts, oidc
from helpline.console import app
from helpline.db import schema
from helpline.errors import InputError
from tests.console.conftest import Browser

CLIENT, SECRET_OF_CLIENT = "helpline-desk", "a-secret-of-the-client"


class Provider:
    """An OpenID provider: it hands out codes for one browser each and signs what it says."""

    def __init__(self):
        self.key = RSAKey.generate_key(2048, {"kid": "1", "use": "sig", "alg": "RS256"})
        self.codes = {}
        self.person = {"sub": "person-1", "email": "sara@desk.example", "email_verified": True, "name": "Sara"}
        self.changes = {}
        self.signing = self.key
        self.issuer = ""

    def authorize(self, location, **claims):
        """What the person's browser brings back after signing in there."""
        asked = {name: value[0] for name, value in parse_qs(urlsplit(location).query).items()}
        assert asked["response_type"] == "code" and asked["code_challenge_method"] == "S256" and asked["nonce"]
        assert asked["redirect_uri"] == "https://desk.example.org/sign-in/oidc/back"
        code = secrets.token_urlsafe(16)
        self.codes[code] = (asked, {**self.person, **claims})
        return urlencode({"code": code, "state": asked["state"]})

    def token(self, form, authorization):
        login = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        found = self.codes.pop(form.get("code", ""), None)
        if login != f"{CLIENT}:{SECRET_OF_CLIENT}" or found is None:
            return 400, {"error": "invalid_grant"}
        asked, person = found
        digest = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        if digest != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"], **person}
        claims.update(self.changes)
        signed = jwt.encode({"alg": "RS256", "kid": "1"}, claims, self.signing)
        return 200, {"access_token": "opaque", "token_type": "Bearer", "expires_in": 300, "id_token": signed}

    def answer(self, path, form, authorization):
        if path == "/.well-known/openid-configuration":
            return 200, {
                "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token", "userinfo_endpoint": f"{self.issuer}/userinfo",
                "jwks_uri": f"{self.issuer}/keys", "id_token_signing_alg_values_supported": ["RS256"],
                "response_types_supported": ["code"], "subject_types_supported": ["public"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            }  # fmt: skip
        if path == "/keys":
            return 200, {"keys": [self.key.as_dict(private=False)]}
        return self.token(form, authorization) if path == "/token" else (404, {})


@pytest.fixture(scope="module")
def running():
    made = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            form = {name: value[0] for name, value in parse_qs(raw).items()}
            status, body = made.answer(urlsplit(self.path).path, form, self.headers.get("Authorization") or "")
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET

        def log_message(self, *_):
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    made.issuer = f"http://127.0.0.1:{server.server_port}"
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture
def provider(running):
    running.changes, running.signing = {}, running.key
    return running


@pytest.fixture
def opened(service, provider):
    with service.engine.begin() as conn:
        accounts.ensure_demo(conn)
        sara = next(one for one in accounts.listed(conn) if one.username == "sara")
        oidc.set_email(conn, sara.id, "Sara@Desk.Example")
    chosen = dataclasses.replace(
        service.settings, oidc_issuer=provider.issuer, oidc_client_id=CLIENT, oidc_client_secret=SECRET_OF_CLIENT,
        console_url="https://desk.example.org", oidc_name="Our organisation",
    )  # fmt: skip
    return dataclasses.replace(service, settings=chosen)


def desk(opened, **more):
    return app.create(dataclasses.replace(opened, settings=dataclasses.replace(opened.settings, **more)))


def come_back(browser, provider, **claims):
    started = browser.get("/sign-in/oidc?next=/cases")
    assert started.status_code == 302
    return browser.get(f"/sign-in/oidc/back?{provider.authorize(started.headers['Location'], **claims)}")


def test_a_colleague_signs_in_by_the_address_an_administrator_wrote_down(opened, provider):
    browser = Browser(desk(opened))
    assert "Our organisation" in browser.get("/sign-in").text
    assert come_back(browser, provider).headers["Location"] == "/cases"
    assert "Sara" in browser.get("/cases").text


def test_from_then_on_only_the_subject_counts(opened, provider):
    come_back(Browser(desk(opened)), provider)
    renamed = Browser(desk(opened))
    assert come_back(renamed, provider, email="new@desk.example").status_code == 303
    thief = Browser(desk(opened))  # somebody else who now has that address there
    assert come_back(thief, provider, sub="person-2").status_code == 403
    assert thief.get("/cases").status_code == 302


@pytest.mark.parametrize(
    "claims", [{"email_verified": False}, {"email_verified": "true"}, {"email": "nobody@desk.example"}, {"email": ""}]
)
def test_nobody_gets_in_by_an_address_that_is_not_theirs(opened, provider, claims):
    browser = Browser(desk(opened))
    answer = come_back(browser, provider, **claims)
    assert answer.status_code == 403 and "administrator" in answer.text
    assert browser.get("/cases").status_code == 302


@pytest.mark.parametrize(
    "changes", [{"iss": "https://evil.example"}, {"aud": "another"}, {"nonce": "planted"}, {"exp": 1}, {"sub": ""}]
)
def test_a_token_that_is_not_for_us_is_refused(opened, provider, changes):
    provider.changes = changes
    browser = Browser(desk(opened))
    assert come_back(browser, provider).status_code == 400
    assert browser.get("/cases").status_code == 302


def test_a_token_signed_by_somebody_else_is_refused(opened, provider):
    provider.signing = RSAKey.generate_key(2048, {"kid": "1"})
    assert come_back(Browser(desk(opened)), provider).status_code == 400


def test_an_answer_nobody_asked_for_or_a_second_time_is_refused(opened, provider):
    flask = desk(opened)
    victim, attacker = Browser(flask), Browser(flask)
    location = attacker.get("/sign-in/oidc").headers["Location"]
    brought = provider.authorize(location)
    assert victim.get(f"/sign-in/oidc/back?{brought}").status_code == 400  # the state is of another browser
    for wrong in ("", "?code=x&state=y", "?error=access_denied&state=x", "?code=x"):
        assert victim.get(f"/sign-in/oidc/back{wrong}").status_code == 400
    assert attacker.get(f"/sign-in/oidc/back?{brought}").status_code == 303
    assert attacker.get(f"/sign-in/oidc/back?{brought}").status_code == 400


def test_second_factor_is_asked_here_unless_the_service_asked_for_one(opened, provider):
    strict = desk(opened, second_factor="on")
    assert come_back(Browser(strict), provider).headers["Location"] == "/sign-in/second-factor"
    proven = Browser(strict)
    assert come_back(proven, provider, amr=["pwd", "mfa"]).headers["Location"] == "/cases"
    assert proven.get("/cases").status_code == 200


def test_accounts_are_made_only_where_the_settings_say_so(opened, provider, service):
    new = {"sub": "person-9", "email": "fresh@desk.example", "name": "Fresh"}
    browser = Browser(desk(opened, oidc_new_role="viewer"))
    assert come_back(browser, provider, **new).status_code == 303
    with service.engine.connect() as conn:
        made = conn.execute(sa.select(schema.accounts).where(schema.accounts.c.username == "fresh@desk.example")).one()
    assert (made.role, made.name) == ("viewer", "Fresh")
    unverified = {**new, "sub": "person-10", "email": "other@desk.example", "email_verified": False}
    assert come_back(Browser(desk(opened, oidc_new_role="viewer")), provider, **unverified).status_code == 403


def test_somebody_who_may_no_longer_sign_in_does_not_get_in_this_way(opened, provider, service):
    with service.engine.begin() as conn:
        sara = next(one for one in accounts.listed(conn) if one.username == "sara")
        accounts.set_active(conn, sara.id, False)
    assert come_back(Browser(desk(opened)), provider).status_code == 403


def test_without_the_setting_there_is_no_such_page(console, stranger):
    assert stranger.get("/sign-in/oidc").status_code == 404
    assert stranger.get("/sign-in/oidc/back?code=x&state=y").status_code == 404


def test_a_service_that_is_away_is_said(opened):
    browser = Browser(desk(opened, oidc_issuer="http://127.0.0.1:9"))
    assert browser.get("/sign-in/oidc").status_code == 502


def test_an_address_belongs_to_one_account(opened, service):
    with service.engine.begin() as conn:
        tom = next(one for one in accounts.listed(conn) if one.username == "tom")
        for wrong in ("sara@desk.example", "not an address", "a@b", "x@y.z\nBcc: q@r.st"):
            with pytest.raises(InputError):
                oidc.set_email(conn, tom.id, wrong)
