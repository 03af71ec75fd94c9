"""The second factor in the console: asked after the password, set up at the first sign-in, renewed and reset."""

from __future__ import annotations

from dataclasses import dataclass

import segno
from flask import Blueprint, abort, g, redirect, render_template, request, session, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from helpline import accounts, clock, logs, looks, second_factor
from helpline.console import access, current, forms
from helpline.errors import HelplineError, InputError, Refused

bp = Blueprint("second_factor", __name__)
log = logs.get(__name__)
Answer = AnyResponse | str | tuple[str, int]
PENDING_SECONDS = 10 * 60
"""How long after the password the code may come."""


@dataclass(frozen=True)
class Visitor:
    """Who is at the second factor: signed in, or known by password only."""

    account: accounts.Account
    signed_in: bool


def admit(account: accounts.Account, following: str, *, proven: bool = False) -> AnyResponse:
    """Let somebody in whose password is right, or ask for their second factor first.

    `proven`: the sign-in service says that it asked for one itself.
    """
    with current.reading() as conn:
        enrolled = second_factor.state(conn, account.id).enrolled
    enforced = second_factor.is_enforced(current.service().settings, account.role)
    if proven or not (enrolled or enforced):
        access.begin_session(account, second_factor=proven)
        logs.event(log, "signed_in", account_id=account.id)
        return redirect(following, 303)
    session.clear()
    session.update(pending=account.id, pending_epoch=account.session_epoch, pending_at=clock.now(), next=following)
    return redirect(url_for("second_factor.ask" if enrolled else "second_factor.page"), 303)


@bp.get("/sign-in/code")
def ask() -> Answer:
    """The form for the code."""
    visitor = _visitor()
    if visitor is None or visitor.signed_in:
        return redirect(url_for("signin.page"))
    return render_template("second_factor/code.html", fault=None)


@bp.post("/sign-in/code")
def answer() -> Answer:
    """Sign in with a code of the app, or a recovery code."""
    visitor = _visitor()
    if visitor is None or visitor.signed_in:
        return redirect(url_for("signin.page"), 303)
    account = visitor.account
    try:
        with current.writing() as conn:
            kind = second_factor.check(conn, current.service().vault, account.id, request.form.get("code", "")[:100])
    except accounts.TooManyAttempts:
        logs.event(log, "second_factor_limited", account_id=account.id)
        return render_template("second_factor/code.html", fault="signin.too_many"), 429
    if kind is None:
        logs.event(log, "second_factor_refused", account_id=account.id)
        return render_template("second_factor/code.html", fault="second_factor.fault_code"), 401
    following = str(session.get("next", url_for("signin.start")))
    access.begin_session(account, second_factor=True)
    logs.event(log, "signed_in", account_id=account.id, second_factor=kind)
    return redirect(url_for("second_factor.page") if kind == "recovery" else following, 303)


@bp.get("/sign-in/second-factor")
def page() -> Answer:
    """What somebody has set up, or how to set it up."""
    visitor = _visitor()
    if (elsewhere := _elsewhere(visitor)) or visitor is None:
        return elsewhere or redirect(url_for("signin.page"))
    return _page(visitor)


@bp.post("/sign-in/second-factor")
def enrol() -> Answer:
    """Set it up with the first code; the recovery codes are shown on the answer to this request and never again."""
    visitor = _visitor()
    if (elsewhere := _elsewhere(visitor)) or visitor is None:
        return elsewhere or redirect(url_for("signin.page"))
    account, offered = visitor.account, request.form.get("offered", "")
    try:
        with current.writing() as conn:
            codes = second_factor.enrol(
                conn, current.service().vault, account.id, offered, request.form.get("code", "")[:100]
            )
    except (InputError, Refused) as error:
        return _page(visitor, error, offered), forms.status(error)
    logs.event(log, "second_factor_set_up", account_id=account.id)
    following = str(session.get("next", url_for("signin.start")))
    access.begin_session(account, second_factor=True)
    g.account = account
    return render_template("second_factor/codes.html", codes=codes, following=following)


