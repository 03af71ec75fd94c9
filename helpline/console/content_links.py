"""Where the links of the answers lead, as far as somebody looked; the worker looks, this process never does."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, url_for
from werkzeug.wrappers import Response

from helpline import logs
from helpline.console import content as pages
from helpline.console import current
from helpline.content import links

bp = Blueprint("links", __name__, url_prefix="/content/links")
log = logs.get(__name__)


@bp.get("")
def page() -> str:
    """Every link with what was found there, the worst first."""
    with current.reading() as conn:
        listed, waiting = links.listed(conn), links.waiting(conn)
    allowed = current.service().settings.link_hosts.strip()
    return render_template("content/links.html", listed=listed, waiting=waiting, allowed=allowed, done=pages.done())


@bp.post("")
def look() -> Response:
    """Have the worker look at all of them."""
    if not current.service().settings.link_hosts.strip():
        abort(409)
    with current.writing() as conn:
        count = links.ask(conn)
    logs.event(log, "links_asked", account_id=current.account().id, count=count)
    return redirect(url_for("links.page", done="asked"), 303)
