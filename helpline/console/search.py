"""Finding a case again."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from helpline import finding, looks
from helpline.console import answers, current

bp = Blueprint("search", __name__)


@bp.get("/search")
def page() -> str:
    """Cases by alias, topic or word."""
    asked = request.args.get("q", "").replace("\0", "")[:200]
    found = []
    if asked.strip():
        with current.writing() as conn:
            looks.record(conn, current.service().vault, "search", current.account().id)
        with current.reading() as conn:
            found = finding.find(conn, current.service().vault, asked, dict(answers.topics()))
    return render_template("search/page.html", asked=asked, found=found)