@bp.post("/sign-in/second-factor/renew")
def renew() -> Answer:
    """Fresh recovery codes, or another phone; a code proves that it is them."""
    visitor = _visitor()
    if visitor is None or not visitor.signed_in:
        return redirect(url_for("signin.page"), 303)
    account, codes = visitor.account, []
    try:
        with current.writing() as conn:
            kind = second_factor.check(conn, current.service().vault, account.id, request.form.get("code", "")[:100])
            if kind and request.form.get("act") == "phone":
                second_factor.forget(conn, account.id)
            elif kind:
                codes = second_factor.new_recovery_codes(conn, account.id)
            kept = accounts.get(conn, account.id)
    except accounts.TooManyAttempts as error:
        return _page(visitor, error), 429
    if kind is None or kept is None:
        return _page(visitor, InputError("second_factor.fault_code")), 400
    session["epoch"] = kept.session_epoch
    logs.event(log, "second_factor_renewed", account_id=account.id)
    if codes:
        return render_template("second_factor/codes.html", codes=codes, following=url_for("second_factor.page"))
    return redirect(url_for("second_factor.page"), 303)


@bp.post("/accounts/<int:account_id>/second-factor")
def reset(account_id: int) -> AnyResponse:
    """Take a colleague's second factor away, for a lost phone; not one's own, which `renew` is for."""
    me, service = current.account(), current.service()
    with current.writing() as conn:
        other = accounts.get(conn, account_id) if 0 < account_id < 2**62 else None
        if other is None:
            abort(404)
        if other.id == me.id:
            return redirect(url_for("second_factor.page"), 303)
        second_factor.forget(conn, other.id)
        looks.record(conn, service.vault, "factor_reset", me.id, reason=other.username)
    logs.event(log, "second_factor_reset", account_id=other.id, by=me.id)
    return redirect(url_for("accounts.show", account_id=other.id, done="yes"), 303)


def _visitor() -> Visitor | None:
    signed_in = current.signed_in()
    if signed_in is not None:
        return Visitor(signed_in, True)
    pending, at = session.get("pending"), session.get("pending_at", 0)
    if not isinstance(pending, int) or clock.now() - at > PENDING_SECONDS:
        return None
    with current.reading() as conn:
        account = accounts.get(conn, pending)
    if account is None or not account.active or account.session_epoch != session.get("pending_epoch"):
        return None
    return Visitor(account, False)


def _elsewhere(visitor: Visitor | None) -> AnyResponse | None:
    """Where somebody has to go before they may see what they set up."""
    if visitor is None:
        return redirect(url_for("signin.page"), 303)
    with current.reading() as conn:
        enrolled = second_factor.state(conn, visitor.account.id).enrolled
    return redirect(url_for("second_factor.ask"), 303) if enrolled and not visitor.signed_in else None


def _page(visitor: Visitor, fault: HelplineError | None = None, offered: str = "") -> str:
    service, account = current.service(), visitor.account
    with current.reading() as conn:
        state = second_factor.state(conn, account.id)
    said = None
    if fault is not None:
        said = current.words().any_of(str(fault), "signin.too_many")
    if state.enrolled:
        return render_template("second_factor/page.html", state=state, fault=said)
    try:
        secret = second_factor.secret_of(service.vault, offered, account.id)
    except InputError:
        offered = second_factor.offer(service.vault, account.id)
        secret = second_factor.secret_of(service.vault, offered, account.id)
    name = service.settings.organisation or current.words()("brand")
    drawn = segno.make(second_factor.address(secret, account.username, name), micro=False)
    enforced = second_factor.is_enforced(service.settings, account.role)
    return render_template(
        "second_factor/enrol.html", offered=offered, fault=said, enforced=enforced,
        groups=[secret[start : start + 4] for start in range(0, len(secret), 4)],
        # Drawn here and put into the page itself: no picture service ever sees the secret.
        picture=Markup(drawn.svg_inline(scale=5, border=4, light="white", dark="black", omitsize=True)),  # noqa: S704
    )  # fmt: skip
