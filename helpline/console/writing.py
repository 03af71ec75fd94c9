"""One answer in one language: the source beside it, the phone that shows it, and its road to being live."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, jsonify, redirect, render_template, request, url_for
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response

from helpline import logs
from helpline.accounts import Account
from helpline.console import content as pages
from helpline.console import current, forms, writing_page
from helpline.content import changes, check, coverage, editing, imported, rights, tasks
from helpline.content.changes import Seen, Unusable
from helpline.errors import HelplineError, StaleVersion

bp = Blueprint("writing", __name__, url_prefix="/content/<key>/<language>")
log = logs.get(__name__)
Page = writing_page.Page


@bp.before_request
def _known() -> None:
    """Only keys and languages that may exist; asked after access.py has said who asks."""
    values = request.view_args or {}
    key, plain = values["key"], values["key"].removeprefix("fact:")
    usable = len(key) <= 80 and plain.isascii() and plain.replace("_", "").isalnum() and plain == plain.lower()
    if not (usable and key.startswith(("utter_", "fact:")) and pages.known_language(key, values["language"])):
        abort(404)


@bp.get("")
def page(key: str, language: str) -> Page:
    """The text with its source, its preview and what may be done with it."""
    return writing_page.draw(key, language)


@bp.post("")
def save(key: str, language: str) -> Page:
    """Keep what was written as a draft; when somebody else was faster, show all three texts."""
    me = _writer(key, language)
    wording, seen = writing_page.wording(), writing_page.seen()
    try:
        with current.writing() as conn:
            changes.save(conn, key, language, wording, me.id, seen)
            editing.forget(conn, key, language, me.id)
            if (taken := writing_page.imported_id()) is not None:
                imported.settle(conn, taken, "taken")
    except StaleVersion:
        return writing_page.merge(key, language, wording)
    except Unusable as error:
        return writing_page.draw(key, language, typed=wording, findings=error.findings), 400
    except HelplineError as error:
        return writing_page.draw(key, language, typed=wording, fault=pages.said(error)), forms.status(error)
    if request.form.get("then") == "submit":
        return submit(key, language)
    return _to(key, language, "saved")


@bp.post("/preview")
def preview(key: str, language: str) -> str:
    """What a text would look like and what is wrong with it, while it is typed."""
    written = writing_page.wording()
    with current.reading() as conn:
        context = rights.context(conn, key, language)
    found = check.check(context, changes.clean(written.text), written.buttons, may_split=written.may_split)
    return render_template(
        "content/preview.html", key=key, language=language, found=pages.findings_said(found),
        worst=check.worst(found), bubbles=writing_page.drawn(key, language, written, context),
    )  # fmt: skip


@bp.post("/typed")
def typed(key: str, language: str) -> Any:
    """Keep what is typed and not saved, and say who else is here."""
    me = _writer(key, language)
    fields = {name: request.form.getlist(name) for name in writing_page.FIELDS}
    with current.writing() as conn:
        if request.form.get("leave"):
            editing.leave(conn, key, language, me.id)
        else:
            editing.seen(conn, key, language, me.id, fields if request.form.get("changed") else None)
        others = editing.others(conn, key, language, me.id)
        change, (_, version) = changes.of(conn, key, language), changes.live(conn, key, language)
    words = current.words()
    now = Seen(change.version if change else 0, version)
    return jsonify(
        others=words("content.is_writing", names=", ".join(others)) if others else "",
        stale=words("content.stale") if now != writing_page.seen() else "",
    )


@bp.post("/forget")
def forget(key: str, language: str) -> Page:
    """Drop what was typed and not saved."""
    with current.writing() as conn:
        editing.forget(conn, key, language, _writer(key, language).id)
    return _to(key, language, "forgotten")


@bp.post("/submit")
def submit(key: str, language: str) -> Page:
    """Ask a colleague to read it."""

    def act(conn: Connection, me: Account, version: int) -> None:
        now = changes.of(conn, key, language)
        changes.submit(conn, key, language, me.id, now.version if now and request.form.get("then") else version)

    return _act(key, language, "submitted", act, _writer(key, language))


@bp.post("/discard")
def discard(key: str, language: str) -> Page:
    """Give the change up."""
    me = _writer(key, language)
    return _act(key, language, "discarded", lambda c, _, v: changes.discard(c, key, language, me.id, v), me)


@bp.post("/restore")
def restore(key: str, language: str) -> Page:
    """Take an earlier text as the draft."""
    me, number, seen = _writer(key, language), forms.number("number") or 0, writing_page.seen()
    return _act(key, language, "restored", lambda c, *_: changes.restore(c, key, language, number, me.id, seen), me)


@bp.post("/approve")
def approve(key: str, language: str) -> Page:
    """Find exactly this text right."""
    exactly, why = request.form.get("exactly", "")[:64], forms.text("why")[:1000]
    return _act(key, language, "approved", lambda c, me, v: changes.approve(c, key, language, me.id, v, exactly, why))


@bp.post("/send-back")
def send_back(key: str, language: str) -> Page:
    """Ask its author to mend something."""
    note = forms.text("why")
    return _act(key, language, "returned", lambda c, me, v: changes.send_back(c, key, language, me.id, v, note))


@bp.post("/publish")
def publish(key: str, language: str) -> Page:
    """Make it live on the next message."""
    holds = bool(request.form.get("holds"))
    return _act(
        key, language, "published",
        lambda c, me, v: changes.publish(c, key, language, me.id, v, translations_hold=holds),
    )  # fmt: skip


@bp.post("/confirm")
def confirm(key: str, language: str) -> Page:
    """The live text is right as it is."""
    seen = forms.number("seen_live") or 0
    return _act(key, language, "confirmed", lambda c, me, _: coverage.confirm(c, key, language, me.id, seen))


@bp.post("/assign")
def assign(key: str, language: str) -> Page:
    """Give the text to somebody to do, or to nobody."""
    me, chosen = current.account(), forms.number("account")
    if not pages.may_give(me, key, language):
        abort(403)
    with current.writing() as conn:
        if chosen is not None and chosen not in {one.id for one in pages.doers(conn, key, language)}:
            abort(400)
        tasks.give(conn, key, language, chosen, me.id)
    logs.event(log, "answer_given", account_id=me.id, key=key, language=language, to=chosen)
    return _to(key, language, "given" if chosen else "taken_back")


def _act(
    key: str, language: str, done: str, act: Callable[[Connection, Account, int], object], me: Account | None = None
) -> Page:
    who = me or current.account()
    try:
        with current.writing() as conn:
            act(conn, who, forms.number("seen_change") or 0)
    except Unusable as error:
        return writing_page.draw(key, language, findings=error.findings), 409
    except HelplineError as error:
        return writing_page.draw(key, language, fault=pages.said(error)), 409
    logs.event(log, f"answer_{done}", account_id=who.id, key=key, language=language)
    pages.fresh()
    return _to(key, language, done)


def _writer(key: str, language: str) -> Account:
    me = current.account()
    if not pages.may_write(me, key, language):
        abort(403)
    return me


def _to(key: str, language: str, done: str) -> Response:
    return redirect(url_for("writing.page", key=key, language=language, done=done), 303)
