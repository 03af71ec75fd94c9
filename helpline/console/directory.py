"""The directory: finding services, keeping them true, and taking over other people's lists."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import urlencode, urlsplit

from babel.dates import format_date
from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from flask.sansio.blueprints import BlueprintSetupState
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response as AnyResponse

from helpline import clock, directory, logs, places
from helpline.console import access, current, forms
from helpline.directory import editing, listing, upload
from helpline.directory.listing import Filter, Listed
from helpline.errors import InputError, StaleVersion

bp = Blueprint("directory", __name__, url_prefix="/directory")
log = logs.get(__name__)

ROWS, DRAFT_ROWS, MOST_POINTS, SHOWN_CHANGES = 50, 100, 2000, 200
MAP_WIDTH, MAP_HEIGHT = 520, 600
_WEST, _EAST, _SOUTH, _NORTH = 3.2, 7.3, 50.65, 53.65
LANDMARKS = ("Amsterdam", "Rotterdam", "Den Haag", "Utrecht", "Groningen", "Zwolle", "Arnhem", "Eindhoven",
             "Maastricht", "Middelburg", "Leeuwarden", "Enschede")  # fmt: skip
"""Towns named on the map for orientation."""
DONE = ("added", "saved", "checked", "retired", "brought_back", "follows", "imported", "dismissed")
Answer = AnyResponse | str | tuple[str, int]


@bp.record_once
def _globals(state: BlueprintSetupState) -> None:
    """What the directory's templates use, also in macros, which see globals only."""
    state.app.jinja_env.globals.update(
        day_of=day_of, opening_of=lambda hours: directory.opening(hours, clock.now()), place_on_map=_on_map,
        SERVICE_KINDS=directory.kinds(), SERVICE_STATES=listing.STATES, AUDIENCES=directory.AUDIENCES,
        BRING=directory.BRING, SHOWN_CHANGES=SHOWN_CHANGES,
    )  # fmt: skip


