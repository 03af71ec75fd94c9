"""Which release is live: the newest row of a list that only grows. Rolling back is one more row.

Every channel process looks at it each second and changes over by itself (helpline/assistant/live.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import clock
from helpline.db.schema import publications, release_models, releases
from helpline.errors import InputError, Refused
from helpline.releases import queue

REASON_LENGTH = 10


@dataclass(frozen=True)
class Publication:
    """One time something went live."""

    id: int
    release_id: int | None
    kind: str
    account_id: int | None
    second_id: int | None
    reason: str | None
    at: int


def live(conn: Connection) -> int | None:
    """The release that is live; None for the model the service was installed with."""
    query = sa.select(publications.c.release_id).order_by(publications.c.id.desc()).limit(1)
    found: int | None = conn.execute(query).scalar()
    return found


def live_revision(conn: Connection) -> int:
    """The training revision that is live; what lies above it is a draft."""
    release_id = live(conn)
    if release_id is None:
        return 0
    return int(conn.execute(sa.select(releases.c.revision).where(releases.c.id == release_id)).scalar() or 0)


def history(conn: Connection, limit: int = 30) -> list[Publication]:
    """What went live, newest first."""
    columns = [publications.c[name] for name in Publication.__dataclass_fields__]
    query = sa.select(*columns).order_by(publications.c.id.desc()).limit(limit)
    return [Publication(*row) for row in conn.execute(query)]


def recent(conn: Connection, count: int) -> set[int]:
    """The releases that were live last."""
    return {one.release_id for one in history(conn, count) if one.release_id is not None}


def losses(release: queue.Release) -> list[str]:
    """Why one person may not publish it alone; empty when its report names nothing that is lost."""
    return list((release.report or {}).get("losses", ()))


def publish(conn: Connection, release_id: int, account_id: int | None) -> None:
    """Make a release live. Raises Refused where its report asks for a second person (`ask_second`, `agree`)."""
    release = _require_ready(conn, release_id)
    if losses(release):
        raise Refused("error.needs_second")
    _point(conn, release_id, "publish", account_id)


def ask_second(conn: Connection, release_id: int, account_id: int, reason: str) -> None:
    """Ask for a second person, because the release is needed although it loses something."""
    release = _require_ready(conn, release_id)
    if not losses(release):
        raise Refused("error.form")
    if len(reason.strip()) < REASON_LENGTH:
        raise InputError("error.reason_short")
    values = {"asked_by": account_id, "asked_reason": reason.strip()[:1000]}
    conn.execute(sa.update(releases).where(releases.c.id == release_id).values(**values))


def agree(conn: Connection, release_id: int, account_id: int) -> None:
    """The second person agrees: publish. Raises Refused for the one who asked."""
    release = _require_ready(conn, release_id)
    if release.asked_by is None:
        raise Refused("error.form")
    if release.asked_by == account_id:
        raise Refused("error.same_person")
    _point(conn, release_id, "publish", release.asked_by, second_id=account_id, reason=release.asked_reason)


def previous(conn: Connection) -> Publication | None:
    """What was live before what is live now: where one click leads back to.

    Rolling back twice goes on further back, not to and fro.
    """
    trail: list[Publication] = []
    for one in reversed(history(conn, 500)):
        if one.kind == "rollback":
            while trail and trail[-1].release_id != one.release_id:
                trail.pop()
            trail = trail or [one]
        else:
            trail.append(one)
    if not trail:
        return None
    return trail[-2] if len(trail) > 1 else Publication(0, None, "publish", None, None, None, 0)


def roll_back(conn: Connection, account_id: int | None) -> int | None:
    """Go back to what was live before; which release that is. Raises Refused when there is nothing before it."""
    queue.lock(conn)
    target = previous(conn)
    if target is None or live(conn) is None:
        raise Refused("error.nothing_before")
    if target.release_id is not None and target.release_id != live(conn):
        _require_ready(conn, target.release_id)
    _point(conn, target.release_id, "rollback", account_id)
    return target.release_id


def _require_ready(conn: Connection, release_id: int) -> queue.Release:
    queue.lock(conn)
    release = queue.get(conn, release_id)
    kept = conn.execute(sa.select(release_models.c.release_id).where(release_models.c.release_id == release_id)).first()
    if release.state != "ready" or kept is None:
        raise Refused("error.not_ready")
    if live(conn) == release_id:
        raise Refused("error.already_live")
    return release


def _point(conn: Connection, release_id: int | None, kind: str, account_id: int | None, **more: object) -> None:
    values = {"release_id": release_id, "kind": kind, "account_id": account_id, "at": clock.now(), **more}
    conn.execute(sa.insert(publications).values(**values))
