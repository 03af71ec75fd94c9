"""One case: its card, its conversation, and what an agent may do with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response as AnyResponse

from helpline import cases, clock, contacts, drafts, holding, presence, privacy, rating, replies, timeline
from helpline.console import answers, current, forms, queue
from helpline.errors import InputError, Refused

bp = Blueprint("cases", __name__, url_prefix="/cases")

OUTCOMES = ("answered", "referred", "no_reply", "spam", "other")
"""What an agent may close with; `withdrawn` is the contact's."""
PARK_HOURS = (1, 4, 24, 72, 168)
Act = Callable[[Connection, int], object]
Answer = AnyResponse | tuple[str, int]


@dataclass(frozen=True)
class Opened:
    """A case as its page shows it."""

    case: cases.Case
    card: cases.Card
    items: list[timeline.Item]
    earlier: list[cases.Case]
    mark: str
    seen: replies.Seen
    drafts: dict[str, str]
    beside: list[presence.Colleague]
    """Colleagues who look at the same case."""

    @property
    def made_up(self) -> bool:
        """Whether this is somebody of the demo."""
        return contacts.is_made_up(self.case.alias)

    @property
    def window_open(self) -> bool:
        """Whether WhatsApp takes free text now."""
        return self.case.window_closes_at > clock.now()

    @property
    def may_undo(self) -> bool:
        """Whether closing it can still be taken back."""
        return (self.case.closed_at or 0) > clock.now() - holding.UNDO_SECONDS


@bp.get("/<int:case_id>")
def page(case_id: int) -> str:
    """The case beside the list."""
    with current.reading():
        current.sign_of_life(case_id)
        return whole_page(case_id, case=current.case())


@bp.get("/<int:case_id>/events")
def events(case_id: int) -> Response | str:
    """The conversation, if anything happened since `after`; else 204. Complete, so that no gap can stay."""
    with current.reading() as conn:
        current.sign_of_life(case_id)
        case = current.case()
        beside = presence.colleagues(conn, case_id, current.account().id)
        if request.args.get("after") == mark(timeline.newest(conn, case), beside):
            return Response(status=204)
        return render_template("cases/live.html", opened=read(conn, case_id, case))


@bp.post("/<int:case_id>/claim")
def claim(case_id: int) -> Answer:
    """Take the case."""
    capacity = current.service().settings.cases_per_agent
    knowingly = request.form.get("knowingly") == "yes"
    return do(case_id, lambda conn, me: holding.claim(conn, case_id, me, capacity=capacity, knowingly=knowingly))


@bp.post("/<int:case_id>/take")
def take(case_id: int) -> Answer:
    """A coordinator takes it from its holder."""
    return do(case_id, lambda conn, me: holding.take_from(conn, case_id, me))


@bp.post("/<int:case_id>/release")
def release(case_id: int) -> Answer:
    """Give it back to the queue."""
    return do(case_id, lambda conn, me: cases.release(conn, case_id, me), to_list=True)


@bp.post("/<int:case_id>/transfer")
def transfer(case_id: int) -> Answer:
    """Pass it on, with a note."""
    to, note = forms.number("to"), forms.text("note")
    vault = current.service().vault
    return do(case_id, lambda conn, me: holding.transfer(conn, vault, case_id, me, to, note), to_list=True)


@bp.post("/<int:case_id>/park")
def park(case_id: int) -> Answer:
    """Let it rest."""
    hours = forms.number("hours")
    until = clock.now() + hours * 3600 if hours in PARK_HOURS else 0
    return do(case_id, lambda conn, me: holding.park(conn, case_id, me, until))


@bp.post("/<int:case_id>/close")
def close(case_id: int) -> Answer:
    """End the case."""
    outcome, topic, lesson = (request.form.get(name, "") for name in ("outcome", "topic", "lesson"))
    known = topic in dict(answers.topics()) and lesson in ("", *cases.LESSONS)

    def act(conn: Connection, me: int) -> None:
        if outcome not in OUTCOMES or not known:
            raise InputError("error.closing")
        waits = get(conn, case_id).waiting_since is not None
        if waits and outcome in ("answered", "referred") and request.form.get("unanswered") != "yes":
            raise Refused("error.close_unanswered")
        cases.close(conn, case_id, me, outcome, topic, lesson or None)
        if request.form.get("goodbye") == "yes":
            service = current.service()
            words = rating.goodbye(service, get(conn, case_id))
            holding.say_goodbye(conn, service.vault, case_id, words)
        privacy.mask_case(conn, current.service().vault, case_id)
        for kind in drafts.KINDS:
            drafts.drop(conn, case_id, me, kind)

    return do(case_id, act)


@bp.post("/<int:case_id>/undo")
def undo(case_id: int) -> Answer:
    """Take a close back."""
    return do(case_id, lambda conn, me: holding.undo_close(conn, case_id, me))


def do(case_id: int, act: Act, *, to_list: bool = False) -> Answer:
    """Do something with a button, then show the case or the list; when it is refused, the case with the reason."""
    try:
        with current.writing() as conn:
            get(conn, case_id)
            act(conn, current.account().id)
    except (Refused, InputError) as error:
        full = isinstance(error, holding.Full)
        return whole_page(case_id, forms.said(error), full=full), forms.status(error)
    return redirect(url_for("queue.page") if to_list else url_for("cases.page", case_id=case_id), 303)


def whole_page(
    case_id: int, said: str | None = None, typed: dict[str, str] | None = None, *, full: bool = False, once: str = "",
    case: cases.Case | None = None,
) -> str:  # fmt: skip
    """The case's page; `typed` is what a refused form held and wins over the kept draft."""
    with current.reading() as conn:
        opened = read(conn, case_id, case)
        board = queue.read(conn)
        holds = opened.case.account_id == current.account().id and opened.case.state != "closed"
        colleagues = presence.people_here(conn) if holds else []
        return render_template(
            "cases/page.html", opened=opened, board=board, fault=said, typed=opened.drafts | (typed or {}), full=full,
            once=once or forms.new_once(), colleagues=colleagues, PARK_HOURS=PARK_HOURS, OUTCOMES=OUTCOMES,
        )  # fmt: skip


def read(conn: Connection, case_id: int, case: cases.Case | None = None) -> Opened:
    """All that the page of a case shows, in a fixed number of queries; `case` where nothing changed since the door."""
    vault, me = current.service().vault, current.account().id
    case = case or get(conn, case_id)
    beside = presence.colleagues(conn, case_id, me)
    newest = timeline.newest(conn, case)
    return Opened(
        case=case,
        card=cases.card(conn, vault, case_id),
        items=timeline.of_case(conn, vault, case),
        earlier=timeline.earlier(conn, case),
        mark=mark(newest, beside),
        seen=replies.Seen(newest.inbox_id, newest.note_id),
        drafts=drafts.of(conn, vault, case_id, me),
        beside=beside,
    )


def mark(newest: timeline.Newest, beside: list[presence.Colleague]) -> str:
    """Changes with every line, and with who looks or types."""
    people = "".join(f"{one.account_id}{'t' if one.typing else 'v'}" for one in beside)
    return f"{newest.mark}-{people}"


def get(conn: Connection, case_id: int) -> cases.Case:
    """The case; 404 when there is none."""
    if not 0 < case_id < 2**62:
        abort(404)
    try:
        return cases.get(conn, case_id)
    except InputError:
        abort(404)
