"""Where an agent types: reply and note, each to its own address, with a draft kept on the server."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response as AnyResponse

from helpline import cases, colleagues, drafts, presence, redaction, replies
from helpline.console import answers, current, forms, hints, prepared
from helpline.console.cases import Act, do, get, read, whole_page
from helpline.console.media import upload, wire
from helpline.console.typing_sign import TypingSign
from helpline.errors import InputError, Refused
from helpline.messages import Media, OutboundMessage

bp = Blueprint("composer", __name__, url_prefix="/cases")

FILE_BYTES = 21 * 1024 * 1024


@bp.post("/<int:case_id>/reply")
def reply(case_id: int) -> AnyResponse | tuple[str, int] | str:
    """Send words to the contact; outside the 24 hours, keep them and send the neutral template."""
    service = current.service()
    request.max_content_length = FILE_BYTES
    text, seen = forms.text(), replies.Seen.read(request.form.get("seen", ""))

    try:
        file = _file(case_id)
    except (Refused, InputError) as error:
        return _refused(case_id, "reply", text, error)

    def act(conn: Connection, me: int) -> None:
        if not text and file is None:
            raise InputError("error.empty")
        if prepared.left_open(text):
            raise InputError("error.left_open")
        if redaction.has_grave(text) and request.form.get("needed") != "yes":
            raise InputError("error.guarded")
        once = forms.once()
        nudge = None
        if request.form.get("hold") == "yes":
            language = get(conn, case_id).language or "en"
            text_of_it = service.answers.get("utter_held_answer", language).text
            nudge = OutboundMessage(text_of_it, template=service.settings.whatsapp_template, template_language=language)
        message = OutboundMessage(text, media=file)
        replies.reply(conn, service.vault, case_id, me, message, f"reply:{once}", seen=seen, nudge=nudge)
        named = answers.named_in(text, get(conn, case_id).language)
        if named:
            replies.name_answers(conn, f"reply:{once}", named)
        drafts.drop(conn, case_id, me, "reply")

    return _write(case_id, "reply", text, act)


@bp.post("/<int:case_id>/note")
def note(case_id: int) -> AnyResponse | tuple[str, int] | str:
    """Write a note for colleagues. Nothing here leads to the outbox."""
    text, vault = forms.text(), current.service().vault

    def act(conn: Connection, me: int) -> None:
        if not text:
            raise InputError("error.empty")
        replies.note(conn, vault, case_id, me, text)
        colleagues.ask_mentioned(conn, vault, case_id, me, text)
        drafts.drop(conn, case_id, me, "note")

    return _write(case_id, "note", text, act)


@bp.post("/<int:case_id>/draft")
def draft(case_id: int) -> Response:
    """Keep what is typed so far; colleagues and the contact see that somebody types. Remarks on the text come back."""
    kind, account = request.form.get("kind", ""), current.account()
    if kind not in drafts.KINDS:
        return Response(status=400)
    text = forms.text()
    with current.writing() as conn:
        case = get(conn, case_id)
        drafts.keep(conn, current.service().vault, case_id, account.id, kind, text)
        writes = kind == "reply" and bool(text) and case.account_id == account.id and case.state == "active"
        presence.seen(conn, account.id, case_id, typing=writes)
    if writes:
        with current.reading() as conn:
            _typing_sign().show(conn, case)
    if kind != "reply" or not current.by_script():
        return Response(status=204)
    return Response(render_template("cases/hints.html", hints=hints.hints(text, case, account)))


@bp.post("/<int:case_id>/again/<int:outbox_id>")
def again(case_id: int, outbox_id: int) -> AnyResponse | tuple[str, int]:
    """Send a failed message once more, really."""
    vault = current.service().vault
    return do(case_id, lambda conn, me: replies.again(conn, vault, case_id, me, outbox_id))


def _typing_sign() -> TypingSign:
    extensions = current_app.extensions
    if "typing" not in extensions:
        extensions["typing"] = TypingSign(wire())
    made: TypingSign = extensions["typing"]
    return made


def _file(case_id: int) -> Media | None:
    """The attached file, handed to WhatsApp before any transaction begins; only for who holds the case."""
    given = request.files.get("file")
    if given is None or not given.filename:
        return None
    with current.reading() as conn:
        cases.require_holder(conn, get(conn, case_id).id, current.account().id)
    return upload(given)


def _write(case_id: int, mode: str, text: str, act: Act) -> AnyResponse | tuple[str, int] | str:
    """Do something typed, then show the composer empty."""
    try:
        with current.writing() as conn:
            get(conn, case_id)
            act(conn, current.account().id)
    except (Refused, InputError) as error:
        return _refused(case_id, mode, text, error)
    if not current.by_script():
        return redirect(url_for("cases.page", case_id=case_id) + "#end", 303)
    return _composer(case_id, mode, None, {}, forms.new_once())


def _refused(case_id: int, mode: str, text: str, error: Refused | InputError) -> tuple[str, int]:
    """What was typed stays, and so does the form's key: sending it again is still the same message."""
    said, once = forms.said(error), request.form.get("once", "") or forms.new_once()
    if current.by_script():
        return _composer(case_id, mode, said, {mode: text}, once), forms.status(error)
    return whole_page(case_id, said, {mode: text}, once=once), forms.status(error)


def _composer(case_id: int, mode: str, said: str | None, typed: dict[str, str], once: str) -> str:
    with current.reading() as conn:
        opened = read(conn, case_id)
    shown = opened.drafts | typed
    return render_template("cases/composer.html", opened=opened, fault=said, typed=shown, mode=mode, once=once)
