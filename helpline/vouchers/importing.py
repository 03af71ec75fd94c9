"""A list of registrations from a CSV file, as partner organisations export it, into our table.

Excel writes `;` or `,`, with or without a byte order mark, in UTF-8 or Windows-1252. A row that cannot be used is
reported by row and column and its number is left as it was; the number itself is never kept or repeated.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import clock
from helpline.db.schema import voucher_registrations as table
from helpline.db.vault import Vault
from helpline.errors import InputError
from helpline.vouchers import cells

COLUMNS = ("whatsapp_number", "bsuid", "registration", "last_transaction", "last_date", "last_amount", "balance")
ALSO_CALLED = {
    "whatsappphonenumber": "whatsapp_number",
    "whatsapp": "whatsapp_number",
    "status": "registration",
    "registrationstatus": "registration",
}
"""Other headings of the same columns, as 121 exports them."""
MOST_BYTES = 50_000_000
KEPT = ("registration", "last_transaction", "last_date", "last_amount_cents", "balance_cents")


@dataclass(frozen=True)
class Problem:
    """Why a row, or the file, could not be used."""

    row: int
    """Line of the spreadsheet, the headings being row 1."""
    column: str
    problem: str


@dataclass(frozen=True)
class Report:
    """What an import did, or with a dry run would do; numbers of WhatsApp identities."""

    dry_run: bool
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    shared: int = 0
    """Identities with more than one registration: they are never told a state, a person answers them."""
    errors: tuple[Problem, ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


@dataclass(frozen=True)
class _Row:
    number: int
    kind: str
    value: str = field(repr=False)
    kept: tuple[Any, ...]


def read(path: Path) -> str:
    """The text of a CSV file, whatever Excel made of it. Raises InputError."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(f"{path.name} is larger than {MOST_BYTES // 1_000_000} MB. Is it the right file?")
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}).") from None
    if raw.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise InputError(f"{path.name} is an Excel workbook. Save it as CSV and import that.")
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def load(conn: Connection, vault: Vault, text: str, *, dry_run: bool = False, replace: bool = False) -> Report:
    """Bring the table to what the file says about the identities in it; the same file twice changes nothing.

    With `replace` the file is the whole list: identities that are not in it are removed. That is refused while rows
    have errors, because their identities would vanish. Raises InputError for a file without usable headings.
    """
    rows, problems, spoilt = _parse(text)
    if replace and problems:
        listed = "; ".join(f"row {one.row}, {one.column}: {one.problem}" for one in problems[:5])
        raise InputError(f"Nothing was imported: a file that replaces the list must have no errors ({listed}).")
    if replace and not rows:
        raise InputError("Nothing was imported: the file names nobody, so it would remove everybody.")
    wanted: dict[tuple[str, str], list[tuple[Any, ...]]] = defaultdict(list)
    for row in rows:
        if (row.kind, row.value) not in spoilt:
            wanted[row.kind, row.value].append(row.kept)
    held = _held(conn)
    counts = {"added": 0, "changed": 0, "unchanged": 0, "removed": 0, "shared": 0}
    named: set[str] = set()
    gone: list[str] = []
    fresh: list[dict[str, Any]] = []
    for (kind, value), new in wanted.items():
        lookups = vault.lookups(kind, value)
        named.update(lookups)
        new = [kept for kept in new if kept[0] != "deleted"]
        old = [one for lookup in lookups for one in held.get(lookup, ())]
        counts["shared"] += len(new) > 1
        # A row under an older key is written again, so that the key can be retired.
        current = len(held.get(lookups[0], ())) == len(old)
        if current and sorted(map(repr, old)) == sorted(map(repr, new)):
            counts["unchanged"] += bool(new)
            continue
        counts["changed" if old and new else "added" if new else "removed"] += 1
        gone += [lookup for lookup in lookups if lookup in held]
        fresh += [{"lookup": lookups[0], "updated_at": clock.now(), **dict(zip(KEPT, one, strict=True))} for one in new]
    if replace:
        missing = [lookup for lookup in held if lookup not in named]
        counts["removed"] += len(missing)
        gone += missing
    if not dry_run:
        _write(conn, gone, fresh)
    return Report(dry_run, **counts, errors=tuple(problems))


def _held(conn: Connection) -> dict[str, list[tuple[Any, ...]]]:
    held: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for row in conn.execute(sa.select(table.c.lookup, *(table.c[name] for name in KEPT))):
        held[row[0]].append(tuple(row[1:]))
    return held


def _write(conn: Connection, gone: Sequence[str], fresh: Sequence[dict[str, Any]]) -> None:
    for start in range(0, len(gone), 500):
        conn.execute(sa.delete(table).where(table.c.lookup.in_(gone[start : start + 500])))
    if fresh:
        conn.execute(sa.insert(table), fresh)


def _parse(text: str) -> tuple[list[_Row], list[Problem], set[tuple[str, str]]]:
    """The good rows, what is wrong with the others, and the identities of the others.

    An identity with one bad row is left out altogether: its other row alone could be taken for the only one.
    """
    rows: list[_Row] = []
    problems: list[Problem] = []
    spoilt: set[tuple[str, str]] = set()
    for number, values in _lines(text):
        faults: list[Problem] = []

        def fault(column: str, problem: str, number: int = number, faults: list[Problem] = faults) -> None:
            faults.append(Problem(number, column, problem))

        identity = cells.identity(values.get("whatsapp_number", ""), values.get("bsuid", ""), fault)
        kept = cells.state(values, fault)
        if "" in values:
            fault("(after the last)", "has more values than there are headings; put amounts like 17,50 in quotes")
        if faults or identity is None:
            problems += faults
            spoilt.update([identity] if identity else [])
        else:
            rows.append(_Row(number, *identity, kept))
    return rows, problems, spoilt


def _lines(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row with its number and its values by column; surplus values under the empty name."""
    start = text.lstrip("\ufeff").replace("\0", "")
    if start.lower().startswith("sep="):  # Excel's own first line
        start = start.partition("\n")[2]
    head = start.partition("\n")[0]
    separator = max(";,\t", key=head.count)
    try:
        lines = list(csv.reader(io.StringIO(start, newline=""), delimiter=separator))
    except csv.Error as error:
        raise InputError(f"The file is not CSV ({error}).") from None
    headings = [_heading(cell) for cell in lines[0]] if lines else []
    doubled = {name for name in headings if name in COLUMNS and headings.count(name) > 1}
    if doubled:
        raise InputError(f"Two columns are called {', '.join(sorted(doubled))}. Keep one of each.")
    if "registration" not in headings or not {"whatsapp_number", "bsuid"} & set(headings):
        raise InputError(
            f"The first row must name the columns: {', '.join(COLUMNS)}. "
            "whatsapp_number (or bsuid) and registration are needed."
        )
    for number, line in enumerate(lines[1:], start=2):
        if not any(cell.strip() for cell in line):
            continue
        values = {name: cell.strip() for name, cell in zip(headings, line, strict=False) if name in COLUMNS}
        if any(cell.strip() for cell in line[len(headings) :]):
            values[""] = "surplus"
        yield number, values


def _heading(cell: str) -> str:
    plain = cell.strip().lower().replace(" ", "_").replace("-", "_")
    return plain if plain in COLUMNS else ALSO_CALLED.get(plain.replace("_", ""), plain)
