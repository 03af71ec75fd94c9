"""The shared list of questions nobody has an answer to yet."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for

from helpline import problems
from helpline.console import answers, current, forms, team

bp = Blueprint("problems", __name__, url_prefix="/problems")


@bp.get("")
def page() -> str:
    """The open ones, most frequent first, and the latest that were settled."""
    return _page()


@bp.post("/add")
def add() -> team.Answer:
    """Write one down."""
    title, details = forms.text("title"), forms.text("details")
    return team.act(lambda conn, me: problems.add(conn, me, title, details), _page, _done())


@bp.post("/<int:problem_id>/own")
def own(problem_id: int) -> team.Answer:
    """Find the answer myself, or give that back."""
    back = request.form.get("back") == "yes"
    return team.act(lambda conn, me: problems.own(conn, problem_id, None if back else me), _page, _done())


@bp.post("/<int:problem_id>/again")
def again(problem_id: int) -> team.Answer:
    """It came up once more."""
    return team.act(lambda conn, _me: problems.again(conn, problem_id), _page, _done())


@bp.post("/<int:problem_id>/edit")
def edit(problem_id: int) -> team.Answer:
    """Say it better."""
    title, details = forms.text("title"), forms.text("details")
    return team.act(lambda conn, _me: problems.edit(conn, problem_id, title, details), _page, _done())


@bp.post("/<int:problem_id>/link")
def link(problem_id: int) -> team.Answer:
    """Name the answer that settles it once it is published."""
    key = forms.text("answer_key")[:80]
    return team.act(lambda conn, _me: problems.link(conn, problem_id, key), _page, _done())


@bp.post("/<int:problem_id>/close")
def close(problem_id: int) -> team.Answer:
    """It is settled."""
    return team.act(lambda conn, _me: problems.close(conn, problem_id), _page, _done())


def _done() -> str:
    back = forms.number("case")
    if back is not None and team.allowed("cases.page"):
        return url_for("cases.page", case_id=back)
    return url_for("problems.page")


def _page(said: str | None = None) -> str:
    with current.reading() as conn:
        found = problems.listed(conn)
        closed = problems.listed(conn, closed=True)[:20]
    return render_template(
        "problems/page.html", found=found, closed=closed, fault=said, typed=request.form, keys=answers.topics()
    )
