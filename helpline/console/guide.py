"""How to work here, for somebody's first shift: read in five minutes, without asking anybody."""

from __future__ import annotations

from flask import Blueprint, render_template

from helpline.console import current

bp = Blueprint("guide", __name__, url_prefix="/help")


@bp.get("")
def page() -> str:
    """The first shift, step by step, with the keys."""
    return render_template("guide/page.html", capacity=current.service().settings.cases_per_agent)
