"""Lists that are fetched again every day: Helpful Information spreadsheets and Overpass queries by address.

Only hosts on the allow-list are asked, over https, without following redirects; what fails leaves everything as
it was and is tried again an hour later.
"""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Engine

from helpline import clock, logs
from helpline.db.schema import heartbeats
from helpline.directory import helpful_information, imports, json_files
from helpline.directory.draft import Listing, slug
from helpline.errors import HelplineError, InputError
from helpline.settings import Settings

EVERY_SECONDS, AGAIN_SECONDS = 24 * 3600, 3600
TIMEOUT_SECONDS = 20
_LOOPBACK = ("127.0.0.1", "localhost", "::1")

log = logs.get(__name__)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        """A redirect could lead off the allow-list."""
        return


def refresh_due(engine: Engine, settings: Settings) -> int:
    """Fetch the lists whose day is over and take over what changed; how many were. The worker calls this."""
    taken = 0
    for origin, url in sources(settings.directory_sources):
        if not _claim(engine, f"directory:{origin}"[:80]):
            continue
        try:
            planned = refresh(engine, settings, origin, url)
        except HelplineError as error:
            _postpone(engine, f"directory:{origin}"[:80])
            logs.event(log, "directory_not_refreshed", origin=origin, error=str(error)[:200])
            continue
        taken += 1
        logs.event(
            log, "directory_refreshed", origin=origin, added=len(planned.added), changed=len(planned.changed),
            removed=len(planned.removed), faults=len(planned.listing.faults),
        )  # fmt: skip
    return taken


def refresh(engine: Engine, settings: Settings, origin: str, url: str) -> imports.Plan:
    """Fetch one list and take over what changed. Raises InputError when it cannot be had or read."""
    hosts = frozenset(host.strip() for host in settings.directory_hosts.split(",") if host.strip())
    listing = fetch_listing(url, origin, hosts)
    with engine.begin() as conn:
        planned = imports.plan(conn, listing)
        imports.apply(conn, planned)
    return planned


def sources(setting: str) -> list[tuple[str, str]]:
    """`name=https://…` parted by spaces or new lines; without a name the host is it."""
    found = []
    for part in setting.split():
        name, equals, url = part.partition("=")
        if equals and "/" not in name:
            found.append((slug(name), url))
        else:
            found.append((slug(urlsplit(part).hostname or "list"), part))
    return found


def fetch_listing(url: str, origin: str, hosts: frozenset[str]) -> Listing:
    """The list behind an address. Of a spreadsheet (`…/spreadsheets/<id>?key=…`) every sheet is fetched."""
    parts = urlsplit(url)
    if "/spreadsheets/" not in parts.path:
        return json_files.understand(json_files.parse(fetch(url, hosts), origin), origin, origin)
    sheets: dict[str, Any] = {}
    faults: list[InputError] = []
    for name in helpful_information.SHEETS:
        path = f"{parts.path.rstrip('/')}/values/{quote(name, safe='')}"
        try:
            sheets[name] = json_files.parse(fetch(urlunsplit(parts._replace(path=path)), hosts), name)
        except InputError as error:
            faults.append(error)
    if faults and "Offers" not in sheets:
        raise faults[0]
    return helpful_information.read(sheets, origin)


def fetch(url: str, hosts: frozenset[str]) -> str:
    """The text behind an address on the allow-list. Raises InputError without the address, which may hold a key."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host not in hosts:
        raise InputError(f"The host {host!r} is not on the allow-list DIRECTORY_HOSTS.")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _LOOPBACK):
        raise InputError(f"{host} must be asked over https.")
    try:
        with urllib.request.build_opener(_NoRedirect).open(url, timeout=TIMEOUT_SECONDS) as answer:
            body = answer.read(json_files.LARGEST + 1)
    except (OSError, ValueError, urllib.error.HTTPError) as error:
        raise InputError(f"{host} did not answer ({getattr(error, 'code', type(error).__name__)}).") from None
    if len(body) > json_files.LARGEST:
        raise InputError(f"{host} sent more than {json_files.LARGEST // 1_000_000} MB.")
    return str(body.decode("utf-8-sig", "replace"))


def _claim(engine: Engine, name: str) -> bool:
    """Whether it is this process's turn: one of several workers takes a list once a day."""
    at = clock.now()
    insert = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert
    first = (
        insert(heartbeats).values(process=name, at=at, facts="{}").on_conflict_do_nothing(index_elements=["process"])
    )
    due = sa.and_(heartbeats.c.process == name, heartbeats.c.at <= at - EVERY_SECONDS)
    with engine.begin() as conn:
        return bool(
            conn.execute(first).rowcount or conn.execute(sa.update(heartbeats).where(due).values(at=at)).rowcount
        )


def _postpone(engine: Engine, name: str) -> None:
    """A list that failed is tried again sooner than in a day."""
    again = clock.now() - EVERY_SECONDS + AGAIN_SECONDS
    with engine.begin() as conn:
        conn.execute(sa.update(heartbeats).where(heartbeats.c.process == name).values(at=again))
