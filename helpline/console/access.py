"""Who may do what: closed by default. Every request passes here before any page sees it.

A route is open to the signed-out only if PUBLIC names it, and to a role only if ROLES_OF names its feature.
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from flask import Flask, Response, abort, g, redirect, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from helpline import accounts, clock, second_factor
from helpline.console import current, door
from helpline.console.words import LANGUAGES, Words

PUBLIC = frozenset(
    {
        "static", "signin.page", "signin.enter", "signin.language", "status.health", "status.metrics",
        "second_factor.ask", "second_factor.answer", "second_factor.page", "second_factor.enrol",
        "oidc.start", "oidc.back",
    }
)  # fmt: skip
"""Everything a stranger may ask for. The second factor's pages themselves ask for the password before them."""

ROLES_OF = {
    "insights": ("viewer", "editor", "coordinator", "administrator"),
    "queue": accounts.CASEWORKERS,
    "cases": accounts.CASEWORKERS,
    "composer": accounts.CASEWORKERS,
    "many": accounts.CASEWORKERS,
    "media": accounts.CASEWORKERS,
    "merging": ("coordinator",),
    "assistant": accounts.CASEWORKERS,
    "search": accounts.CASEWORKERS,
    "protection": accounts.CASEWORKERS,
    "team": ("agent", "editor", "coordinator", "administrator"),
    "shifts": accounts.CASEWORKERS,
    "roster": ("agent", "coordinator", "administrator"),
    "colleagues": ("agent", "editor", "coordinator", "administrator"),
    "problems": ("agent", "editor", "coordinator"),
    "translating": ("agent", "editor", "coordinator", "administrator"),
    "notices": ("coordinator", "administrator"),
    "accounts": ("administrator",),
    "answers": accounts.ROLES,
    "directory": accounts.ROLES,
    "status": accounts.ROLES,
    "intents": ("editor", "coordinator", "administrator"),
    "lessons": ("editor", "coordinator", "administrator"),
    "ask": ("editor", "coordinator", "administrator"),
    "releases": ("editor", "coordinator", "administrator"),
    "signin": accounts.ROLES,
    "second_factor": accounts.ROLES,
    "oidc": accounts.ROLES,
    "guide": accounts.ROLES,
    "content": accounts.ROLES,
    "writing": accounts.ROLES,
    "facts": accounts.ROLES,
    "sheets": accounts.ROLES,
    "links": accounts.ROLES,
    "imported": ("editor", "coordinator", "administrator"),
}
"""Which roles may use each feature (Flask calls it a blueprint). A feature that is missing here is nobody's."""

_WRITERS = ("translate", "editor", "coordinator", "administrator")
_WRITING = (
    *(f"writing.{verb}" for verb in ("save", "typed", "forget", "submit", "discard", "restore", "preview")),
    "sheets.look",
    "sheets.keep",
)
_DECIDING = ("writing.approve", "writing.send_back", "writing.confirm", "writing.publish")
DUTIES_OF: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("content", "writing", "facts", "sheets", "links"),
        (*_WRITERS, "review", "publish", "legal", "viewer"),
    ),
    **dict.fromkeys(_WRITING, _WRITERS),
    **dict.fromkeys(_DECIDING, ("review", "administrator")),
    "writing.publish": ("publish", "administrator"),
    "writing.assign": (*_WRITERS, "review"),
    **dict.fromkeys(("releases.publish", "releases.ask_second", "releases.agree", "releases.roll_back"), ("publish",)),
    "protection.acknowledge": ("safeguarding",),
    "protection.reveal": ("safeguarding", "coordinator"),
}
"""Features or single routes that also ask for a duty: any of those named, whatever else the role allows.

A role named among them stands in for the duty, for example `("legal", "coordinator")`.
"""

_KEEPERS = ("editor", "coordinator", "administrator")
_READERS = (*_KEEPERS, "viewer")
ROLES_OF_ROUTE: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("intents.page", "intents.show", "releases.page", "releases.show", "releases.progress"), _READERS),
    **dict.fromkeys((*_WRITING, *_DECIDING), tuple(role for role in accounts.ROLES if role != "viewer")),
    "writing.assign": tuple(role for role in accounts.ROLES if role != "viewer"),
    **dict.fromkeys(("content.new", "facts.new_form", "facts.add", "facts.save", "facts.checked"), _KEEPERS),
    "links.look": _KEEPERS,
    "content.four_eyes": ("administrator",),
    "cases.take": ("coordinator",),
    "roster.add": ("coordinator", "administrator"),
    "roster.remove": ("coordinator", "administrator"),
    "roster.import_table": ("coordinator", "administrator"),
    "colleagues.ask": accounts.CASEWORKERS,
    "problems.link": ("editor", "coordinator"),
    "problems.close": ("editor", "coordinator"),
    "translating.ask": accounts.CASEWORKERS,
    "translating.use": accounts.CASEWORKERS,
    "translating.withdraw": accounts.CASEWORKERS,
    "protection.block": ("coordinator",),
    "protection.unblock": ("coordinator",),
    "protection.log_page": ("agent", "coordinator", "administrator"),
    "protection.switch_page": ("coordinator", "administrator"),
    "protection.turn_off": ("coordinator", "administrator"),
    "protection.turn_on": ("coordinator", "administrator"),
    "protection.persons": ("coordinator", "administrator"),
    "protection.export": ("coordinator", "administrator"),
    "protection.erase": ("coordinator", "administrator"),
    "second_factor.reset": ("administrator",),
    "oidc.email": ("administrator",),
    "accounts.own": accounts.ROLES,
    "accounts.change_own": accounts.ROLES,
    **{
        f"directory.{route}": _KEEPERS
        for route in (
            "new_form", "add", "edit_form", "save", "retire", "bring_back", "follow", "import_form", "import_plan",
            "import_apply", "drafts", "dismiss",
        )
    },
}  # fmt: skip
"""Routes that fewer roles may use than their feature."""

