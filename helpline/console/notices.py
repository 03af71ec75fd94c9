"""Where notices go and what was sent; in the demo, what would be sent. Addresses are never shown."""

from __future__ import annotations

import json
import uuid

from flask import Blueprint, render_template, request, url_for
from sqlalchemy.engine import Connection

from helpline import notices
from helpline.console import current, team
from helpline.errors import Refused
from helpline.notices import payloads, targets, wording

bp = Blueprint("notices", __name__, url_prefix="/notices")

SHOWN = 60


@bp.get("")
def page() -> str:
    """Targets, the newest notices, and those that were given up."""
    return _page()


@bp.post("/test")
def test() -> team.Answer:
    """Send a notice that says it is a test."""
    audience = request.form.get("audience", "")
    chosen = audience if audience in notices.AUDIENCES else "team"
    return team.act(
        lambda conn, _me: notices.put(conn, "test", chosen, f"test:{uuid.uuid4()}", path="/notices"),
        _page,
        url_for("notices.page", done="yes"),
    )


@bp.post("/again/<int:delivery_id>")
def again(delivery_id: int) -> team.Answer:
    """Try one that was given up once more."""

    def act(conn: Connection, _me: int) -> None:
        if not 0 < delivery_id < 2**62 or not notices.again(conn, delivery_id):
            raise Refused("error.notice_not_dead")

    return team.act(act, _page, url_for("notices.page", done="yes"))


def _page(said: str | None = None) -> str:
    settings, language = current.service().settings, current.words().language
    known = targets.read(settings)
    with current.reading() as conn:
        found = notices.listed(conn, SHOWN)
        dead = notices.dead(conn)
    rows = [
        (
            notice,
            wording.title(notice, language),
            wording.lines(notice, language),
            deliveries,
            json.dumps(
                payloads.teams(notice, settings.notice_language, settings.console_url), ensure_ascii=False, indent=1
            ),
        )
        for notice, deliveries in found
    ]
    reached = [(audience, targets.of_audience(known, audience)) for audience in notices.AUDIENCES]
    return render_template(
        "notices/page.html", rows=rows, reached=reached, dead=dead, fault=said, configured=bool(known),
        done=request.args.get("done") == "yes",
    )  # fmt: skip
