"""Joining two contacts who are one person, for coordinators; and undoing it."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from helpline import cases, merging
from helpline.console import current, forms
from helpline.console.cases import get
from helpline.errors import InputError, Refused

bp = Blueprint("merging", __name__, url_prefix="/cases")
Answer = AnyResponse | str | tuple[str, int]


@bp.get("/<int:case_id>/same-person")
def page(case_id: int) -> str:
    """Look for the other alias, then confirm."""
    return _page(case_id)


@bp.post("/<int:case_id>/same-person")
def join(case_id: int) -> Answer:
    """Join them."""
    other = request.form.get("other", "")[:32]
    try:
        with current.writing() as conn:
            vault, me = current.service().vault, current.account().id
            merging.merge(conn, vault, case_id, other, me, forms.text("reason"))
    except (InputError, Refused) as error:
        return _page(case_id, forms.said(error)), forms.status(error)
    return redirect(url_for("cases.page", case_id=case_id), 303)


@bp.post("/<int:case_id>/not-the-same-person")
def part(case_id: int) -> Answer:
    """Undo it."""
    try:
        with current.writing() as conn:
            merging.split(conn, current.service().vault, case_id, current.account().id)
    except (InputError, Refused) as error:
        return _page(case_id, forms.said(error)), forms.status(error)
    return redirect(url_for("cases.page", case_id=case_id), 303)


def _page(case_id: int, fault: str | None = None) -> str:
    asked = request.args.get("alias", "")[:60]
    with current.reading() as conn:
        case = get(conn, case_id)
        found = [
            (one, cases.of_contact(conn, one.id) is not None)
            for one in merging.candidates(conn, asked, case.contact_id)
        ]
        undoable = merging.undoable(conn, case.contact_id) is not None
    return render_template("merging/page.html", case=case, asked=asked, found=found, undoable=undoable, fault=fault)
