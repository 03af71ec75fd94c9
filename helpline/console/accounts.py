"""Who may sign in: administrators add people, give roles and duties, end access; everybody chooses their password."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, abort, redirect, render_template, request, session, url_for
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response as AnyResponse

from helpline import accounts, logs, staff
from helpline.console import current, forms
from helpline.errors import HelplineError, InputError, Refused

bp = Blueprint("accounts", __name__, url_prefix="/accounts")
log = logs.get(__name__)
Answer = AnyResponse | str | tuple[str, int]


@bp.get("")
def page() -> str:
    """Everybody, and the form for somebody new."""
    return _page()


@bp.post("")
def add() -> Answer:
    """Add somebody; their first password is shown on the answer to this request and never again."""
    try:
        with current.writing() as conn:
            account_id, password = staff.hire(
                conn, request.form.get("username", ""), request.form.get("name", ""), request.form.get("role", ""),
                request.form.get("languages", ""), _duties(),
            )  # fmt: skip
    except (InputError, Refused) as error:
        return _page(fault=error, typed=request.form.to_dict()), forms.status(error)
    logs.event(log, "account_added", account_id=account_id, by=current.account().id)
    return _page(shown=account_id, password=password)


@bp.get("/<int:account_id>")
def show(account_id: int) -> Answer:
    """One person, to change."""
    return _one(account_id)


@bp.post("/<int:account_id>")
def save(account_id: int) -> Answer:
    """Change name, role, duties and languages."""
    form = request.form

    def act(conn: Connection) -> None:
        staff.change(
            conn, account_id, name=form.get("name", ""), role=form.get("role", ""),
            languages=form.get("languages", ""), duties=_duties(),
        )  # fmt: skip

    return _do(account_id, act, "account_changed")


@bp.post("/<int:account_id>/active")
def active(account_id: int) -> Answer:
    """Let somebody sign in again, or no longer; their sessions end at once."""
    wanted = request.form.get("active") == "yes"
    return _do(account_id, lambda conn: staff.let_in(conn, account_id, wanted), "account_activity")


@bp.post("/<int:account_id>/sign-out")
def sign_out(account_id: int) -> Answer:
    """End every session of somebody: a lost laptop."""
    return _do(account_id, lambda conn: accounts.sign_out_everywhere(conn, account_id), "account_signed_out")


@bp.post("/<int:account_id>/password")
def password(account_id: int) -> Answer:
    """A fresh password, shown once."""
    with current.reading() as conn:
        _get(conn, account_id)
    with current.writing() as conn:
        fresh = staff.reset_password(conn, account_id)
    logs.event(log, "password_reset", account_id=account_id, by=current.account().id)
    return _page(shown=account_id, password=fresh)


@bp.get("/own")
def own() -> str:
    """The form to change one's own password."""
    return _own()


@bp.post("/own")
def change_own() -> Answer:
    """Choose another password; the old one must be known."""
    me, service = current.account(), current.service()
    fresh, again = request.form.get("new", "")[:1000], request.form.get("again", "")[:1000]
    try:
        with current.writing() as conn:
            candidate = accounts.begin_sign_in(conn, service.vault, me.username, request.remote_addr or "")
        if not accounts.believes(candidate, request.form.get("old", "")[:1000]):
            raise InputError("accounts.fault_old")
        if fresh != again:
            raise InputError("accounts.fault_again")
        if fresh == request.form.get("old", ""):
            raise InputError("accounts.fault_same")
        with current.writing() as conn:
            accounts.end_sign_in(conn, service.vault, me)
            staff.choose_password(conn, me.id, fresh)
            kept = accounts.get(conn, me.id)
    except (InputError, Refused) as error:
        return _own(error), forms.status(error)
    assert kept is not None
    session["epoch"] = kept.session_epoch
    logs.event(log, "password_chosen", account_id=me.id)
    return redirect(url_for("signin.start"), 303)


def _do(account_id: int, act: Callable[[Connection], None], event: str) -> Answer:
    with current.reading() as conn:
        _get(conn, account_id)
    try:
        with current.writing() as conn:
            act(conn)
    except (InputError, Refused) as error:
        return _one(account_id, error), forms.status(error)
    logs.event(log, event, account_id=account_id, by=current.account().id)
    return redirect(url_for("accounts.show", account_id=account_id, done="yes"), 303)


def _page(
    fault: HelplineError | None = None, typed: dict[str, str] | None = None, shown: int = 0, password: str = ""
) -> str:
    with current.reading() as conn:
        people = accounts.listed(conn)
    return render_template(
        "accounts/page.html", people=people, fault=_said(fault), typed=typed or {}, chosen=_duties().split(","),
        shown=shown, password=password, ROLES=accounts.ROLES, DUTIES=accounts.DUTIES,
    )  # fmt: skip


def _one(account_id: int, fault: HelplineError | None = None) -> str:
    with current.reading() as conn:
        one = _get(conn, account_id)
    return render_template(
        "accounts/one.html", one=one, fault=_said(fault), done=request.args.get("done") == "yes",
        ROLES=accounts.ROLES, DUTIES=accounts.DUTIES,
    )  # fmt: skip


def _own(fault: HelplineError | None = None) -> str:
    given = current.account().password_given
    return render_template("accounts/own.html", fault=_said(fault), given=given, length=accounts.PASSWORD_LENGTH)


def _said(fault: HelplineError | None) -> str | None:
    if fault is None:
        return None
    words = current.words()
    return words.any_of(str(fault), "accounts.fault_any") + ("" if str(fault).startswith("accounts.") else f" {fault}")


def _get(conn: Connection, account_id: int) -> accounts.Account:
    found = accounts.get(conn, account_id) if 0 < account_id < 2**62 else None
    if found is None:
        abort(404)
    return found


def _duties() -> str:
    return ",".join(name for name in request.form.getlist("duties") if name in accounts.DUTIES)
