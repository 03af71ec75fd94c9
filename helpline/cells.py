"""Cells of spreadsheets: what a program would run instead of show is made text, and CSV is written as all read it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

_FORMULA = re.compile(r"^'*[=+\-@\t\r]")
"""What a spreadsheet program would run instead of show."""


def harmless(value: str) -> str:
    """The text as a cell that is never run."""
    return f"'{value}" if _FORMULA.match(value) else value


def meant(value: str) -> str:
    """The text of a cell that `harmless` may have written."""
    return value[1:] if value.startswith("'") and _FORMULA.match(value) else value


def as_csv(rows: Iterable[Sequence[str | int]]) -> bytes:
    """A csv with a byte order mark, so that spreadsheet programs read it as UTF-8."""
    out = io.StringIO(newline="")
    safe = ([harmless(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    csv.writer(out, lineterminator="\r\n").writerows(safe)
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8")
