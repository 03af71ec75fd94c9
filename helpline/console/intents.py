"""What people ask about: the matrix of intents and languages, the examples of one intent, and its life."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.sansio.blueprints import BlueprintSetupState
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response as AnyResponse

from helpline import accounts, examples, intents, logs
from helpline.console import current, forms, impact, training
from helpline.content import SPOKEN, changes
from helpline.errors import HelplineError
from helpline.examples import checks, store
from helpline.releases import publishing

bp = Blueprint("intents", __name__, url_prefix="/intents")
log = logs.get(__name__)
FEW = 10
"""Fewer truly different examples than this teach an intent badly."""
SHOWN, FOUND = 400, 100
DONE = ("added", "moved", "removed", "created", "merged", "archived", "restored", "undone", "named", "nothing")
Answer = AnyResponse | str | tuple[str, int]


@bp.record_once
def _globals(state: BlueprintSetupState) -> None:
    state.app.jinja_env.globals.update(
        intent_name=training.name, FEW_EXAMPLES=FEW, SPOKEN=SPOKEN, PEOPLE_INTENT=intents.PEOPLE
    )


@bp.get("")
def page() -> str:
    """Intents and languages, with the number of truly different examples; search in all of them."""
    return _matrix()


@bp.post("")
def create() -> Answer:
    """A new intent, with its name in the languages that were filled in."""
    made: list[str] = []

    def change(conn: Connection) -> None:
        made.append(intents.create(conn, forms.text("id"), request.form.get("action", ""), current.account().id))
        _name(conn, made[0])

    said = _try(change)
    if said:
        return _matrix(said), 400
    return redirect(url_for("intents.show", intent=made[0], done="created"), 303)


@bp.get("/<intent>")
def show(intent: str) -> str:
    """Its examples in one language, what it is called, and what may be done with it."""
    return _show(intent, typed=request.args.get("texts", "")[: store.LONGEST])


@bp.post("/<intent>/examples")
def add(intent: str) -> Answer:
    """Check examples as they would be added, or add those with nothing in their way."""
    _get(intent)
    language, typed = training.language_chosen(), request.form.get("texts", "")[:30_000]
    looked = checks.check(
        training.index(), checks.lines(typed), language, intent, training.says(training.live_reader())
    )
    usable = [one.text for one in looked if not one.stops]
    if request.form.get("do") != "add" or not usable:
        status = 200 if request.form.get("do") != "add" else 400
        if current.by_script():
            return render_template("intents/checked.html", looked=looked, intent_id=intent, language=language), 200
        return _show(intent, looked=looked, typed=typed), status
    said = _try(lambda conn: examples.add(conn, intent, language, usable, account_id=current.account().id))
    if said:
        return _show(intent, fault=said, typed=typed), 400
    left = [one for one in looked if one.stops]
    if left:
        return _show(intent, looked=left, typed="\n".join(one.text for one in left), done="added")
    return _back(intent, "added")


@bp.post("/<intent>/move")
def move(intent: str) -> Answer:
    """Give the chosen examples another meaning, or take them out."""
    _get(intent)
    ids = [int(one) for one in request.form.getlist("example") if one.isascii() and one.isdecimal() and len(one) < 18]
    target, me = request.form.get("target", ""), current.account().id
    if request.form.get("do") == "remove":
        said, done = _try(lambda conn: examples.remove(conn, ids, me)), "removed"
    else:
        said, done = _try(lambda conn: examples.move(conn, ids, target, me)), "moved"
    return (_show(intent, fault=said), 400) if said else _back(intent, done if ids else "nothing")


@bp.post("/<intent>/names")
def names(intent: str) -> Answer:
    """What it is called: drafts of texts that contacts see on buttons."""
    _get(intent)
    said = _try(lambda conn: _name(conn, intent))
    return (_show(intent, fault=said), 400) if said else _back(intent, "named")


@bp.post("/<intent>/merge")
def merge(intent: str) -> Answer:
    """Make it one with another."""
    return _live(intent, "merged", lambda conn, target, me: intents.merge(conn, intent, target, me))


@bp.post("/<intent>/archive")
def archive(intent: str) -> Answer:
    """Use it no longer."""
    return _live(intent, "archived", lambda conn, target, me: intents.archive(conn, intent, target, me))


@bp.post("/<intent>/restore")
def restore(intent: str) -> Answer:
    """Use it again."""
    return _live(intent, "restored", lambda conn, _target, me: intents.restore(conn, intent, me))


@bp.post("/<intent>/undo/<int:change_id>")
def undo(intent: str, change_id: int) -> Answer:
    """Take a change back."""
    if not 0 < change_id < 2**62:
        abort(404)
    return _live(intent, "undone", lambda conn, _target, me: intents.undo(conn, change_id, me))


def _matrix(fault: str | None = None) -> str:
    index = training.index()
    asked = request.args.get("q", "").replace("\0", "")[:200]
    with current.reading() as conn:
        listed = intents.listed(conn)
        live = publishing.live_revision(conn)
        drafts = {one.intent for one in store.changed_since(conn, live)} if store.revision(conn) > live else set()
        recent = intents.changes(conn, limit=8)
        people = {one.id: one.name for one in accounts.listed(conn)}
        figures, changed = impact.read(conn), impact.topics_changed(conn)
    counted = index.different()
    active = [one for one in listed if one.state == "active"]
    few = sum(counted.get((one.id, code), 0) < FEW for one in active for code in SPOKEN)
    return render_template(
        "intents/page.html", active=active, archived=[one for one in listed if one.state != "active"],
        counted=counted, drafts=drafts, few=few, asked=asked, found=index.search(asked, FOUND) if asked else [],
        recent=recent, people=people, fault=fault, done=_done(), impact=figures, changed=changed,
    )  # fmt: skip


def _show(intent: str, *, fault: str | None = None, done: str | None = None, **more: Any) -> str:
    found, language = _get(intent), training.language_chosen()
    with current.reading() as conn:
        here = store.listed(conn, intent=intent, language=language)
        others = [one for one in intents.listed(conn, archived=False) if one.id != intent]
        live = publishing.live_revision(conn)
        history = intents.changes(conn, intent=intent)
        people = {one.id: one.name for one in accounts.listed(conn)}
        drafts = {code: changes.of(conn, f"utter_name_{intent}", code) for code in SPOKEN}
    counted = training.index().different()
    here.sort(key=lambda one: (one.revision <= live, -one.id))
    return render_template(
        "intents/show.html", intent=found, language=language, examples=here[:SHOWN], total=len(here),
        others=sorted(others, key=lambda one: training.name(one.id).casefold()), live=live, history=history,
        people=people, fault=fault, done=done or _done(), drafts=drafts, counted=counted,
        texts=current.service().answers, **{"looked": None, "typed": "", **more},
    )  # fmt: skip


def _name(conn: Connection, intent: str) -> None:
    key = f"utter_name_{intent}"
    for code in SPOKEN:
        typed = changes.clean(request.form.get(f"name_{code}", "")[:200])
        now, version = changes.live(conn, key, code)
        draft = changes.of(conn, key, code)
        known = draft.text if draft else now.text if now else ""
        if typed and typed != known:
            seen = changes.Seen(draft.version if draft else 0, version)
            changes.save(conn, key, code, changes.Wording(typed), current.account().id, seen)


def _live(intent: str, done: str, change: Callable[[Connection, str, int], object]) -> Answer:
    _get(intent)
    target, me = request.form.get("target", ""), current.account().id
    said = _try(lambda conn: change(conn, target, me))
    if said:
        return _show(intent, fault=said), 409
    logs.event(log, f"intent_{done}", account_id=me, intent=intent)
    return _back(intent, done)


def _try(change: Callable[[Connection], object]) -> str | None:
    """Do it, or say why not."""
    try:
        with current.writing() as conn:
            change(conn)
    except HelplineError as error:
        return forms.said(error)
    return None


def _get(intent: str) -> intents.Intent:
    with current.reading() as conn:
        return intents.get(conn, intent) or abort(404)


def _back(intent: str, done: str) -> AnyResponse:
    language = request.form.get("language", "")
    shown = language if language in SPOKEN else None
    return redirect(url_for("intents.show", intent=intent, done=done, language=shown), 303)


def _done() -> str:
    done = request.args.get("done", "")
    return done if done in DONE else ""
