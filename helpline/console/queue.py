"""The lists of cases: waiting, mine, parked, everybody's, closed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response as AnyResponse

from helpline import accounts, cases, clock, queue, sight
from helpline.cases import Case
from helpline.console import current
from helpline.errors import Refused

bp = Blueprint("queue", __name__)

LISTS = {
    "waiting": queue.Filter(("waiting",)),
    "mine": queue.Filter(("active", "parked")),
    "open": queue.Filter(queue.OPEN),
    "closed": queue.Filter(("closed",)),
}
ROWS = 50
"""More would be a page nobody reads; the figures above the list count all."""
TRIES = 5
TARGET_SECONDS, URGENT_SECONDS = 30 * 60, 5 * 60
"""How long a contact may wait for a person's words: coloured from four fifths on."""


@dataclass(frozen=True)
class Board:
    """What the list column shows."""

    show: str
    rows: list[Case]
    counts: dict[str, int]
    chosen: queue.Filter
    languages: list[str]
    """Languages of open cases, to choose from."""
    mark: str
    """Changes when the list would look different; the page asks with it."""


@bp.get("/cases")
def page() -> str:
    """A list on its own: what a phone shows first, and a desk before a case is chosen."""
    with current.reading() as conn:
        current.sign_of_life()
        return render_template("queue/page.html", board=read(conn))


@bp.get("/cases/live")
def live() -> Response | str:
    """The list again, if it changed since the page was drawn; else 204."""
    with current.reading() as conn:
        current.sign_of_life()
        if request.args.get("after") == _mark(chosen_list(), queue.mark(conn)):
            return Response(status=204)
        board = read(conn)
    return render_template("queue/board.html", board=board)


@bp.post("/cases/next")
def take_next() -> AnyResponse | tuple[str, int]:
    """Take the case that comes first; when a colleague is faster, the one after it."""
    account = current.account()
    passed: list[int] = []
    for _ in range(TRIES):
        with current.writing() as conn:
            case = queue.first(conn, account.reads, skip=passed, sensitive=sight.opens_sensitive(account))
            if case is None:
                break
            try:
                cases.claim(conn, case.id, account.id)
                return redirect(url_for("cases.page", case_id=case.id), 303)
            except Refused:
                passed.append(case.id)
    with current.reading() as conn:
        board = read(conn)
    return render_template("queue/page.html", board=board, fault=current.words()("error.nobody_waits")), 409


def read(conn: Connection) -> Board:
    """The chosen list and the figures beside it."""
    account, show = current.account(), chosen_list()
    language = request.args.get("language", "")[:8]
    chosen = replace(LISTS[show], language=language, urgent=request.args.get("urgent") == "1")
    if show == "mine":
        chosen = replace(chosen, account_id=account.id)
    rows = queue.listed(conn, chosen, reads=account.reads, limit=ROWS)
    figures = queue.figures(conn, account.id)
    languages = sorted({*figures.languages, *((language,) if language else ())})
    return Board(show, rows, figures.counts, chosen, languages, _mark(show, figures.mark))


def _mark(show: str, open_cases: str) -> str:
    """Times on the page are in minutes, so a new minute is a change too."""
    return f"{show}.{open_cases}.{clock.now() // 60}"


def chosen_list() -> str:
    """Which list the request asks for."""
    asked = request.args.get("show", "")
    return asked if asked in LISTS else "waiting"


def nothing_read(account: accounts.Account, case: Case) -> bool:
    """Whether the agent does not read the contact's language."""
    return bool(case.language) and bool(account.reads) and case.language not in account.reads


def lateness(case: Case) -> str:
    """`late` or `overdue` for a contact who has waited long for a person; else empty."""
    waited = clock.now() - (case.waiting_since or clock.now())
    target = URGENT_SECONDS if case.urgent else TARGET_SECONDS
    return "overdue" if waited >= target else "late" if waited >= target * 0.8 else ""


def globals_() -> dict[str, Any]:
    """What templates of lists need."""
    return {"nothing_read": nothing_read, "LISTS": tuple(LISTS), "ROWS": ROWS, "lateness": lateness}
