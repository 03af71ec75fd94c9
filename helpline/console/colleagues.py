"""Asking a colleague: the list of questions, one thread with the case it is about, and the form in a case."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request, url_for
from sqlalchemy.engine import Connection

from helpline import cases, colleagues, looks, sight, timeline
from helpline.console import current, forms, team
from helpline.console.cases import get, whole_page
from helpline.errors import InputError

bp = Blueprint("colleagues", __name__)


@bp.get("/asked")
def page() -> str:
    """What I am asked, and what I asked."""
    me = current.account().id
    with current.reading() as conn:
        found = colleagues.mine(conn, me)
    return render_template("colleagues/page.html", found=found)


@bp.get("/asked/<int:ask_id>")
def show(ask_id: int) -> str:
    """One question with its thread; who was asked reads the case beside it."""
    _get(ask_id)
    with current.writing() as conn:
        colleagues.saw(conn, ask_id, current.account().id)
    return _show(ask_id)


@bp.post("/asked/<int:ask_id>/reply")
def reply(ask_id: int) -> team.Answer:
    """Write in the thread. Nothing leads from here to the contact."""
    _get(ask_id)
    vault, text = current.service().vault, forms.text()
    return team.act(
        lambda conn, me: colleagues.reply(conn, vault, ask_id, me, text),
        lambda said: _show(ask_id, said, text),
        _after(ask_id),
    )


@bp.post("/asked/<int:ask_id>/withdraw")
def withdraw(ask_id: int) -> team.Answer:
    """Close a question of mine."""
    one = _get(ask_id)
    return team.act(
        lambda conn, me: colleagues.withdraw(conn, ask_id, me),
        lambda said: _show(ask_id, said),
        url_for("cases.page", case_id=one.case_id) if team.allowed("cases.page") else url_for("colleagues.page"),
    )


@bp.post("/cases/<int:case_id>/ask")
def ask(case_id: int) -> team.Answer:
    """Ask a colleague, or everybody with a duty, about this case."""
    vault, text, whom = current.service().vault, forms.text("question"), request.form.get("whom", "")
    duty = whom if whom in colleagues.DUTIES else ""

    def act(conn: Connection, me: int) -> None:
        case = get(conn, case_id)
        if sight.of(conn, current.account(), case).level != "all":
            abort(403)
        colleagues.ask(conn, vault, case_id, me, text, to=forms.number("whom"), duty=duty)

    return team.act(act, lambda said: whole_page(case_id, said), url_for("cases.page", case_id=case_id) + "#asks")


def panel(case: cases.Case) -> dict[str, object]:
    """What the page of a case shows of its questions."""
    me = current.account().id
    with current.reading() as conn:
        found = colleagues.of_case(conn, current.service().vault, case.id, me)
        people, duties = colleagues.askable(conn, me) if case.state != "closed" else ([], [])
    if any(one.unread for one in found):
        with current.writing() as conn:
            for one in found:
                if me in (one.account_id, one.to_account_id):
                    colleagues.saw(conn, one.id, me)
    return {"asks": [one for one in found if one.state != "withdrawn"], "people": people, "duties": duties}


def _get(ask_id: int) -> colleagues.Ask:
    if not 0 < ask_id < 2**62:
        abort(404)
    try:
        with current.reading() as conn:
            return colleagues.get(conn, ask_id, current.account().id)
    except InputError:
        abort(404)


def _after(ask_id: int) -> str:
    back = forms.number("case")
    if back is not None and team.allowed("cases.page"):
        return url_for("cases.page", case_id=back) + "#asks"
    return url_for("colleagues.show", ask_id=ask_id)


def _show(ask_id: int, said: str | None = None, typed: str = "") -> str:
    account, vault = current.account(), current.service().vault
    with current.reading() as conn:
        one = colleagues.whole(conn, vault, ask_id, account.id)
        case = cases.get(conn, one.case_id)
        readable = _may_read(conn, one, case)
        items = timeline.of_case(conn, vault, case) if readable else []
        seen = not readable or looks.lately(conn, account.id, case.id, ("opened",))
    if not seen:
        with current.writing() as conn:
            looks.record(conn, vault, "opened", account.id, case.id)
    return render_template(
        "colleagues/show.html", one=one, case=case, items=items, readable=readable, fault=said, typed=typed
    )


def _may_read(conn: Connection, one: colleagues.Ask, case: cases.Case) -> bool:
    """Whoever was asked reads the open case; a sensitive one only with the duty, a closed one by the usual rules."""
    account = current.account()
    if sight.opens_sensitive(account) and case.state != "closed":
        return True
    if account.id != one.account_id and one.state != "withdrawn" and case.state != "closed":
        return not case.sensitive
    return team.allowed("cases.page") and sight.of(conn, account, case).level == "all"
