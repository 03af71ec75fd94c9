"""What the pages about working together share: their tabs, and how much on each waits for this person."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa
from flask import Blueprint, abort, redirect, url_for
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response as AnyResponse

from helpline import colleagues, problems, translating
from helpline.console import access, current, forms
from helpline.errors import InputError, Refused

bp = Blueprint("team", __name__)

Answer = AnyResponse | tuple[str, int] | str
Act = Callable[[Connection, int], object]
TABS = (
    ("shifts.page", "team.shifts", "clock"),
    ("roster.page", "team.roster", "users"),
    ("colleagues.page", "team.asked", "message-circle"),
    ("problems.page", "team.problems", "circle-alert"),
    ("translating.page", "team.translating", "languages"),
    ("notices.page", "team.notices", "bell-ring"),
)
"""Route, text and icon; each person sees what they may use."""
FEATURES = frozenset(endpoint.partition(".")[0] for endpoint, _, _ in TABS) | {"team"}

WAITS = {
    "colleagues.page": colleagues.waits_for,
    "translating.page": translating.waits_for,
    "problems.page": problems.waits_for,
}
"""What asks how much waits for somebody, by route; all is asked in one statement."""


@bp.get("/team")
def page() -> AnyResponse:
    """The first of the pages this person may use; one on which something waits comes first."""
    waits = counts()
    usable = [endpoint for endpoint, _, _ in TABS if allowed(endpoint)]
    if not usable:
        abort(403)
    return redirect(url_for(next((one for one in usable if waits.get(one)), usable[0])))


def allowed(endpoint: str) -> bool:
    """Whether who is signed in may use a route."""
    account = current.account()
    return access.may(account.role, endpoint, account.has)


def counts() -> dict[str, int]:
    """How many things wait for who is signed in, by the route of their page."""
    account = current.signed_in()
    if account is None:
        return {}
    asked = {endpoint: waits_for(account) for endpoint, waits_for in WAITS.items() if allowed(endpoint)}
    with current.reading() as conn:
        row = conn.execute(sa.select(*(one.scalar_subquery() for one in asked.values()))).one() if asked else ()
    return {endpoint: int(number) for endpoint, number in zip(asked, row, strict=True)}


def menu_count(endpoint: str) -> int:
    """The figure beside a menu entry; only this page has one."""
    return sum(counts().values()) if endpoint == "team.page" else 0


def act(what: Act, show: Callable[[str | None], str], done: str) -> Answer:
    """Do something with a form and go on to `done`; when it is refused, `show` the page with the reason."""
    try:
        with current.writing() as conn:
            what(conn, current.account().id)
    except (InputError, Refused) as error:
        return show(forms.said(error)), forms.status(error)
    return redirect(done, 303)
