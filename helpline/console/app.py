"""The console's web application, and the process that serves it."""

from __future__ import annotations

import threading
from typing import Any

import jinja2
import waitress
from flask import Flask, Response, g, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.local import LocalProxy
from werkzeug.middleware.proxy_fix import ProxyFix

from helpline import accounts, clock, logs, service
from helpline.cases import LESSONS
from helpline.console import (
    access,
    answers,
    ask,
    assets,
    assistant,
    cases,
    colleagues,
    composer,
    content,
    content_facts,
    content_find,
    content_imported,
    content_links,
    content_sheets,
    current,
    directory,
    forms,
    guide,
    insights,
    intents,
    lessons,
    many,
    media,
    menu,
    merging,
    notices,
    oidc,
    problems,
    protection,
    queue,
    releases,
    roster,
    search,
    second_factor,
    shifts,
    signin,
    status,
    team,
    training,
    translating,
    trouble,
    writing,
)
from helpline.console import accounts as accounts_pages
from helpline.console.words import LANGUAGES, direction
from helpline.errors import SettingsError
from helpline.service import Service
from helpline.settings import Settings

THREADS = 12
SERVER = {
    "threads": THREADS, "ident": None, "connection_limit": 2000, "channel_timeout": 30, "asyncore_use_poll": True,
}  # fmt: skip
"""Somebody who opens many connections and says little on each must not keep others out."""
REQUEST_BYTES = 1024 * 1024
MENU = (
    ("queue.page", "nav.cases", "inbox"),
    ("assistant.page", "nav.assistant", "bot"),
    ("search.page", "nav.search", "search"),
    ("team.page", "nav.team", "users"),
    ("content.page", "nav.content", "file-text"),
    ("directory.page", "nav.directory", "map-pin"),
    ("intents.page", "nav.intents", "graduation-cap"),
    ("insights.page", "nav.insights", "activity"),
    ("accounts.page", "nav.accounts", "users"),
    ("protection.log_page", "nav.looks", "eye"),
    ("protection.switch_page", "nav.switches", "pause"),
    ("protection.persons", "nav.persons", "user"),
    ("status.page", "nav.status", "activity"),
)
"""The main menu: route, text and icon; each role sees what it may use, its first page first."""
MENU_SHOWN = 5
"""How many of them stand in the bar; the others are under "More"."""
FEATURES: tuple[Any, ...] = (
    signin,
    second_factor,
    oidc,
    queue,
    cases,
    composer,
    many,
    media,
    merging,
    assistant,
    search,
    answers,
    content,
    content_facts,
    content_imported,
    content_links,
    content_sheets,
    writing,
    directory,
    accounts_pages,
    protection,
    status,
    guide,
    insights,
    team,
    shifts,
    roster,
    colleagues,
    problems,
    translating,
    notices,
    intents,
    lessons,
    ask,
    releases,
)
"""Modules with a blueprint; access.py says who may use each."""
log = logs.get(__name__)


def create(opened: Service) -> Flask:
    """The application on an opened service."""
    app = Flask(__name__)
    app.extensions["helpline"] = opened
    keys = opened.vault.lookups("session", "console")
    app.config.update(
        SECRET_KEY=keys[0],
        SECRET_KEY_FALLBACKS=keys[1:],
        SESSION_COOKIE_NAME="helpline_console",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=opened.settings.production,
        MAX_CONTENT_LENGTH=REQUEST_BYTES,
        MAX_FORM_MEMORY_SIZE=REQUEST_BYTES,
    )
    app.jinja_env.undefined = jinja2.StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    if opened.settings.trusted_proxies:
        hops = opened.settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    access.guard(app)
    app.after_request(assets.compressed)
    for feature in FEATURES:
        app.register_blueprint(feature.bp)
    app.jinja_env.globals.update(_globals())
    app.context_processor(_of_this_request)
    app.register_error_handler(HTTPException, _http_fault)
    app.register_error_handler(Exception, _unexpected)
    return app


def serve(settings: Settings) -> None:
    """Run the console until it is stopped. Refuses to start in production while a demo account is open."""
    logs.to_stderr()
    opened = service.start(settings)
    if settings.production:
        with opened.engine.begin() as conn:
            open_accounts = accounts.open_to_everybody(conn)
        if open_accounts:
            raise SettingsError(
                f"The demo accounts {', '.join(open_accounts)} still have the demo's password. "
                "Production does not start with them: remove them or give them a password."
            )
    threading.Thread(target=answers.warm, daemon=True, name="warm").start()
    threading.Thread(target=training.warm, args=(opened,), daemon=True, name="warm-training").start()
    app = create(opened)
    threading.Thread(target=content_find.warm, args=(app,), daemon=True, name="warm-search").start()
    waitress.serve(
        app, host=settings.bind, port=settings.console_port, **SERVER,
        clear_untrusted_proxy_headers=opened.settings.trusted_proxies == 0,
    )  # fmt: skip


def _globals() -> dict[str, Any]:
    """What every template may use, also those that are imported; proxies stand for what each request is about."""
    return {
        "t": LocalProxy(current.words),
        "account": LocalProxy(current.signed_in),
        "now": LocalProxy(clock.now),
        "by_script": LocalProxy(current.by_script),
        "asset": assets.address,
        "may": access.offered,
        "direction": direction,
        "topic_name": answers.topic_name,
        "topics": answers.topics,
        "approved": answers.approved,
        "MENU": MENU,
        "MENU_SHOWN": MENU_SHOWN,
        "troubles": trouble.troubles,
        "LANGUAGES": LANGUAGES,
        "LESSONS": LESSONS,
        "TEXT_LENGTH": forms.TEXT_LENGTH,
        "FILE_LIMITS": media.LIMITS,
        "rough": answers.rough,
        "said_in_own": answers.said_in_own,
        "asks_of": colleagues.panel,
        "translations_of": translating.panel,
        "entry_here": menu.entry_here,
        "menu_count": team.menu_count,
        "team_counts": team.counts,
        "TEAM_TABS": team.TABS,
        **queue.globals_(),
        **oidc.globals_(),
        **protection.globals_(),
    }


def _of_this_request() -> dict[str, Any]:
    """What the proxies among the globals stand for, once for the whole page: a list asks for them a thousand times."""
    if "words" not in g:
        return {}
    return {"t": current.words(), "account": current.signed_in(), "now": clock.now(), "by_script": current.by_script()}


def _http_fault(error: HTTPException) -> Any:
    code = error.code or 500
    if request.endpoint == "static" or "words" not in g:
        return error
    return _fault_page(code)


def _unexpected(_error: Exception) -> Any:
    logs.failure(log, "console_failed", endpoint=request.endpoint or "")
    return _fault_page(500)


def _fault_page(code: int) -> Any:
    """What happened, in words; in bare words when the frame around every page is what failed."""
    try:
        return render_template("shared/fault.html", code=code), code
    except Exception:
        logs.failure(log, "fault_page_failed")
        said = current.words().any_of(f"fault.{code}", "fault.400") if "words" in g else ""
        return Response(said, code, mimetype="text/plain")
