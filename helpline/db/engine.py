"""One engine per process; the same code on SQLite (the embedded default) and PostgreSQL."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import QueuePool

BUSY_MS = 10_000
"""How long a SQLite writer waits for another; longer than any transaction here takes."""


def connect(url: str) -> Engine:
    """An engine for `url`. SQLite's folder is made; WAL and foreign keys are switched on."""
    if not url.startswith("sqlite"):
        return sa.create_engine(url, future=True, pool_pre_ping=True, pool_size=10, max_overflow=20)
    path = sa.engine.make_url(url).database
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    in_memory = not path or path == ":memory:"
    pool: dict[str, Any] = {} if in_memory else {"poolclass": QueuePool, "pool_size": 10, "max_overflow": 30}
    arguments = {"timeout": BUSY_MS / 1000, "check_same_thread": False}
    engine = sa.create_engine(url, future=True, connect_args=arguments, **pool)
    sa.event.listen(engine, "connect", _sqlite_pragmas)
    _Writers().listen(engine)
    return engine


def _sqlite_pragmas(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we begin transactions ourselves, see _sqlite_begin
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")  # what was answered 200 survives a loss of power too
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute(f"PRAGMA busy_timeout={BUSY_MS}")
    cursor.execute("PRAGMA secure_delete=ON")
    cursor.close()


class InTurn:
    """A lock that goes to whoever has waited longest.

    Python's own goes to whoever asks in the right moment: a thread that writes one transaction after another asks
    again before those who wait have woken, and webhooks would stand behind all turns of the assistant.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._held = False
        self._waiting: deque[threading.Lock] = deque()

    def acquire(self, timeout: float) -> bool:
        """Wait for one's turn; False when it did not come in so many seconds."""
        with self._guard:
            if not self._held:
                self._held = True
                return True
            mine = threading.Lock()
            mine.acquire()
            self._waiting.append(mine)
        if mine.acquire(timeout=timeout):
            return True
        with self._guard:
            if mine not in self._waiting:  # it came in this moment
                return True
            self._waiting.remove(mine)
            return False

    def release(self) -> None:
        """Hand it to the next."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._held = False


class _Writers:
    """Lets the writers of this process through one at a time.

    SQLite has one writer; those who find it busy sleep for up to 100 ms before they look again, so a few threads
    together spend most of their time asleep. Behind a lock of our own each goes on the moment the last has finished;
    SQLite's own waiting is left for other processes.
    """

    def __init__(self) -> None:
        self._turn = InTurn()

    def listen(self, engine: Engine) -> None:
        """Take a turn when a transaction begins, give it up when the connection goes back to the pool."""
        sa.event.listen(engine, "begin", self._begin)
        sa.event.listen(engine, "checkin", self._give_up)
        sa.event.listen(engine, "invalidate", self._give_up)

    def _begin(self, connection: Connection) -> None:
        # A reader that turns writer in mid-transaction gets "database is locked" at once; taking the
        # write lock first makes it wait its turn instead. Readers say so with `reading()`.
        if connection.get_execution_options().get("helpline_reading"):
            connection.exec_driver_sql("BEGIN DEFERRED")
            return
        if not connection.info.get("has_turn"):
            # Not for ever: whoever waits for itself gets SQLite's error, as without the lock.
            connection.info["has_turn"] = self._turn.acquire(timeout=BUSY_MS / 1000)
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    def _give_up(self, _connection: Any, record: Any, *_: Any) -> None:
        if record.info.pop("has_turn", False):
            self._turn.release()


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection for reading only; on SQLite it does not queue behind writers."""
    with engine.connect().execution_options(helpline_reading=True) as conn:
        yield conn


def insert_once(conn: Connection, table: sa.Table, values: dict[str, Any], conflict: tuple[str, ...]) -> int | None:
    """Insert a row unless one with the same `conflict` columns exists; the new id, or None if it did."""
    result = conn.execute(_insert_once(conn.dialect, table, conflict, tuple(values)), values)
    if conn.dialect.name == "postgresql":
        row_id: int | None = result.scalar()
        return row_id
    return int(result.lastrowid) if result.rowcount else None


@lru_cache(maxsize=64)
def _insert_once(dialect: Any, table: sa.Table, conflict: tuple[str, ...], columns: tuple[str, ...]) -> Any:
    # Made and compiled once: both take SQLAlchemy several times longer than running it, and what is said about
    # conflicts keeps it from remembering the statement by itself.
    return _once(dialect.name, table, conflict).compile(dialect=dialect, column_keys=list(columns))


def _once(dialect: str, table: sa.Table, conflict: tuple[str, ...]) -> Any:
    if dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as pg_insert

        once = pg_insert(table).on_conflict_do_nothing(index_elements=list(conflict))
        return once.returning(table.c.id) if "id" in table.c else once.returning(sa.literal(1))
    from sqlalchemy.dialects.sqlite import insert as sqlite_insert

    return sqlite_insert(table).on_conflict_do_nothing(index_elements=list(conflict))


def insert_missing(conn: Connection, table: sa.Table, rows: list[dict[str, Any]], conflict: tuple[str, ...]) -> None:
    """Insert many rows at once, leaving out those whose `conflict` columns exist."""
    if not rows:
        return
    if conn.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as pg_insert

        statement: Any = pg_insert(table)
    else:
        from sqlalchemy.dialects.sqlite import insert as sqlite_insert

        statement = sqlite_insert(table)
    conn.execute(statement.on_conflict_do_nothing(index_elements=list(conflict)), rows)
