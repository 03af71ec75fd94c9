"""What is wrong with the service as a whole: one line on every page, so that silence is not taken for a quiet day."""

from __future__ import annotations

import time

import sqlalchemy as sa
from flask import current_app

from helpline import channel_health, logs
from helpline.console import current, protection

EVERY_SECONDS = 10
"""How often this process looks; every page shows what was found last."""
log = logs.get(__name__)


def troubles() -> list[str]:
    """What people at the desk must know now, in words; usually nothing."""
    t = current.words()
    return protection.troubles() + [t(f"trouble.{one.kind}", span=t.span(one.seconds)) for one in _found()]


def _found() -> list[channel_health.Trouble]:
    looked, found = current_app.extensions.get("troubles", (0.0, []))
    if time.monotonic() - looked < EVERY_SECONDS:
        return list(found)
    try:
        with current.apart() as conn:
            found = channel_health.troubles(conn)
    except sa.exc.SQLAlchemyError:
        logs.failure(log, "troubles_without_database")
        found = []
    current_app.extensions["troubles"] = (time.monotonic(), found)
    return list(found)
