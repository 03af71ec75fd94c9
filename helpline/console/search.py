"""Finding a case again."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from helpline import finding, looks, sight
from helpline.console import answers, current

bp = Blueprint("search", __name__)


@bp.get("/search")
def page() -> str:
    """Cases by alias, topic or word."""
    asked = request.args.get("q", "").replace("\0", "")[:200]
    found, account = [], current.account()
    if asked.strip():
        with current.writing() as conn:
            looks.record(conn, current.service().vault, "search", account.id)
        with current.reading() as conn:
            found = finding.find(
                conn, current.service().vault, asked, dict(answers.topics()),
                readable=lambda case: sight.of(conn, account, case).level == "all",
                named_to=lambda case: sight.knows(account, case),
            )  # fmt: skip
    return render_template("search/page.html", asked=asked, found=found)
