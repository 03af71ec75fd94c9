"""One's own shift: this week's hours, begin, end with a line for every case, and what the last shifts left."""

from __future__ import annotations

import datetime as dt

from flask import Blueprint, render_template, request, url_for
from sqlalchemy.engine import Connection

from helpline import clock, handover, shifts
from helpline.console import current, forms, team
from helpline.handover import Left
from helpline.shifts import log

bp = Blueprint("shifts", __name__, url_prefix="/shifts")

HOURS = (2, 3, 4, 6, 8)
PARK_HOURS = (4, 12, 24, 48, 72, 168)


@bp.get("")
def page() -> str:
    """My week, my shift, and the log that the next shift opens on."""
    return _page()


@bp.post("/begin")
def begin() -> team.Answer:
    """Begin my shift, by the roster or for so many hours."""
    hours = forms.number("hours")
    until = clock.now() + hours * 3600 if hours in HOURS else None
    return team.act(lambda conn, me: shifts.begin(conn, me, until), _page, url_for("shifts.page"))


@bp.get("/end")
def end_form() -> str:
    """Every case I hold, each with its choice and its line."""
    return _end_page()


@bp.post("/end")
def end() -> team.Answer:
    """End my shift; nothing is left silently."""
    vault, queued = current.service().vault, []

    def act(conn: Connection, me: int) -> None:
        left = {case.id: _left(case.id) for case in handover.held(conn, me)}
        queued.extend(handover.end(conn, vault, me, left, forms.text("note")))

    answer = team.act(act, _end_page, url_for("shifts.page", ended="yes"))
    if queued and not isinstance(answer, tuple):
        return _page(current.words()("shifts.colleague_away", n=len(queued)))
    return answer


def _left(case_id: int) -> Left:
    choice = request.form.get(f"choice-{case_id}", "")
    line = forms.text(f"line-{case_id}")
    hours = forms.number(f"hours-{case_id}")
    return Left(choice, line, forms.number(f"to-{case_id}"), hours if hours in PARK_HOURS else None)


def _page(said: str | None = None) -> str:
    me, at = current.account().id, clock.now()
    today = clock.today()
    monday = today - dt.timedelta(days=today.weekday())
    days = [monday + dt.timedelta(days=number) for number in range(14)]
    moment = shifts.hours.moment
    with current.reading() as conn:
        mine = shifts.slots(conn, moment(days[0], 0), moment(days[-1], 1440), me)
        all_today = shifts.slots(conn, moment(today, 0), moment(today, 1440))
        ended = handover.ended(conn, current.service().vault)
        on = shifts.on_shift(conn)
        shift = log.of(conn, me)
    week = [(moment(day, 720), [s for s in mine if clock.local(s.begins).date() == day]) for day in days]
    planned = next((slot for slot in mine if slot.begins - 1800 <= at < slot.ends), None)
    return render_template(
        "shifts/page.html", week=week, ended=ended, on=on, shift=shift, planned=planned, HOURS=HOURS, fault=said,
        today=all_today, over=request.args.get("ended") == "yes",
    )  # fmt: skip


def _end_page(said: str | None = None) -> str:
    me = current.account().id
    with current.reading() as conn:
        held = handover.held(conn, me)
        here = [one for one in handover.here(conn) if one.account_id != me]
        shift = log.of(conn, me)
    return render_template(
        "shifts/end.html", held=held, here=here, shift=shift, fault=said, PARK_HOURS=PARK_HOURS, typed=request.form
    )
