"""Rows of cells from and to spreadsheets, as translators' programs write them: xlsx, and csv in any usual dress."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Sequence

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from helpline import cells
from helpline.errors import InputError

LARGEST = 5 * 1024 * 1024
_UNPACKED = 80 * 1024 * 1024
MOST_ROWS, MOST_COLUMNS = 50_000, 60
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def read(name: str, data: bytes) -> list[list[str]]:
    """The cells of the first sheet, as text. Raises InputError for what is no table, too large or a trap."""
    if len(data) > LARGEST:
        raise InputError("content.sheet_large")
    rows = _read_xlsx(data) if data[:4] == b"PK\x03\x04" else _read_csv(data)
    if len(rows) > MOST_ROWS:
        raise InputError("content.sheet_large")
    return [_trimmed([_plain(cell) for cell in row[:MOST_COLUMNS]]) for row in rows]


def write_xlsx(rows: Sequence[Sequence[str]], right_to_left: Iterable[int] = ()) -> bytes:
    """A workbook whose cells are text and nothing else; columns of `right_to_left` are aligned that way."""
    book = Workbook()
    sheet = book.active
    rtl = set(right_to_left)
    for at, row in enumerate(rows, 1):
        for column, value in enumerate(row, 1):
            cell = sheet.cell(at, column)
            cell.value = _NOT_IN_XML.sub("", cells.harmless(value))
            cell.data_type = "s"
            cell.alignment = Alignment(
                wrap_text=True, vertical="top", readingOrder=2 if column - 1 in rtl else 1,
                horizontal="right" if column - 1 in rtl else None,
            )  # fmt: skip
            if at == 1:
                cell.font = Font(bold=True)
    for column in range(1, (len(rows[0]) if rows else 0) + 1):
        sheet.column_dimensions[get_column_letter(column)].width = 26 if column <= 2 else 50
    sheet.freeze_panes = "C2"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def column_name(at: int) -> str:
    """A, B, ... for a column counted from 0."""
    return str(get_column_letter(at + 1))


def _read_xlsx(data: bytes) -> list[list[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(one.file_size for one in packed.infolist()) > _UNPACKED:
                raise InputError("content.sheet_large")
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        sheet = book.worksheets[0]
        found = [
            ["" if value is None else str(value) for value in row]
            for row in sheet.iter_rows(values_only=True, max_row=MOST_ROWS + 1, max_col=MOST_COLUMNS)
        ]
        book.close()
    except InputError:
        raise
    except Exception as error:  # whatever a broken or hostile workbook makes the library raise
        raise InputError("content.sheet_unreadable") from error
    return found


def _read_csv(data: bytes) -> list[list[str]]:
    text = _decoded(data)
    if "\0" in text:
        raise InputError("content.sheet_unreadable")
    lines = text.split("\n", 20)
    first = next((line for line in lines if "#KEY" in line.upper()), lines[0])
    delimiter = max(",;\t", key=first.count)
    csv.field_size_limit(LARGEST)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise InputError("content.sheet_unreadable") from error


def _decoded(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _trimmed(row: list[str]) -> list[str]:
    while row and not row[-1]:
        row.pop()
    return row


def _plain(value: str) -> str:
    return cells.meant(value.replace("\r\n", "\n").replace("\r", "\n"))
