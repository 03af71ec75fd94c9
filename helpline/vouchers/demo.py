"""Made-up registrations for the simulator's contacts, one for every state (data/vouchers/demo.csv)."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import clock
from helpline.db.schema import voucher_registrations as table
from helpline.db.vault import Vault
from helpline.vouchers import importing

FILE = Path(__file__).resolve().parents[2] / "data" / "vouchers" / "demo.csv"
FILE_DATE = "2026-01-06"
TUESDAY = 1


def ensure_demo(conn: Connection, vault: Vault) -> int:
    """Fill an empty table with the demo's registrations, dated last Tuesday; how many identities were added."""
    if conn.execute(sa.select(table.c.id).limit(1)).first() is not None:
        return 0
    text = importing.read(FILE).replace(FILE_DATE, last_tuesday(clock.today()).isoformat())
    return importing.load(conn, vault, text).added


def last_tuesday(today: dt.date) -> dt.date:
    """The newest Tuesday up to today: the day vouchers go out."""
    return today - dt.timedelta(days=(today.weekday() - TUESDAY) % 7)
