"""Translators' spreadsheets: taken home as xlsx or csv, looked at before anything is kept, kept in part or whole."""

from __future__ import annotations

import base64
import binascii
import zlib

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from helpline import cells, clock, logs
from helpline.console import content as pages
from helpline.console import current
from helpline.content import sheets, table_files
from helpline.errors import InputError

bp = Blueprint("sheets", __name__, url_prefix="/content/sheets")
log = logs.get(__name__)
SHOWN = 300
_FORM = 64 * 1024
_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
Page = str | tuple[str, int] | AnyResponse


@bp.get("")
def page() -> str:
    """Where a file is fetched, and where one is given back."""
    return _page()


@bp.get("/answers.<any(xlsx, csv):kind>")
def export(kind: str) -> Response:
    """The live answers in the chosen languages."""
    with current.reading() as conn:
        known = sheets.languages(conn)
        chosen = [code for code in request.args.getlist("language") if pages.known_language("utter_", code)]
        rows = sheets.export(conn, chosen or known)
    made = cells.as_csv(rows) if kind == "csv" else table_files.write_xlsx(rows, sheets.right_to_left(rows[0]))
    answer = Response(made, mimetype=_TYPES[kind].split(";")[0])
    answer.headers["Content-Type"] = _TYPES[kind]
    answer.headers["Content-Disposition"] = f'attachment; filename="answers-{clock.today().isoformat()}.{kind}"'
    return answer


@bp.post("")
def look() -> Page:
    """What a file would change; nothing is written."""
    request.max_content_length = table_files.LARGEST + _FORM
    given = request.files.get("file")
    data = given.read() if given else b""
    if not given or not data:
        return _page(current.words()("content.sheet_none")), 400
    return _plan(given.filename or "", data)


@bp.post("/keep")
def keep() -> Page:
    """Keep what was ticked as drafts."""
    request.max_content_length = request.max_form_memory_size = table_files.LARGEST * 2
    name = request.form.get("name", "")[:120]
    try:
        data = zlib.decompressobj().decompress(
            base64.b64decode(request.form.get("packed", ""), validate=True), table_files.LARGEST
        )
    except (binascii.Error, zlib.error, ValueError):
        return _page(current.words()("error.form")), 400
    me, ticked = current.account(), set(request.form.getlist("take"))
    try:
        rows = table_files.read(name, data)
        with current.writing() as conn:
            made = sheets.plan(conn, rows, lambda key, language: pages.may_write(me, key, language))
            kept, missed = sheets.apply(conn, made, ticked, me.id, machine=bool(request.form.get("machine")))
    except InputError as error:
        return _page(current.words().any_of(str(error), "error.form")), 400
    logs.event(log, "sheet_imported", account_id=me.id, kept=kept, missed=len(missed))
    return redirect(url_for("content.review", done="imported"), 303)


def _plan(name: str, data: bytes) -> Page:
    me = current.account()
    try:
        rows = table_files.read(name, data)
        with current.reading() as conn:
            made = sheets.plan(conn, rows, lambda key, language: pages.may_write(me, key, language))
    except InputError as error:
        return _page(current.words().any_of(str(error), "error.form")), 400
    packed = base64.b64encode(zlib.compress(data, 6)).decode()
    words = current.words()
    faults = [
        (fault.row, fault.column, words(f"content.finding.{fault.finding.key}", **fault.finding.values))
        for fault in made.faults
    ]
    counts = {kind: sum(item.kind == kind for item in made.items) for kind in sheets.KINDS}
    shown = [(item, pages.compared(item.before, item.wording.text), pages.findings_said(list(item.findings)))
             for item in made.items[:SHOWN]]  # fmt: skip
    return render_template(
        "content/plan.html", made=made, faults=faults, counts=counts, shown=shown, name=name, packed=packed, most=SHOWN
    )


def _page(fault: str = "") -> str:
    with current.reading() as conn:
        known = sheets.languages(conn)
    return render_template("content/sheets.html", languages=known, fault=fault, done=pages.done())