OPEN_BEFORE_PASSWORD = frozenset({"accounts.own", "accounts.change_own", "signin.leave", "signin.language"})
"""All that somebody may do whose password an administrator still knows."""

IDLE_SECONDS = 75 * 60
"""An hour in which a laptop slept does not sign anybody out."""
SESSION_SECONDS = 12 * 3600
LIVE = frozenset({"releases.progress", "queue.live", "cases.events", "writing.typed"})
"""Routes a page asks by itself: they do not prove that anybody is there."""

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self), payment=(), usb=()",
    "X-Robots-Tag": "noindex, nofollow",
}


def guard(app: Flask) -> None:
    """Put the gate before every route, also those that others add."""
    app.before_request(_gate)
    app.after_request(_headers)


def _gate() -> AnyResponse | tuple[str, int] | None:
    if request.endpoint == "static" or "account" not in session:
        return _pass()
    with current.reading():  # who it is and what they may open are read together
        return _pass()


def _pass() -> AnyResponse | tuple[str, int] | None:
    g.account = _who()
    g.words = Words(_language())
    if request.method not in ("GET", "HEAD", "OPTIONS"):
        _require_same_origin()
    if request.endpoint in PUBLIC:
        return None
    if g.account is None:
        return _to_sign_in()
    if request.endpoint is None:
        return None  # no such page; only the signed-in are told
    if not may(g.account.role, request.endpoint, g.account.has):
        abort(403)
    if g.account.password_given and request.endpoint not in OPEN_BEFORE_PASSWORD:
        return redirect(url_for("accounts.own"), 303)
    return door.pass_through((request.view_args or {}).get("case_id"))


def may(role: str, endpoint: str, duties: Collection[str] = ()) -> bool:
    """Whether somebody with a role and duties may use a route."""
    if endpoint in PUBLIC:
        return True
    feature = endpoint.partition(".")[0]
    allowed = ROLES_OF_ROUTE.get(endpoint) or ROLES_OF.get(feature, ())
    asked = DUTIES_OF.get(endpoint) or DUTIES_OF.get(feature)
    return role in allowed and (not asked or bool({role, *duties} & set(asked)))


def offered(role: str, endpoint: str) -> bool:
    """Whether a page should show a way to a route to who is signed in."""
    account = current.signed_in()
    return account is not None and may(role, endpoint, account.has)


def begin_session(account: accounts.Account, *, second_factor: bool) -> None:
    """Sign somebody in; whatever the cookie held before is dropped."""
    session.clear()
    session.update(account=account.id, epoch=account.session_epoch, began=clock.now(), active=clock.now())
    session["second"] = second_factor


def _who() -> accounts.Account | None:
    account_id = session.get("account")
    if request.endpoint == "static" or not isinstance(account_id, int):
        return None
    at = clock.now()
    began, active = session.get("began", 0), session.get("active", 0)
    with current.reading() as conn:
        account = accounts.get(conn, account_id)
    valid = account is not None and account.active and account.session_epoch == session.get("epoch")
    if account is not None and second_factor.is_enforced(current.service().settings, account.role):
        valid = valid and session.get("second") is True  # also of sessions from before it was switched on
    if not valid or at - active > IDLE_SECONDS or at - began > SESSION_SECONDS:
        session.clear()
        return None
    if request.endpoint not in LIVE and at - active > 30:
        session["active"] = at
    return account


def _language() -> str:
    account = current.signed_in()
    if account is not None:
        return account.interface_language
    chosen = request.cookies.get("console_language", "")
    return chosen if chosen in LANGUAGES else request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]


def _require_same_origin() -> None:
    """Refuse what another site's page sends with our cookie. Browsers set both headers; pages cannot."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if origin not in (None, "null"):
        same = urlsplit(origin).netloc == request.host
        if not same or site not in (None, "same-origin"):
            abort(403)
    elif site != "same-origin":
        abort(403)


def _to_sign_in() -> AnyResponse:
    target = url_for("signin.page")
    if request.method == "GET" and not current.by_script():
        asked = request.full_path.rstrip("?")
        return redirect(target if asked == "/" else url_for("signin.page", next=asked))
    answer = Response("", 401)
    answer.headers["HX-Redirect"] = target
    return answer


def _headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint == "static" and response.status_code == 200:
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    else:
        response.headers["Cache-Control"] = "no-store"
    if current.service().settings.production:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response
