"""Signing in through the organisation's own sign-in service: OpenID Connect, code flow with PKCE, state and nonce."""

from __future__ import annotations

from typing import Any, cast

from authlib.integrations.flask_client import OAuth
from flask import Blueprint, abort, current_app, redirect, request, session, url_for
from werkzeug.wrappers import Response

from helpline import accounts, logs, oidc
from helpline.console import current, second_factor, signin
from helpline.errors import HelplineError, InputError
from helpline.settings import Settings

bp = Blueprint("oidc", __name__)
log = logs.get(__name__)
SECONDS = 10
_KEPT = "oidc_next"
Answer = Response | str | tuple[str, int]


class NotTrusted(HelplineError):
    """What came back is not what the settings name."""


@bp.get("/sign-in/oidc")
def start() -> Answer:
    """Send the browser to the sign-in service."""
    provider = _provider()
    following = signin.own_path(request.args.get("next", ""))
    session.clear()
    session[_KEPT] = following
    try:
        return cast(Response, provider.authorize_redirect(_back_url(current.service().settings)))
    except Exception:  # the service is away, or its description cannot be read
        logs.failure(log, "oidc_start_failed")
        return signin.form("second_factor.oidc_failed"), 502


@bp.get("/sign-in/oidc/back")
def back() -> Answer:
    """Take the code the sign-in service sent, ask it whose it is, and let them in if they have an account."""
    provider, settings = _provider(), current.service().settings
    following = signin.own_path(str(session.get(_KEPT, "")))
    try:
        claims = _claims(provider, settings)
    except Exception:  # a forged or stale answer, or a service that is away: all the same to who asks
        logs.failure(log, "oidc_refused")
        session.clear()
        return signin.form("second_factor.oidc_failed"), 400
    named = oidc.Named(
        settings.oidc_issuer, str(claims["sub"])[:255], str(claims.get("email") or "")[:254],
        claims.get("email_verified") is True, str(claims.get("name") or "")[:200],
    )  # fmt: skip
    with current.writing() as conn:
        account = oidc.find(conn, named)
        if account is None and settings.oidc_new_role:
            account = oidc.add(conn, named, settings.oidc_new_role)
    if account is None or not account.active:
        logs.event(log, "oidc_unknown")
        session.clear()
        return signin.form("second_factor.oidc_unknown"), 403
    proven = "mfa" in (claims.get("amr") or ())  # RFC 8176
    return second_factor.admit(account, following, proven=proven)


@bp.post("/accounts/<int:account_id>/email")
def email(account_id: int) -> Response:
    """Say by which address the sign-in service names a colleague."""
    with current.reading() as conn:
        known = accounts.get(conn, account_id) if 0 < account_id < 2**62 else None
    if known is None:
        abort(404)
    done = "yes"
    try:
        with current.writing() as conn:
            oidc.set_email(conn, account_id, request.form.get("email", "")[:300])
    except InputError:
        done = "no"
    else:
        logs.event(log, "account_email_changed", account_id=account_id, by=current.account().id)
    return redirect(url_for("accounts.show", account_id=account_id, done=done), 303)


def globals_() -> dict[str, Any]:
    """What the page of an account shows."""
    return {"sign_in_email": _email_of}


def _email_of(account_id: int) -> str | None:
    """The address of a colleague at the sign-in service; None where there is no such service."""
    if not current.service().settings.oidc_issuer:
        return None
    with current.reading() as conn:
        return oidc.email_of(conn, account_id)


def _claims(provider: Any, settings: Settings) -> dict[str, Any]:
    token = provider.authorize_access_token()
    claims = dict(
        token.get("userinfo") or {}
    )  # of the identity token: signature, issuer, audience, nonce, time checked
    if claims.get("iss") != settings.oidc_issuer or not claims.get("sub"):
        raise NotTrusted("The identity token is of another sign-in service.")
    if "email" not in claims:
        told = dict(provider.userinfo(token=token))
        if told.get("sub") == claims["sub"]:
            claims = {**told, **claims}
    return claims


def _provider() -> Any:
    """The sign-in service; 404 where there is none."""
    settings = current.service().settings
    if not settings.oidc_issuer:
        abort(404)
    extensions = current_app.extensions
    if "oidc" not in extensions:
        made = OAuth(current_app)
        made.register(
            "service",
            server_metadata_url=f"{settings.oidc_issuer.rstrip('/')}/.well-known/openid-configuration",
            client_id=settings.oidc_client_id,
            client_secret=settings.oidc_client_secret,
            client_kwargs={"scope": "openid email profile", "code_challenge_method": "S256", "timeout": SECONDS},
        )
        extensions["oidc"] = made
    return extensions["oidc"].create_client("service")


def _back_url(settings: Settings) -> str:
    # Never from the request: its Host header is whoever asks' to choose.
    return f"{settings.console_url.rstrip('/')}{url_for('oidc.back')}"
