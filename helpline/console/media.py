"""Files both ways: a contact's file is fetched from WhatsApp when somebody taps it, and kept for minutes in memory."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, abort, current_app, render_template, request
from werkzeug.datastructures import FileStorage

from helpline import inbox, logs
from helpline.console import conversion, current
from helpline.console.cases import get
from helpline.console.kept import Kept, Shown
from helpline.db import schema
from helpline.errors import InputError, ProviderError
from helpline.messages import Media
from helpline.whatsapp import carrier, client

bp = Blueprint("media", __name__, url_prefix="/cases")
log = logs.get(__name__)

FETCH_BYTES = 25 * 1024 * 1024
LIMITS = {"image": 5 * 1024 * 1024, "audio": 16 * 1024 * 1024, "video": 16 * 1024 * 1024, "document": 20 * 1024 * 1024}
"""WhatsApp's limits, but for documents, where it takes more than a desk needs."""
SENDABLE = {
    "image/jpeg": "image", "image/png": "image", "audio/ogg": "audio", "audio/mpeg": "audio", "audio/mp4": "audio",
    "audio/aac": "audio", "video/mp4": "video", "application/pdf": "document", "text/plain": "document",
}  # fmt: skip
SHOWN = {"image/jpeg", "image/png", "image/webp", "audio/mpeg", "audio/ogg", "audio/mp4", "video/mp4"}
"""Types a browser may show; everything else is a download."""
VOICE = "voice-note"
"""How the desk's script names what it recorded."""


@bp.get("/<int:case_id>/media/<int:inbox_id>/<int:place>")
def show(case_id: int, inbox_id: int, place: int) -> Response:
    """The file itself, without what its maker hid in it: places and names in photos, odd sound formats."""
    file = _opened(case_id, inbox_id, place)
    kind = file.kind if file.kind in SHOWN else "application/octet-stream"
    answer = Response(file.content, content_type=kind)
    answer.headers["Content-Disposition"] = "inline" if kind in SHOWN else "attachment; filename=file"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    # Safari plays sound only from a server that gives pieces of it.
    answer.make_conditional(request.environ, accept_ranges=True, complete_length=len(file.content))
    return answer


@bp.get("/<int:case_id>/media/<int:inbox_id>/<int:place>/open")
def opened(case_id: int, inbox_id: int, place: int) -> str:
    """A piece of the page with the file in it; asked for by a tap."""
    with current.reading() as conn:
        get(conn, case_id)
    media = _media(case_id, inbox_id, place)
    return render_template("cases/media.html", case_id=case_id, inbox_id=inbox_id, place=place, kind=media.kind)


def upload(file: FileStorage) -> Media:
    """Hand a file to WhatsApp, to be sent. Raises InputError, naming what to say, for what it would not take."""
    content = file.read(max(LIMITS.values()) + 1)
    kind = _sniffed(content)
    if len(content) > LIMITS.get(SENDABLE.get(kind, ""), len(content)):
        raise InputError("error.file_size")
    recorded = (file.filename or "").startswith(f"{VOICE}.")
    if recorded:
        content, kind = conversion.voice_note(content, kind.replace("video/", "audio/"))
    elif kind in ("image/jpeg", "image/png"):
        content, kind = conversion.plain(content, kind)  # an agent's photo tells where it was taken, too
    sort = SENDABLE.get(kind)
    if sort is None:
        raise InputError("error.file_kind")
    if len(content) > LIMITS[sort]:
        raise InputError("error.file_size")
    name = Path((file.filename or "").replace("\\", "/")).name[:100] or "file"
    try:
        media_id = wire().upload(content, kind, name)
    except ProviderError:
        logs.failure(log, "upload_failed")
        raise InputError("error.upload") from None
    sort = "voice" if recorded and kind == "audio/ogg" else sort
    return Media(sort, id=media_id, mime_type=kind, filename=name if sort == "document" else None)


def _sniffed(content: bytes) -> str:
    """The type by what is in the file, whatever its name says."""
    starts = (
        (b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"%PDF-", "application/pdf"),
        (b"OggS", "audio/ogg"), (b"ID3", "audio/mpeg"), (b"\xff\xfb", "audio/mpeg"), (b"\xff\xf1", "audio/aac"),
        (b"\x1aE\xdf\xa3", "video/webm"),
    )  # fmt: skip
    for start, kind in starts:
        if content.startswith(start):
            return kind
    if content[4:8] == b"ftyp":
        return "audio/mp4" if content[8:12] in (b"M4A ", b"M4B ") else "video/mp4"
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    return "text/plain" if content and "\0" not in text else ""


def _media(case_id: int, inbox_id: int, place: int) -> Media:
    """The file a message of this case's contact names; 404 for any other."""
    service, table = current.service(), schema.inbox
    with current.reading() as conn:
        case = get(conn, case_id)
        query = table.select().where(table.c.id == inbox_id, table.c.contact_id == case.contact_id)
        row = conn.execute(query).first() if inbox_id < 2**62 else None
    if row is None:
        abort(404)
    files = inbox.unpack(service.vault.open(row.body_sealed)).media
    if not 0 <= place < len(files) or not (files[place].id or files[place].url):
        abort(404)
    return files[place]


def _opened(case_id: int, inbox_id: int, place: int) -> Shown:
    """The file as a browser can show it; fetched from WhatsApp unless it was opened minutes ago."""
    media, kept = _media(case_id, inbox_id, place), _kept()
    file = kept.get((inbox_id, place))
    if file is None:
        try:
            fetched = wire().fetch(str(media.id or media.url), FETCH_BYTES)
        except ProviderError as error:
            logs.event(log, "media_not_fetched", error=type(error).__name__)
            abort(502)
        try:
            file = Shown(*conversion.plain(fetched.content, fetched.mime_type.partition(";")[0].strip().lower()))
        except InputError:
            abort(415)  # what hides in it cannot be taken out
        kept.put((inbox_id, place), file)
    return file


def _kept() -> Kept:
    kept: Kept = current_app.extensions.setdefault("kept", Kept())
    return kept


def wire() -> client.Client:
    """WhatsApp's API; one for the whole process, as it may be shared between threads."""
    extensions = current_app.extensions
    if "whatsapp" not in extensions:
        extensions["whatsapp"] = carrier.client_of(current.service().settings)
    made: client.Client = extensions["whatsapp"]
    return made
