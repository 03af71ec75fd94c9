"""The roster: the week everybody sees, and the lines coordinators edit or take from a table."""

from __future__ import annotations

import datetime as dt

from flask import Blueprint, render_template, request, url_for
from sqlalchemy.engine import Connection

from helpline import accounts, clock, shifts, summary
from helpline.console import current, forms, team
from helpline.errors import InputError
from helpline.shifts import log, roster, table

bp = Blueprint("roster", __name__, url_prefix="/roster")

WEEKS = range(-4, 27)


@bp.get("")
def page() -> str:
    """A week, day by day, with the languages that are covered."""
    return _page()


@bp.post("/add")
def add() -> team.Answer:
    """Add a line to somebody's week, or for one date."""

    def act(conn: Connection, _me: int) -> None:
        who = forms.number("account")
        day, weekday = request.form.get("date", "").strip(), forms.number("weekday")
        if who is None:
            raise InputError("error.roster_who")
        roster.add(
            conn, who, roster.minutes(request.form.get("starts", "")), roster.minutes(request.form.get("ends", "")),
            weekday=None if day else weekday, day=day or None, languages=request.form.get("languages", "")[:80],
            works=request.form.get("off") != "yes",
        )  # fmt: skip

    return team.act(act, _page, url_for("roster.page", done="yes"))


@bp.post("/remove/<int:entry_id>")
def remove(entry_id: int) -> team.Answer:
    """Take a line away."""
    return team.act(lambda conn, _me: roster.remove(conn, entry_id), _page, url_for("roster.page", done="yes"))


@bp.post("/import")
def import_table() -> team.Answer:
    """Take over a table that was pasted, or say what is wrong with which line."""
    text, replace = request.form.get("table", "")[: table.LONGEST], request.form.get("replace") == "yes"
    with current.reading() as conn:
        planned = table.read(conn, text)
    if planned.faults or not planned.rows:
        return _page(current.words()("error.roster_table"), planned, text), 400
    return team.act(
        lambda conn, _me: table.apply(conn, planned, replace=replace), _page, url_for("roster.page", done="yes")
    )


def _page(said: str | None = None, planned: table.Plan | None = None, text: str = "") -> str:
    asked = request.args.get("week", "0")
    week = int(asked) if asked.lstrip("-").isdecimal() and len(asked) < 4 and int(asked) in WEEKS else 0
    today = clock.today()
    monday = today - dt.timedelta(days=today.weekday()) + dt.timedelta(weeks=week)
    moment = shifts.hours.moment
    with current.reading() as conn:
        found = shifts.slots(conn, moment(monday, 0), moment(monday + dt.timedelta(days=7), 0))
        lines = roster.entries(conn)
        people = [one for one in accounts.listed(conn) if log.may_work(one)]
        gaps = summary.gaps(conn)
    days = []
    for number in range(7):
        day = monday + dt.timedelta(days=number)
        there = [slot for slot in found if clock.local(slot.begins).date() == day]
        spoken = sorted({code for slot in there for code in slot.languages})
        days.append((moment(day, 720), there, spoken))
    return render_template(
        "roster/page.html", days=days, lines=lines, people=people, week=week, fault=said, planned=planned, text=text,
        gaps=gaps, done=request.args.get("done") == "yes", monday=moment(monday, 720),
        dates=_dates(lines), WEEKS=WEEKS,
    )  # fmt: skip


def _dates(lines: list[shifts.Entry]) -> dict[str, int]:
    """A moment on each single date of the roster, so that it can be written out."""
    return {
        line.day: shifts.hours.moment(dt.date.fromisoformat(line.day), 720) for line in lines if line.day is not None
    }
