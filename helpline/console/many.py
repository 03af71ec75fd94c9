"""One thing done to many cases of a list, with the result of each, and a way back."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from helpline import accounts, bulk, cases, queue, sight
from helpline.console import current, forms
from helpline.errors import InputError

bp = Blueprint("many", __name__, url_prefix="/cases/many")

SHOWN = {"mine": queue.Filter(("active", "parked")), "waiting": queue.Filter(("waiting",)), "open": queue.Filter()}
"""Lists to choose from; everybody's open cases for coordinators, who give back what somebody left behind."""


@bp.get("")
def page() -> str:
    """The list with a box before each case."""
    return _page()


@bp.post("")
def do() -> str | tuple[str, int]:
    """Do it, or take it back."""
    service, account = current.service(), current.account()
    chosen = [one for word in request.form.getlist("case")[: bulk.LIMIT] if (one := bulk.Chosen.read(word))]
    action = request.form.get("action", "")
    capacity = service.settings.cases_per_agent
    try:
        if not chosen:
            raise InputError("error.none_chosen")
        if request.form.get("undo"):
            return _page(bulk.undo(service.engine, account, chosen, action, capacity=capacity), undone=True)
        order = bulk.Order(action, forms.number("to"), forms.text("note"), request.form.get("outcome", ""))
        results = bulk.do(service.engine, service.vault, account, chosen, order, capacity=capacity)
    except InputError as error:
        return _page(fault=forms.said(error)), 400
    return _page(results, action=action)


def _page(
    results: list[bulk.Result] | None = None, *, action: str = "", undone: bool = False, fault: str | None = None
) -> str:
    account = current.account()
    lists = [name for name in SHOWN if name != "open" or account.role == "coordinator"]
    show = request.values.get("show", "")
    show = show if show in lists else "mine"
    chosen = SHOWN[show]
    with current.reading() as conn:
        if show == "mine":
            chosen = queue.Filter(chosen.states, account_id=account.id)
        found = queue.listed(conn, chosen, reads=account.reads, limit=bulk.LIMIT)
        people = [one for one in accounts.listed(conn) if one.active and one.role in accounts.CASEWORKERS]
    return render_template(
        "many/page.html",
        rows=[(case, bulk.Chosen(case.id, case.version)) for case in found if sight.knows(account, case)],
        show=show, lists=lists, people=[one for one in people if one.id != account.id], outcomes=cases.OUTCOMES,
        done=[one for one in results or () if one.now],
        left=[(one, forms.said(one.error)) for one in results or () if one.error],
        action=action, undone=undone, fault=fault,
    )  # fmt: skip
