"""Many short transactions as one: a database that can write a hundred times a second serves a thousand messages.

Whoever has something to write hands it in and waits. One thread takes all that has come meanwhile and does it in one
transaction, so the slow part, the commit, is paid once. Nobody waits for company unless they say that they have time:
what comes alone is done alone.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

MOST = 32
"""Pieces of work in one transaction; more would keep other processes waiting."""

PATIENCE_SECONDS = 0.01
"""How long patient work waits for company."""

T = TypeVar("T")


class _Piece(Generic[T]):
    def __init__(self, work: Callable[[Connection], T], patient: bool) -> None:
        self.work = work
        self.patient = patient
        self.future: Future[T] = Future()


class Together:
    """Does pieces of work in shared transactions.

    A piece may run twice: when one of them raises, everything is undone and each is done again by itself, so that a
    faulty one costs nobody else. It must therefore change nothing but the database.
    """

    def __init__(self, engine: Engine, name: str = "together", most: int = MOST) -> None:
        self._engine = engine
        self._most = most
        self._pieces: queue.SimpleQueue[_Piece[Any] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[Connection], T], *, patient: bool = False) -> Future[T]:
        """Hand in a piece of work. The future has its result once it is committed.

        `patient`: nobody reads it at once, so it may wait for a moment for others, or until somebody is in a hurry.
        """
        piece = _Piece(work, patient)
        self._pieces.put(piece)
        return piece.future

    def close(self) -> None:
        """Finish what was handed in, and stop."""
        self._pieces.put(None)
        self._thread.join()

    def _run(self) -> None:
        going_on = True
        while going_on:
            first = self._pieces.get()
            if first is None:
                return
            pieces = [first]
            until = time.monotonic() + PATIENCE_SECONDS
            patient = first.patient
            while len(pieces) < self._most:
                try:
                    piece = self._pieces.get(timeout=max(0.0, until - time.monotonic()) if patient else 0.0)
                except queue.Empty:
                    break
                if piece is None:
                    going_on = False
                    break
                pieces.append(piece)
                patient = patient and piece.patient
            self._do([piece for piece in pieces if piece.future.set_running_or_notify_cancel()])

    def _do(self, pieces: list[_Piece[Any]]) -> None:
        if len(pieces) > 1:
            try:
                with self._engine.begin() as conn:
                    results = [piece.work(conn) for piece in pieces]
            except Exception:  # whose fault it is shows when each is done by itself
                self._do_each(pieces)
                return
            for piece, result in zip(pieces, results, strict=True):
                piece.future.set_result(result)
        else:
            self._do_each(pieces)

    def _do_each(self, pieces: list[_Piece[Any]]) -> None:
        gone: Exception | None = None
        for piece in pieces:
            if gone is not None:
                piece.future.set_exception(gone)
                continue
            try:
                with self._engine.begin() as conn:
                    result = piece.work(conn)
            except Exception as error:
                # A database that is gone or locked is so for all: the others need not find out one by one.
                gone = error if isinstance(error, (sa.exc.OperationalError, sa.exc.TimeoutError)) else None
                piece.future.set_exception(error)
            else:
                piece.future.set_result(result)
