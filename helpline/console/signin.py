"""Signing in and out, and the console's language."""

from __future__ import annotations

from typing import cast
from urllib.parse import urlsplit

from flask import Blueprint, current_app, make_response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from helpline import accounts, logs
from helpline.console import access, current, second_factor
from helpline.console.words import LANGUAGES

bp = Blueprint("signin", __name__)
log = logs.get(__name__)
START = ("queue.page", "content.page", "accounts.page")
"""Where people land, the first they may use; else the first of their menu."""


@bp.get("/")
def start() -> Response:
    """The page each role works on."""
    role = current.account().role
    menu = cast("tuple[tuple[str, str, str], ...]", current_app.jinja_env.globals["MENU"])
    return redirect(url_for(next(one for one in (*START, *(entry[0] for entry in menu)) if access.offered(role, one))))


@bp.get("/sign-in")
def page() -> Response | str:
    """The form."""
    if current.signed_in() is not None:
        return redirect(url_for("signin.start"))
    return form()


@bp.post("/sign-in")
def enter() -> Response | tuple[str, int] | str:
    """Sign in. Whatever is wrong, the answer is the same."""
    service = current.service()
    username, password = request.form.get("username", "")[:200], request.form.get("password", "")[:1000]
    try:
        with current.writing() as conn:
            candidate = accounts.begin_sign_in(conn, service.vault, username, request.remote_addr or "")
    except accounts.TooManyAttempts:
        logs.event(log, "sign_in_limited")
        return form("signin.too_many"), 429
    if not accounts.believes(candidate, password):
        logs.event(log, "sign_in_refused")
        return form("signin.wrong"), 401
    assert candidate.account is not None
    with current.writing() as conn:
        accounts.end_sign_in(conn, service.vault, candidate.account)
    return second_factor.admit(candidate.account, own_path(request.form.get("next", "")))


@bp.post("/sign-out")
def leave() -> Response:
    """Sign out, on every device: a copied cookie is worth nothing afterwards."""
    with current.writing() as conn:
        accounts.sign_out_everywhere(conn, current.account().id)
    session.clear()
    return redirect(url_for("signin.page"), 303)


@bp.post("/language")
def language() -> Response:
    """Show the console in another language, also before signing in."""
    chosen = request.form.get("language", "")
    answer = make_response(redirect(own_path(request.form.get("next", "")), 303))
    if chosen in LANGUAGES:
        account = current.signed_in()
        if account is not None:
            with current.writing() as conn:
                accounts.set_interface_language(conn, account.id, chosen)
        secure = current.service().settings.production
        answer.set_cookie("console_language", chosen, max_age=31536000, httponly=True, samesite="Lax", secure=secure)
    return answer


def form(fault: str | None = None) -> str:
    """The form, with what went wrong."""
    asked = request.values.get("next", "")
    typed = request.form.get("username", "") if fault else ""
    return render_template("signin/form.html", fault=fault, next=asked, typed=typed, oidc_name=_sign_in_service())


def _sign_in_service() -> str:
    """What the button to the sign-in service says, or nothing."""
    settings = current.service().settings
    return settings.oidc_name or urlsplit(settings.oidc_issuer).hostname or ""


def own_path(path: str) -> str:
    """A path of this console, or its start: never another site."""
    usable = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if usable and "\\" not in path else url_for("signin.start")
