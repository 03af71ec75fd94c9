"""The inbox of real messages: what the assistant did not master, to be given a meaning, by keyboard if wanted."""

from __future__ import annotations

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from helpline import intents, lessons
from helpline.console import current, forms, training
from helpline.content import SPOKEN
from helpline.errors import HelplineError
from helpline.examples import checks

bp = Blueprint("lessons", __name__, url_prefix="/lessons")
SHOWN = 40
ASIDE = ("not_for_us", "spam", "asked", "open")
Answer = AnyResponse | str | tuple[str, int]


@bp.get("")
def page() -> str:
    """What waits in one state, the commonest first or the newest."""
    return _page()


@bp.post("/<int:heap_id>")
def decide(heap_id: int) -> Answer:
    """Say what a heap means (its texts become draft examples), or put it aside."""
    if not 0 < heap_id < 2**62:
        abort(404)
    do, me = request.form.get("do", ""), current.account().id
    try:
        with current.writing() as conn:
            heap = _find(lessons.heaps(conn, current.service().vault, _state()), heap_id)
            if do == "teach":
                language = training.language_chosen(heap.language if heap.language in SPOKEN else None)
                texts = checks.lines(lessons.plain_lines(forms.text("texts")))
                lessons.teach(conn, heap, request.form.get("intent", ""), texts, language, me)
            else:
                lessons.put_aside(conn, heap_id, do, me)
    except HelplineError as error:
        return _page(forms.said(error)), forms.status(error)
    if current.by_script():
        return Response("", 200)
    return redirect(url_for("lessons.page", state=_state(), order=_order(), done="1"), 303)


def _page(fault: str | None = None) -> str:
    state, order = _state(), _order()
    with current.reading() as conn:
        found = lessons.heaps(conn, current.service().vault, state, newest_first=order == "new")
        counts = lessons.counts(conn)
        others = intents.listed(conn, archived=False)
    return render_template(
        "lessons/page.html", heaps=found[:SHOWN], total=len(found), counts=counts, state=state, order=order,
        others=sorted(others, key=lambda one: training.name(one.id).casefold()), fault=fault,
        done=request.args.get("done") == "1", plain=lessons.plain,
        days=min(lessons.RETENTION_DAYS, current.service().settings.keep_messages_days),
    )  # fmt: skip


def _find(found: list[lessons.Heap], heap_id: int) -> lessons.Heap:
    return next((one for one in found if one.id == heap_id), None) or abort(404)


def _state() -> str:
    asked = request.values.get("state", "open")
    return asked if asked in lessons.STATES else "open"


def _order() -> str:
    return "new" if request.values.get("order") == "new" else "size"
