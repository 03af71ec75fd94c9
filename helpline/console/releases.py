"""Releases: train, follow, read the report, publish, roll back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Blueprint, abort, redirect, render_template, url_for
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response as AnyResponse

from helpline import accounts, heartbeats, intents, logs
from helpline.console import current, forms, training
from helpline.content import SPOKEN
from helpline.errors import HelplineError
from helpline.examples import checks, store
from helpline.examples.neighbours import NEAR, Index
from helpline.releases import publishing, queue, snapshot
from helpline.releases.queue import Release

bp = Blueprint("releases", __name__, url_prefix="/releases")
log = logs.get(__name__)
FEW, DOUBTED = 10, 100
DOUBTS = frozenset({"near_elsewhere", "same_elsewhere", "language", "personal"})
"""What is said of drafts before they are trained."""
Answer = AnyResponse | str | tuple[str, int]


@bp.get("")
def page() -> str:
    """What is live, what is trained, what waits to be trained."""
    return _page()


@bp.post("")
def train() -> Answer:
    """Ask for a training of the examples as they are."""
    note = forms.text("note")[:200]
    return _act(lambda conn, me: queue.ask(conn, me, note), "training_asked", lambda made: None)


@bp.get("/progress")
def progress() -> str:
    """What changes on the page while something is trained: the progress, and the states in the list below it."""
    with current.reading() as conn:
        moved = queue.listed(conn)
    return render_template("releases/progress.html", moved=moved, **_state())


@bp.get("/<int:release_id>")
def show(release_id: int) -> str:
    """One release with its report."""
    return _show(release_id)


@bp.post("/<int:release_id>/cancel")
def cancel(release_id: int) -> Answer:
    """Stop its training."""
    return _act(lambda conn, _me: queue.cancel(conn, release_id), "training_cancel_asked", lambda _: None, release_id)


@bp.post("/<int:release_id>/publish")
def publish(release_id: int) -> Answer:
    """Make it live."""
    return _decide(release_id, "published", lambda conn, me: publishing.publish(conn, release_id, me))


@bp.post("/<int:release_id>/ask-second")
def ask_second(release_id: int) -> Answer:
    """Say why it is needed although something is lost; a second person decides."""
    reason = forms.text("reason")
    return _decide(release_id, "asked", lambda conn, me: publishing.ask_second(conn, release_id, me, reason))


@bp.post("/<int:release_id>/agree")
def agree(release_id: int) -> Answer:
    """The second person makes it live."""
    return _decide(release_id, "published", lambda conn, me: publishing.agree(conn, release_id, me))


@bp.post("/roll-back")
def roll_back() -> Answer:
    """Go back to what was live before."""
    return _act(lambda conn, me: publishing.roll_back(conn, me), "rolled_back", lambda _: None)


def _page(fault: str | None = None) -> str:
    with current.reading() as conn:
        found = queue.listed(conn)
        history = publishing.history(conn, 12)
        back = publishing.previous(conn)
        people = {one.id: one.name for one in accounts.listed(conn)}
        live = publishing.live_revision(conn)
        drafts = store.changed_since(conn, live) if store.revision(conn) > live else []
        active = intents.listed(conn, archived=False)
        untaught = snapshot.untaught(conn)
        unnamed = [one.id for one in active if one.action == "answer" and not _answered(one.id)]
    index = training.index()
    counted = index.different()
    few = [(one.id, code, counted.get((one.id, code), 0)) for one in active for code in SPOKEN]
    return render_template(
        "releases/page.html", releases=found, history=history, back=back, people=people, drafts=len(drafts),
        few=[one for one in few if one[2] < FEW], unnamed=unnamed, untaught=untaught, fault=fault,
        doubtful=_doubtful(index, drafts), moment=_moment, **_state(),
    )  # fmt: skip


def _doubtful(index: Index, drafts: Sequence[store.Example]) -> list[tuple[store.Example, checks.Finding]]:
    """Drafts that say nearly what another topic's example says, or are in another language than stated."""
    found = []
    for one in [draft for draft in drafts if not draft.removed][-DOUBTED:]:
        others = [near for near in index.nearest(one.text, one.language, 4, NEAR) if near.id != one.id]
        findings = checks.findings(one.text, others, one.language, one.intent)
        found += [(one, finding) for finding in findings if finding.kind in DOUBTS]
    return found


def _state() -> dict[str, Any]:
    with current.reading() as conn:
        live = publishing.live(conn)
        open_now = [one for one in queue.listed(conn) if one.open]
        running = next((one for one in open_now if one.state == "running"), None)
        share, seconds = queue.progress(conn, running) if running else (0.0, 0)
        usual = queue.progress(conn, open_now[-1])[1] if open_now and not running else 0
        processes = heartbeats.signs(conn, "channel")
        newest = queue.listed(conn, limit=1)
    return {
        "live_id": live, "running": running, "waiting": [one for one in open_now if one.state == "queued"],
        "share": share, "seconds": seconds or usual, "phases": queue.PHASES, "newest": newest[0] if newest else None,
        "processes": [one for one in processes if not one.silent],
    }  # fmt: skip


def _show(release_id: int, fault: str | None = None) -> str:
    if not 0 < release_id < 2**62:
        abort(404)
    try:
        with current.reading() as conn:
            release = queue.get(conn, release_id)
            people = {one.id: one.name for one in accounts.listed(conn)}
            live, back = publishing.live(conn), publishing.previous(conn)
    except HelplineError:
        abort(404)
    return render_template(
        "releases/show.html", release=release, report=release.report or {}, losses=publishing.losses(release),
        live_id=live, back=back, people=people, fault=fault, answer_of=training.answer_of, moment=_moment,
        chart=_chart(release),
    )  # fmt: skip


def _chart(release: Release) -> list[tuple[str, Mapping[str, Any], Mapping[str, Any] | None]]:
    report = release.report or {}
    figures, before = report.get("languages", {}), report.get("before", {})
    return [(code, figures[code], before.get(code)) for code in sorted(figures, key=lambda one: (one == "all", one))]


def _answered(intent: str) -> bool:
    return current.service().answers.has(f"utter_{intent}")


def _moment(at: int | None) -> str:
    return current.words().moment(at) if at else ""


def _decide(release_id: int, done: str, change: Callable[[Connection, int], object]) -> Answer:
    return _act(change, f"release_{done}", lambda _: release_id, release_id)


def _act(
    change: Callable[[Connection, int], object],
    event: str,
    page: Callable[[object], int | None],
    release_id: int | None = None,
) -> Answer:
    if release_id is not None and not 0 < release_id < 2**62:
        abort(404)
    me = current.account().id
    try:
        with current.writing() as conn:
            made = change(conn, me)
    except HelplineError as error:
        said = forms.said(error)
        return (_show(release_id, said) if release_id is not None else _page(said)), forms.status(error)
    logs.event(log, event, account_id=me, release_id=release_id or 0)
    target = page(made)
    address = url_for("releases.page") if target is None else url_for("releases.show", release_id=target)
    return redirect(address, 303)
