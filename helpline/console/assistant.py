"""Conversations the assistant has now: read along, and take over before it goes wrong."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, url_for
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response as AnyResponse

from helpline import cases, contacts, holding, looks, queue, sight, timeline
from helpline.console import current, forms
from helpline.errors import InputError, Refused

bp = Blueprint("assistant", __name__, url_prefix="/assistant")


@bp.get("")
def page() -> str:
    """Who talks with the assistant."""
    return _page()


@bp.get("/<contact_id>")
def talk(contact_id: str) -> AnyResponse | str:
    """One of them, read along; a case that is open by now is shown as a case."""
    with current.reading() as conn:
        contact = _contact(conn, contact_id)
        case_id = cases.of_contact(conn, contact_id)
        if case_id is not None:
            return redirect(url_for("cases.page", case_id=case_id))
        seconds = min(24 * 3600, sight.seconds_since_closed(conn, contact_id))
        items = timeline.of_contact(conn, current.service().vault, contact_id, seconds=seconds)
        talks = queue.with_assistant(conn)
    with current.writing() as conn:
        looks.record(conn, current.service().vault, "talk", current.account().id)
    return render_template("assistant/page.html", talks=talks, contact=contact, items=items, fault=None)


@bp.post("/<contact_id>/take")
def take(contact_id: str) -> AnyResponse | tuple[str, int]:
    """Take the conversation over; what the assistant was about to say is not sent."""
    try:
        with current.writing() as conn:
            _contact(conn, contact_id)
            case_id = holding.take_over(conn, current.service().vault, contact_id, current.account().id)
    except (Refused, InputError) as error:
        return _page(forms.said(error)), forms.status(error)
    return redirect(url_for("cases.page", case_id=case_id), 303)


def _page(said: str | None = None) -> str:
    with current.reading() as conn:
        talks = queue.with_assistant(conn)
    return render_template("assistant/page.html", talks=talks, contact=None, items=[], fault=said)


def _contact(conn: Connection, contact_id: str) -> contacts.Contact:
    if len(contact_id) != 32 or not contact_id.isalnum():
        abort(404)
    try:
        return contacts.get(conn, contact_id)
    except InputError:
        abort(404)
