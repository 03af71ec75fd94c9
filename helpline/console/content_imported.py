"""An imported question and answer on its way to become one of our texts."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from helpline.console import content as pages
from helpline.console import current
from helpline.content import DEFAULT_LANGUAGE, SPOKEN, imported, sensitive

bp = Blueprint("imported", __name__, url_prefix="/content/imported")


@bp.get("/<int:draft_id>")
def show(draft_id: int) -> str:
    """What the list says, and into which of our texts it may go."""
    return _page(draft_id)


@bp.post("/<int:draft_id>")
def begin(draft_id: int) -> Response | tuple[str, int]:
    """Open the chosen text with the imported answer in it; nothing is kept before it is saved there."""
    chosen = request.form.get("answer", "")
    name = request.form.get("name", "").strip().lower().replace(" ", "_").removeprefix("utter_")[:60]
    language = request.form.get("language", "")
    key = chosen or f"utter_{name}"
    usable = key.isascii() and key.replace("_", "").isalnum() and key == key.lower() and key.startswith("utter_")
    if key == "utter_" or not usable or sensitive.locked(key) or not pages.known_language(key, language):
        return _page(draft_id, current.words()("imported.choose")), 400
    return redirect(url_for("writing.page", key=key, language=language, draft=draft_id), 303)


def _page(draft_id: int, fault: str = "") -> str:
    with current.reading() as conn:
        draft = imported.one(conn, draft_id) if draft_id < 2**62 else None
        languages, rows = pages.matrix(conn)
    if draft is None:
        abort(404)
    keys = [(pages.answer_name(row.key), row.key) for row in rows if not row.locked]
    language = draft.language if draft.language in languages else DEFAULT_LANGUAGE
    return render_template(
        "content/imported.html", draft=draft, keys=sorted(keys), languages=dict.fromkeys([*SPOKEN, *languages]),
        chosen=request.form.get("language") or language, fault=fault,
    )  # fmt: skip
