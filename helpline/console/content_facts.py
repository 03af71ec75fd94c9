"""Facts: what many answers repeat, who keeps it true, and what grows old soon."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from helpline import clock, logs
from helpline.console import content as pages
from helpline.console import current, forms
from helpline.content import fact_sheets, history, rights
from helpline.content.facts import ANY, KINDS, ON_EXPIRY, PREFIX
from helpline.errors import HelplineError

bp = Blueprint("facts", __name__, url_prefix="/content/facts")
log = logs.get(__name__)
Page = str | tuple[str, int] | Response


@bp.get("")
def page() -> str:
    """Every fact, what grows old first."""
    with current.reading() as conn:
        kept = fact_sheets.listed(conn)
    return render_template("content/facts.html", kept=kept, today=clock.today(), done=pages.done())


@bp.get("/new")
def new_form() -> str:
    """An empty form."""
    typed = {"kind": "phone", "on_expiry": "line", "reviewed_on": clock.today().isoformat()}
    return _form("", typed)


@bp.post("/new")
def add() -> Page:
    """A new fact; its value is written next."""
    typed = _typed()
    try:
        with current.writing() as conn:
            name = fact_sheets.add(conn, request.form.get("name", "")[:80], typed, current.account().id)
    except HelplineError as error:
        return _form("", typed, pages.said(error)), 400
    logs.event(log, "fact_added", account_id=current.account().id, fact=name)
    return redirect(url_for("writing.page", key=PREFIX + name, language=ANY, done="added"), 303)


@bp.get("/<name>")
def show(name: str) -> str:
    """One fact: its value, its keeper, who repeats it, and what became of it."""
    return _form(name, None)


@bp.post("/<name>")
def save(name: str) -> Page:
    """Change what is known about it."""
    typed = _typed()
    try:
        with current.writing() as conn:
            fact_sheets.save(conn, name, typed, current.account().id, forms.number("version") or 0)
    except HelplineError as error:
        return _form(name, typed, pages.said(error)), forms.status(error)
    return _done(name, "saved")


@bp.post("/<name>/checked")
def checked(name: str) -> Page:
    """It is true today."""
    try:
        with current.writing() as conn:
            fact_sheets.checked(conn, name, current.account().id, forms.number("version") or 0)
    except HelplineError as error:
        return _form(name, None, pages.said(error)), 409
    return _done(name, "checked")


def _done(name: str, done: str) -> Response:
    logs.event(log, f"fact_{done}", account_id=current.account().id, fact=name)
    pages.fresh()
    if request.form.get("back"):
        return redirect(url_for("facts.page", done=done) + f"#{name}", 303)
    return redirect(url_for("facts.show", name=name, done=done), 303)


def _typed() -> dict[str, str]:
    return {name: request.form.get(name, "").replace("\0", "")[:400] for name in fact_sheets.EDITABLE}


def _form(name: str, typed: dict[str, str] | None, fault: str = "") -> str:
    with current.reading() as conn:
        fact = fact_sheets.get(conn, name) if name else None
        uses = rights.uses(conn, name) if fact else []
        entries = history.of(conn, PREFIX + name, ANY, 20) if fact else []
    if name and fact is None:
        abort(404)
    kept = {one: str(getattr(fact, one) or "") for one in fact_sheets.EDITABLE} if fact else {}
    return render_template(
        "content/fact.html", name=name, fact=fact, fault=fault, uses=uses, entries=entries, kinds=KINDS,
        typed={**dict.fromkeys(fact_sheets.EDITABLE, ""), **kept, **(typed or {})}, on_expiry=ON_EXPIRY,
        today=clock.today(), done=pages.done(),
    )  # fmt: skip
