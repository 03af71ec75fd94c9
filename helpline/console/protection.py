"""What protects people: reasons for looking and their log, sensitive cases, numbers, blocks, switches, their data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, redirect, render_template, request, url_for
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response as AnyResponse

from helpline import blocking, cases, contacts, exports, logs, looks, privacy, redaction, sight, switches
from helpline.console import current, door, forms
from helpline.console.cases import get
from helpline.errors import InputError, Refused

bp = Blueprint("protection", __name__)
log = logs.get(__name__)
Answer = AnyResponse | str | tuple[str, int]
ROWS = 100


@bp.post("/cases/<int:case_id>/reason")
def give_reason(case_id: int) -> Answer:
    """Open a closed or sensitive case with a reason."""
    account = current.account()
    with current.reading() as conn:
        case = get(conn, case_id)
    try:
        with current.writing() as conn:
            sight.give_reason(conn, current.service().vault, account, case, forms.text("reason"))
    except (Refused, InputError) as error:
        with current.reading() as conn:
            return door.closed(case, sight.of(conn, account, case), forms.said(error), forms.status(error))
    return _back(case_id)


@bp.post("/cases/<int:case_id>/acknowledge")
def acknowledge(case_id: int) -> Answer:
    """Somebody with the duty knows of it: it need not be told again."""

    def act(conn: Connection, me: int) -> None:
        if sight.acknowledge(conn, case_id):
            looks.record(conn, current.service().vault, "acknowledged", me, case_id)

    return _do(case_id, act)


@bp.post("/cases/<int:case_id>/sensitive")
def sensitive(case_id: int) -> Answer:
    """Mark a case as sensitive, or no longer (only somebody with the duty)."""
    wanted = request.form.get("sensitive") == "yes"

    def act(conn: Connection, me: int) -> None:
        if not wanted and not sight.opens_sensitive(current.account()):
            raise Refused("error.not_yours_to_open")
        sight.mark_sensitive(conn, case_id, wanted)
        looks.record(conn, current.service().vault, "marked", me, case_id)

    return _do(case_id, act)


@bp.post("/cases/<int:case_id>/reveal")
def reveal(case_id: int) -> Answer:
    """The number behind an alias, for a reason that goes into the log. Shown on this answer only."""
    vault = current.service().vault
    try:
        with current.writing() as conn:
            case = get(conn, case_id)
            looks.record(conn, vault, "revealed", current.account().id, case_id, looks.needed(forms.text("reason")))
            identity = contacts.address(conn, vault, case.contact_id)
    except (Refused, InputError) as error:
        return _refused(case_id, error)
    return render_template("protection/number.html", case=case, identity=identity)


@bp.post("/cases/<int:case_id>/block")
def block(case_id: int) -> Answer:
    """Block the contact for a while."""
    why, hours, reason = request.form.get("why", ""), forms.number("hours"), forms.text("reason")
    vault = current.service().vault
    return _do(case_id, lambda conn, me: blocking.block(conn, vault, case_id, me, why, hours, reason))


@bp.post("/cases/<int:case_id>/unblock")
def unblock(case_id: int) -> Answer:
    """End a block before its time."""
    vault = current.service().vault
    return _do(case_id, lambda conn, me: blocking.unblock(conn, vault, case_id, me))


@bp.post("/cases/<int:case_id>/discard/<int:inbox_id>")
def discard(case_id: int, inbox_id: int) -> Answer:
    """Delete a message with its file now, and tell the person."""
    service = current.service()
    return _do(case_id, lambda conn, me: privacy.discard(conn, service, case_id, me, inbox_id))


@bp.post("/guard")
def guard() -> str:
    """What in a text being typed should not be written down; nothing is kept."""
    return render_template("protection/guard.html", kinds=redaction.to_avoid(forms.text()))


@bp.get("/looks")
def log_page() -> str:
    """Who looked at what, and why: for the whole team."""
    before, case_id, kind = _whole("before") or 2**62, _whole("case"), request.args.get("kind", "")
    chosen = kind if kind in looks.KINDS else ""
    with current.reading() as conn:
        found = looks.listed(conn, current.service().vault, case_id=case_id, kind=chosen, before=before, limit=ROWS)
    return render_template("protection/log.html", found=found, chosen=chosen, case_id=case_id, ROWS=ROWS)


@bp.get("/switches")
def switch_page() -> str:
    """What is switched off, and the buttons."""
    return _switches()


@bp.post("/switches/<name>/off")
def turn_off(name: str) -> Answer:
    """Silence the assistant, or freeze deletion."""
    hours = forms.number("hours")
    seconds = hours * 3600 if hours and hours <= 24 * 366 else None

    def act(conn: Connection, me: int) -> None:
        switches.turn_off(conn, current.service().vault, name, me, forms.text("reason"), seconds)

    return _switch(name, "off", act)


@bp.post("/switches/<name>/on")
def turn_on(name: str) -> Answer:
    """Back to normal."""
    return _switch(name, "on", lambda conn, me: switches.turn_on(conn, current.service().vault, name, me))


@bp.get("/persons")
def persons() -> str:
    """The form for somebody who asks for their data, or to be forgotten, by another way than WhatsApp."""
    return _persons()


@bp.post("/persons/export")
def export() -> Answer:
    """Everything that is kept about one person: a page to read or print, or all of it as data."""
    vault = current.service().vault
    try:
        with current.writing() as conn:
            reason = looks.needed(forms.text("reason"))
            contact_id = exports.find(conn, vault, forms.text("person"))
            looks.record(conn, vault, "exported", current.account().id, None, reason)
            gathered, lines = exports.gather(conn, vault, contact_id), exports.talk(conn, vault, contact_id)
            contact = contacts.get(conn, contact_id)
    except (Refused, InputError) as error:
        return _persons(forms.said(error)), forms.status(error)
    if request.form.get("form") == "data":
        answer = Response(exports.as_json(gathered), content_type="application/json")
        answer.headers["Content-Disposition"] = "attachment; filename=helpline-person.json"
        return answer
    return render_template("protection/export.html", contact=contact, lines=lines, tables=gathered["tables"])


@bp.post("/persons/erase")
def erase() -> Answer:
    """Delete everything about one person, now."""
    vault = current.service().vault
    try:
        with current.writing() as conn:
            reason = looks.needed(forms.text("reason"))
            if request.form.get("sure") != "yes":
                raise InputError("error.sure")
            contact_id = exports.find(conn, vault, forms.text("person"))
            privacy.erase(conn, vault, contact_id, current.account().id, reason)
    except (Refused, InputError) as error:
        return _persons(forms.said(error)), forms.status(error)
    logs.event(log, "erased_by_hand", by=current.account().id)
    return _persons(done=True)


def _switch(name: str, way: str, act: Callable[[Connection, int], object]) -> Answer:
    try:
        with current.writing() as conn:
            if name not in switches.NAMES:
                raise InputError("error.form")
            act(conn, current.account().id)
    except (Refused, InputError) as error:
        return _switches(forms.said(error)), forms.status(error)
    logs.event(log, "switched", level=30, switch=name, way=way, by=current.account().id)
    return redirect(url_for("protection.switch_page"), 303)


def _switches(fault: str | None = None) -> str:
    with current.reading() as conn:
        found = {one.name: one for one in switches.off(conn)}
    return render_template("protection/switches.html", off=found, NAMES=switches.NAMES, fault=fault)


def _persons(fault: str | None = None, *, done: bool = False) -> str:
    return render_template("protection/persons.html", fault=fault, done=done, typed=request.form.get("person", ""))


def _do(case_id: int, act: Callable[[Connection, int], object]) -> Answer:
    try:
        with current.writing() as conn:
            get(conn, case_id)
            act(conn, current.account().id)
    except (Refused, InputError) as error:
        return _refused(case_id, error)
    return _back(case_id)


def _refused(case_id: int, error: Refused | InputError) -> Answer:
    with current.reading() as conn:
        case = get(conn, case_id)
    return render_template("protection/refused.html", case=case, fault=forms.said(error)), forms.status(error)


def _back(case_id: int) -> AnyResponse:
    return redirect(url_for("cases.page", case_id=case_id), 303)


def _whole(name: str) -> int | None:
    typed = request.args.get(name, "")
    return int(typed) if typed.isdecimal() and typed.isascii() and len(typed) < 18 else None


def panel(case: cases.Case) -> dict[str, Any]:
    """What the panel on a case's page shows: the block, and who looked at it lately."""
    with current.reading() as conn:
        return {
            "blocked_until": blocking.until(conn, case.contact_id),
            "looks": looks.listed(conn, current.service().vault, case_id=case.id, limit=5),
        }


def troubles() -> list[str]:
    """What is switched off now, for the bar above every page."""
    words = current.words()
    try:
        with current.reading() as conn:
            found = switches.off(conn)
    except sa.exc.SQLAlchemyError:
        return []  # the status page says it better
    return [
        words(
            f"switch.{one.name}_bar", name=one.by or words("who.system"), since=words.moment(one.since),
            until=words.moment(one.until) if one.until else words("switch.by_hand"),
        )
        for one in found
    ]  # fmt: skip


def shown(text: str) -> str:
    """A stored text as colleagues read it: marks become words."""
    words = current.words()
    return redaction.MARK.sub(lambda mark: words(f"redacted.{redaction.KINDS[int(mark[1]) - 1]}"), text or "")


def globals_() -> dict[str, Any]:
    """What templates need."""
    return {
        "knows": lambda case: sight.knows(current.signed_in(), case),
        "protection_panel": panel, "shown": shown, "has_grave": redaction.has_grave, "LOOK_KINDS": looks.KINDS,
        "BLOCK_HOURS": blocking.HOURS, "BLOCK_REASONS": blocking.REASONS, "OWN_HOURS": sight.OWN_SECONDS // 3600,
    }  # fmt: skip
