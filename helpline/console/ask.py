"""Ask the assistant without a phone: what it would do with a message, and why; live or as it was trained last."""

from __future__ import annotations

import time

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from helpline import intents
from helpline.console import current, training
from helpline.content import SPOKEN
from helpline.nlu.understand import understand

bp = Blueprint("ask", __name__, url_prefix="/ask")
NEAREST = 6
LONGEST = 1000


@bp.get("")
def page() -> str:
    """The question, what each model makes of it, and the examples nearest to it."""
    asked = request.args.get("q", "").replace("\0", "").strip()[:LONGEST]
    model = "draft" if request.args.get("model") == "draft" else "live"
    prior = request.args.get("language", "")
    prior = prior if prior in SPOKEN else ""
    draft = training.draft_reader()
    reader = draft if model == "draft" else training.live_reader()
    outcome, seconds = None, 0.0
    if asked and reader is not None:
        began = time.perf_counter()
        outcome = understand(reader.model, asked, prior=prior or None)
        seconds = time.perf_counter() - began
    nearest = training.index().nearest(asked, None, NEAREST, 0.2) if asked else []
    with current.reading() as conn:
        others = intents.listed(conn, archived=False)
    return render_template(
        "ask/page.html", asked=asked, model=model, prior=prior, reader=reader, draft=draft, outcome=outcome,
        nearest=nearest, answer_of=training.answer_of, milliseconds=round(1000 * seconds),
        others=sorted(others, key=lambda one: training.name(one.id).casefold()),
    )  # fmt: skip


@bp.get("/fix")
def fix() -> AnyResponse:
    """From a wrong reading to the right intent, with the message as an example to be checked and added."""
    asked, language = request.args.get("q", "")[:LONGEST], request.args.get("language", "")
    chosen = language if language in SPOKEN else None
    return redirect(url_for("intents.show", intent=request.args.get("intent", "-"), language=chosen, texts=asked))
