"""A chart as CSV or as a spreadsheet; nothing in it can be a formula."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

from openpyxl import Workbook
from openpyxl.styles import Font

from helpline.cells import harmless
from helpline.insights.charts import Chart

Label = Callable[[str, str], str]
"""The words for a name of a kind."""
Rows = list[list[str | int]]
_NOT_IN_NAMES = frozenset("[]:*?/\\")


def rows(chart: Chart, label: Label, held_back: str) -> Rows:
    """The chart as a table: a header, then a row for each bar; `held_back` stands for what may not be shown."""
    parts = list(dict.fromkeys(name for bar in chart.bars for name, _ in bar.parts))
    kind = _kind_of_parts(chart)
    header: list[str | int] = [label("column", chart.names)]
    header += [] if chart.shape == "lines" else [label("column", chart.unit or "count")]
    header += [label(kind, name) for name in parts]
    made: Rows = [header]
    for bar in chart.bars:
        values = dict(bar.parts)
        row: list[str | int] = [label(chart.names, bar.name)]
        row += [] if chart.shape == "lines" else [_shown(bar.value, held_back)]
        row += [_shown(values.get(name), held_back) for name in parts]
        made.append(row)
    return made


def as_xlsx(sheets: Sequence[tuple[str, Rows]]) -> bytes:
    """One sheet for each table, named; cells are text and numbers only."""
    book = Workbook()
    book.remove(book.active)
    for number, (name, table) in enumerate(sheets, 1):
        plain = "".join(c for c in name if c not in _NOT_IN_NAMES)
        sheet = book.create_sheet(f"{number} {plain}"[:31])
        for row in table:
            sheet.append([harmless(cell) if isinstance(cell, str) else cell for cell in row])
        for cell in sheet[1]:
            cell.font = Font(bold=True)
        sheet.column_dimensions["A"].width = 42
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _kind_of_parts(chart: Chart) -> str:
    return "group" if chart.shape == "lines" else "lesson" if chart.key == "lacking" else "outcome"


def _shown(value: int | None, held_back: str) -> str | int:
    return held_back if value is None else value
