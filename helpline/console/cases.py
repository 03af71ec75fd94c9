"""One case: its card, its conversation, and what an agent may do with it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response as AnyResponse

from helpline import cases, clock, replies, timeline
from helpline.console import answers, current, queue
from helpline.errors import AlreadyClaimed, HelplineError, InputError, Refused, StaleVersion, WindowClosed
from helpline.messages import OutboundMessage

bp = Blueprint("cases", __name__, url_prefix="/cases")

TEXT_LENGTH = 4096
"""WhatsApp's limit for a text message."""
OUTCOMES = ("answered", "referred", "no_reply", "spam", "other")
"""What an agent may close with; `withdrawn` is the contact's."""


@dataclass(frozen=True)
class Opened:
    """A case as its page shows it."""

    case: cases.Case
    card: cases.Card
    items: list[timeline.Item]
    earlier: list[cases.Case]
    mark: str

    @property
    def window_open(self) -> bool:
        """Whether WhatsApp takes free text now."""
        return self.case.window_closes_at > clock.now()


@bp.get("/<int:case_id>")
def page(case_id: int) -> str:
    """The case beside the list."""
    return _page(case_id)


@bp.get("/<int:case_id>/events")
def events(case_id: int) -> Response | str:
    """The conversation, if anything happened since `after`; else 204. Complete, so that no gap can stay."""
    with current.reading() as conn:
        if request.args.get("after") == timeline.mark(conn, _get(conn, case_id)):
            return Response(status=204)
        opened = _read(conn, case_id)
    return render_template("cases/live.html", opened=opened, once=_once())


@bp.post("/<int:case_id>/claim")
def claim(case_id: int) -> AnyResponse | tuple[str, int]:
    """Take the case."""
    return _do(case_id, lambda conn, account_id: cases.claim(conn, case_id, account_id))


@bp.post("/<int:case_id>/release")
def release(case_id: int) -> AnyResponse | tuple[str, int]:
    """Give it back to the queue."""
    done = _do(case_id, lambda conn, account_id: cases.release(conn, case_id, account_id))
    return done if isinstance(done, tuple) else redirect(url_for("queue.page"), 303)


@bp.post("/<int:case_id>/reply")
def reply(case_id: int) -> AnyResponse | tuple[str, int] | str:
    """Send words to the contact."""
    text, once = _text(), request.form.get("once", "")
    vault = current.service().vault

    def act(conn: Connection, account_id: int) -> None:
        if not text:
            raise InputError("error.empty")
        if not _is_uuid(once):
            raise InputError("error.form")
        replies.reply(conn, vault, case_id, account_id, OutboundMessage(text), f"reply:{once}")

    return _write(case_id, "reply", act)


@bp.post("/<int:case_id>/note")
def note(case_id: int) -> AnyResponse | tuple[str, int] | str:
    """Write a note for colleagues. Nothing here leads to the outbox."""
    text = _text()
    vault = current.service().vault

    def act(conn: Connection, account_id: int) -> None:
        if not text:
            raise InputError("error.empty")
        replies.note(conn, vault, case_id, account_id, text)

    return _write(case_id, "note", act)


@bp.post("/<int:case_id>/close")
def close(case_id: int) -> AnyResponse | tuple[str, int]:
    """End the case."""
    outcome, topic = request.form.get("outcome", ""), request.form.get("topic", "")
    known = topic in dict(answers.topics())

    def act(conn: Connection, account_id: int) -> None:
        if outcome not in OUTCOMES or not known:
            raise InputError("error.closing")
        cases.close(conn, case_id, account_id, outcome, topic)

    return _do(case_id, act)


def _write(case_id: int, mode: str, act: Any) -> AnyResponse | tuple[str, int] | str:
    """Do something typed; what was typed is never lost when it is refused."""
    try:
        with current.writing() as conn:
            _get(conn, case_id)
            act(conn, current.account().id)
    except (Refused, InputError) as error:
        said = fault(error)
        if not current.by_script():
            return _page(case_id, said, typed={mode: _text()}, once=request.form.get("once", "")), _status(error)
        with current.reading() as conn:
            opened = _read(conn, case_id)
        once = request.form.get("once", "") or _once()
        body = render_template("cases/composer.html", opened=opened, fault=said, typed={mode: _text()}, once=once)
        return body, _status(error)
    if not current.by_script():
        return redirect(url_for("cases.page", case_id=case_id) + "#end", 303)
    with current.reading() as conn:
        opened = _read(conn, case_id)
    return render_template("cases/composer.html", opened=opened, typed={}, once=_once(), mode=mode)


def _do(case_id: int, act: Any) -> AnyResponse | tuple[str, int]:
    """Do something with a button, then show the case; when it is refused, show it with the reason."""
    try:
        with current.writing() as conn:
            _get(conn, case_id)
            act(conn, current.account().id)
    except (Refused, InputError) as error:
        return _page(case_id, fault(error)), _status(error)
    return redirect(url_for("cases.page", case_id=case_id), 303)


def _page(case_id: int, said: str | None = None, typed: dict[str, str] | None = None, once: str = "") -> str:
    with current.reading() as conn:
        opened = _read(conn, case_id)
        board = queue.read(conn)
    return render_template(
        "cases/page.html", opened=opened, board=board, fault=said, typed=typed or {}, once=once or _once()
    )


def _read(conn: Connection, case_id: int) -> Opened:
    service = current.service()
    case = _get(conn, case_id)
    return Opened(
        case=case,
        card=cases.card(conn, service.vault, case_id),
        items=timeline.of_case(conn, service.vault, case),
        earlier=timeline.earlier(conn, case),
        mark=timeline.mark(conn, case),
    )


def _get(conn: Connection, case_id: int) -> cases.Case:
    if not 0 < case_id < 2**62:
        abort(404)
    try:
        return cases.get(conn, case_id)
    except InputError:
        abort(404)


def fault(error: HelplineError) -> str:
    """What the agent is told, in the console's language."""
    words = current.words()
    if isinstance(error, AlreadyClaimed):
        return words("error.claimed", holder=error.holder)
    if isinstance(error, WindowClosed):
        return words("error.window")
    if isinstance(error, StaleVersion):
        return words("error.stale")
    return words.any_of(str(error), "error.refused")


def _status(error: HelplineError) -> int:
    return 400 if isinstance(error, InputError) else 409


def _text() -> str:
    text = request.form.get("text", "").replace("\r\n", "\n").replace("\0", "").strip()
    return text[:TEXT_LENGTH]


def _once() -> str:
    return str(uuid.uuid4())


def _is_uuid(value: str) -> bool:
    try:
        return str(uuid.UUID(value)) == value.lower()
    except ValueError:
        return False
