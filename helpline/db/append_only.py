"""Tables whose rows nobody changes or removes: the database itself refuses it."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

TABLES = ("answer_history",)
_SAID = "rows of this table are kept as they were written"
_FUNCTION = (
    "CREATE OR REPLACE FUNCTION helpline_append_only() RETURNS trigger AS "
    f"$$ BEGIN RAISE EXCEPTION '{_SAID}'; END $$ LANGUAGE plpgsql"
)


def guard(conn: Connection) -> None:
    """Put the triggers where they are missing; running it twice changes nothing."""
    there = set(sa.inspect(conn).get_table_names())
    for table in sorted(set(TABLES) & there):
        for statement in statements(conn.dialect.name, table):
            conn.exec_driver_sql(statement)


def statements(dialect: str, table: str) -> list[str]:
    """What guards one table."""
    if dialect == "postgresql":
        return [
            _FUNCTION,
            f"DROP TRIGGER IF EXISTS {table}_append_only ON {table}",
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION helpline_append_only()",
        ]
    return [
        f"CREATE TRIGGER IF NOT EXISTS {table}_no_{verb} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{_SAID}'); END"
        for verb in ("UPDATE", "DELETE")
    ]