@bp.get("")
def page() -> str:
    """The list: searched, filtered, a page at a time."""
    chosen, number = _chosen(), max(1, request.args.get("page", 1, type=int))
    with current.reading() as conn:
        found, total = listing.listed(conn, chosen, _kind_names(), ROWS, min(number - 1, 10_000) * ROWS)
        counts, towns = listing.counts(conn), listing.towns(conn)
        drafts = listing.draft_answers_waiting(conn, 0)[1]
    return render_template(
        "directory/page.html", chosen=chosen, found=found, total=total, number=number, pages=-(-total // ROWS),
        counts=counts, towns=towns, drafts=drafts, done=_done(),
        here=_here(),
    )  # fmt: skip


@bp.get("/map")
def map_page() -> Response:
    """The same services as points. Without tiles nothing is asked of anybody else."""
    chosen, tiles = _chosen(), current.service().settings.directory_tiles_url
    with current.reading() as conn:
        found, total = listing.listed(conn, chosen, _kind_names(), MOST_POINTS)
        counts, towns = listing.counts(conn), listing.towns(conn)
    landmarks = [place for name in LANDMARKS for place in places.find(name)[:1]]
    answer = make_response(render_template(
        "directory/map.html", chosen=chosen, found=found, total=total, counts=counts, towns=towns, tiles=tiles,
        landmarks=landmarks, width=MAP_WIDTH, height=MAP_HEIGHT,
    ))  # fmt: skip
    if tiles:
        policy = access.HEADERS["Content-Security-Policy"]
        host = urlsplit(tiles).netloc.replace("{s}", "*")
        answer.headers["Content-Security-Policy"] = policy.replace("img-src", f"img-src https://{host}")
    return answer


@bp.get("/<int:service_id>")
def show(service_id: int) -> str:
    """One service: what people are told, and what its keepers may do."""
    return _show(service_id)


@bp.post("/<int:service_id>/checked")
def checked(service_id: int) -> Answer:
    """The facts on the page are true today."""
    return _act(service_id, editing.checked_today, "checked")


@bp.post("/<int:service_id>/retire")
def retire(service_id: int) -> Answer:
    """Offer it no longer."""
    return _act(service_id, editing.retire, "retired")


@bp.post("/<int:service_id>/bring-back")
def bring_back(service_id: int) -> Answer:
    """Offer it again."""
    return _act(service_id, editing.bring_back, "brought_back")


@bp.post("/<int:service_id>/follow")
def follow(service_id: int) -> Answer:
    """Let its list change it again."""
    return _act(service_id, editing.follow_list, "follows")


@bp.get("/new")
def new_form() -> str:
    """An empty form."""
    return _form(None, dict.fromkeys(editing.EDITABLE, ""))


@bp.post("/new")
def add() -> Answer:
    """A new service."""
    return _store(None, lambda conn, values: editing.add(conn, values))


@bp.get("/<int:service_id>/edit")
def edit_form(service_id: int) -> str:
    """The form with what is stored."""
    stored = _get(service_id)
    return _form(stored, editing.as_typed(stored))


@bp.post("/<int:service_id>/edit")
def save(service_id: int) -> Answer:
    """Change a service; when somebody else did meanwhile, show both."""
    stored, seen = _get(service_id), forms.number("updated_at") or 0

    def change(conn: Connection, values: Mapping[str, Any]) -> int:
        editing.save(conn, service_id, values, seen)
        return service_id

    return _store(stored, change)


@bp.get("/import")
def import_form() -> str:
    """Where a list is uploaded."""
    return render_template("directory/import.html", planned=None)


@bp.post("/import")
def import_plan() -> Answer:
    """What an uploaded list would change; nothing is written."""
    request.max_content_length = upload.LARGEST + forms.TEXT_LENGTH
    chosen = [one for one in request.files.getlist("files") if one.filename]
    files = {str(one.filename)[:120]: one.read() for one in chosen[: upload.MOST_FILES + 1]}
    return _plan(files, forms.text("origin")[:60])


@bp.post("/import/apply")
def import_apply() -> Answer:
    """Do what was shown, if it is still the same; else show what it would be now."""
    request.max_content_length = request.max_form_memory_size = upload.LARGEST * 3
    origin = forms.text("origin")[:60]
    try:
        files = upload.unpack(request.form.get("packed", ""))
        read = upload.read(files, origin)
    except InputError as error:
        return _not_read(error)
    with current.writing() as conn:
        planned = directory.plan(conn, read)
        same = upload.fingerprint(planned) == request.form.get("fingerprint")
        if same:
            directory.apply(conn, planned)
    if not same:
        return _plan(files, origin, fault=current.words()("directory.import_stale"))
    logs.event(
        log, "directory_imported", account_id=current.account().id, origin=read.origin, added=len(planned.added),
        changed=len(planned.changed), removed=len(planned.removed),
    )  # fmt: skip
    return redirect(url_for("directory.page", done="imported"), 303)


@bp.get("/drafts")
def drafts() -> str:
    """Questions and answers of imported lists that wait for an editor."""
    with current.reading() as conn:
        waiting, total = listing.draft_answers_waiting(conn, DRAFT_ROWS)
    return render_template("directory/drafts.html", waiting=waiting, total=total, done=_done())


@bp.post("/drafts/<int:draft_id>/dismiss")
def dismiss(draft_id: int) -> AnyResponse:
    """Put a draft aside for good."""
    with current.writing() as conn:
        if _possible(draft_id) and editing.dismiss(conn, draft_id):
            logs.event(log, "draft_answer_dismissed", account_id=current.account().id, draft_id=draft_id)
    return redirect(url_for("directory.drafts", done="dismissed"), 303)


def day_of(date: str | None) -> str:
    """A stored date as the console's language writes it; empty for none."""
    try:
        return str(format_date(dt.date.fromisoformat(date or ""), "d MMM y", locale=current.words().language))
    except ValueError:
        return ""


def _chosen() -> Filter:
    asked, kind = request.args.get("q", "").replace("\0", "")[:200], request.args.get("kind", "")
    state, town = request.args.get("state", ""), request.args.get("town", "").replace("\0", "")[:80]
    return Filter(
        asked, kind if kind in directory.kinds() else "", town, state if state in listing.STATES else listing.STATES[0]
    )


def _kind_names() -> dict[str, str]:
    """What each kind is called, in every language of the answers and of the console."""
    words = current.words()
    names = {kind: [words(f"directory.kind.{kind}")] for kind in directory.kinds()}
    for key, _, answer in current.service().answers.items():
        if key.startswith("utter_kind_") and (kind := key.removeprefix("utter_kind_")) in names:
            names[kind].append(answer.text)
    return {kind: " ".join(found) for kind, found in names.items()}


def _get(service_id: int) -> Listed:
    if not _possible(service_id):
        abort(404)
    with current.reading() as conn:
        return listing.get_any(conn, service_id) or abort(404)


def _possible(number: int) -> bool:
    return 0 < number < 2**62


def _done() -> str:
    done = request.args.get("done", "")
    return done if done in DONE else ""


def _here() -> str:
    """This page's address without the notice it shows."""
    kept = {name: value for name, value in request.args.items() if name != "done"}
    return f"{request.path}?{urlencode(kept)}" if kept else request.path


def _show(service_id: int, fault: str | None = None) -> str:
    return render_template("directory/show.html", service=_get(service_id), fault=fault, done=_done())


def _act(service_id: int, change: Callable[[Connection, int, int], None], done: str) -> Answer:
    _get(service_id)
    try:
        with current.writing() as conn:
            change(conn, service_id, forms.number("updated_at") or 0)
    except StaleVersion:
        return _show(service_id, current.words()("directory.stale")), 409
    logs.event(log, f"service_{done}", account_id=current.account().id, service_id=service_id)
    back = request.form.get("back", "")
    if urlsplit(back).path == url_for("directory.page") and back.startswith("/d") and back.isprintable():
        return redirect(f"{back}{'&' if '?' in back else '?'}done={done}", 303)
    return redirect(url_for("directory.show", service_id=service_id, done=done), 303)


def _store(stored: Listed | None, change: Callable[[Connection, Mapping[str, Any]], int]) -> Answer:
    """Check a form and do the change, or show the form again with what is wrong."""
    typed = {name: request.form.get(name, "").replace("\0", "")[:1000] for name in editing.EDITABLE}
    read = editing.check(typed, stored)
    form = partial(_form, stored, typed, faults=read.faults, values=read.values)
    if request.form.get("do") == "look":
        return form(looked=True, seen=forms.number("updated_at"))
    if read.faults:
        return form(seen=forms.number("updated_at")), 400
    try:
        with current.writing() as conn:
            service_id = change(conn, read.values)
    except StaleVersion:
        assert stored is not None
        fresh = _get(stored.entry.id)
        theirs = {name: value for name, value in editing.as_typed(fresh).items() if value != typed[name]}
        return _form(fresh, typed, theirs=theirs, values=read.values), 409
    done = "saved" if stored else "added"
    logs.event(log, f"service_{done}", account_id=current.account().id, service_id=service_id)
    return redirect(url_for("directory.show", service_id=service_id, done=done), 303)


def _form(stored: Listed | None, typed: Mapping[str, str], **more: Any) -> str:
    seen = more.pop("seen", None) or (stored.updated_at if stored else 0)
    known = {"faults": {}, "values": {}, "theirs": None, "looked": False, **more}
    return render_template("directory/form.html", stored=stored, typed=typed, seen=seen, **known)


def _plan(files: Mapping[str, bytes], origin: str, fault: str | None = None) -> Answer:
    try:
        read = upload.read(files, origin)
    except InputError as error:
        return _not_read(error)
    with current.reading() as conn:
        planned = directory.plan(conn, read)
    return render_template(
        "directory/import.html", planned=planned, origin=origin, fault=fault, packed=upload.pack(files),
        fingerprint=upload.fingerprint(planned),
    ), 409 if fault else 200  # fmt: skip


def _not_read(error: InputError) -> tuple[str, int]:
    return render_template("directory/import.html", planned=None, fault=str(error)), 400


def _on_map(latitude: float, longitude: float) -> tuple[float, float]:
    """Where a point is drawn, from the map's upper left corner."""
    across, down = (longitude - _WEST) / (_EAST - _WEST), (_NORTH - latitude) / (_NORTH - _SOUTH)
    return round(across * MAP_WIDTH, 1), round(down * MAP_HEIGHT, 1)
