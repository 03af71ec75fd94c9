"""Load the made-up months, once."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import accounts, lessons
from helpline.db.schema import cases, contacts, inbox, notice_deliveries, notices
from helpline.demo import figures, talks
from helpline.demo.team import write as write_team
from helpline.demo.texts import write as write_texts
from helpline.errors import Refused
from helpline.insights import tables
from helpline.service import Service


def load(service: Service) -> str:
    """Write the made-up months into a database nobody used yet; what was done, in a few words.

    Raises Refused in production.
    """
    if service.settings.environment != "demo":
        raise Refused("Made-up data is for the demo. ENVIRONMENT is production.")
    with service.engine.begin() as conn:
        if tables.has_demo(conn):
            return "there already"
        if conn.execute(sa.select(contacts.c.id).limit(1)).first() is not None:
            return "left out: somebody wrote to this database"
        counted = figures.write(conn)
        staff = {one.username: one.id for one in accounts.listed(conn)}
        ids = talks.write(conn, service, staff)
        write_team(conn, service.vault, staff, ids)
        write_texts(conn, staff)
        _settle(conn)
    learned = lessons.collect(service.engine, service.vault)
    return f"{counted} counts, {len(ids)} conversations, {learned} lessons made up"


def _settle(conn: Connection) -> None:
    """None of it is counted among real figures, and no chat room hears of it."""
    conn.execute(sa.update(inbox).values(counted=True, topic=None))
    conn.execute(sa.update(cases).values(counted=True))
    conn.execute(sa.delete(notice_deliveries))
    conn.execute(sa.delete(notices))
