"""The monthly report, to print: figures beside those of the month before, every chart, and how they were counted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from helpline.insights import pictures
from helpline.insights.charts import Chart
from helpline.insights.spreadsheets import Label

Say = Callable[..., str]
"""Texts by key, in the language of the report."""
INK, SOFT, PALE = (23, 33, 31), (85, 99, 95), (223, 240, 238)
MARGIN, WIDTH, BOTTOM = 18, 174, 277


@dataclass(frozen=True)
class Figure:
    """One number on the first page, with that of the month before."""

    name: str
    value: int | None
    before: int | None
    unit: str = ""


def make(
    title: str, month: str, figures: Sequence[Figure], charts: Sequence[Chart], say: Say, label: Label, *, demo: bool
) -> bytes:
    """The report as PDF, A4."""
    from fpdf import FPDF

    page: Any = FPDF(format="A4")
    page.set_title(f"{title}, {month}")
    page.set_lang(say("report.language"))
    page.set_creator("Helpline")
    for style, file in (("", "DejaVuSans.ttf"), ("B", "DejaVuSans-Bold.ttf")):
        page.add_font("report", style, str(_fonts() / file))
    page.set_margins(MARGIN, MARGIN)
    page.set_auto_page_break(True, MARGIN)
    page.add_page()
    _write(page, title, 20, "B")
    _write(page, month, 13, colour=SOFT)
    if demo:
        _write(page, say("insights.demo"), 10, "B")
    page.ln(4)
    _figures(page, figures, say)
    for chart in charts:
        _chart(page, chart, say, label, demo)
    page.ln(4)
    _write(page, say("report.how"), 9, colour=SOFT)
    return bytes(page.output())


def _figures(page: Any, figures: Sequence[Figure], say: Say) -> None:
    wide = WIDTH / max(1, len(figures))
    top = page.get_y()
    for number, figure in enumerate(figures):
        left = MARGIN + number * wide
        page.set_fill_color(*PALE)
        page.rect(left, top, wide - 3, 30, style="F", round_corners=True, corner_radius=2)
        page.set_xy(left + 3, top + 3)
        _write(page, _said(figure.value, figure.unit, say), 16 if figure.value is not None else 10, "B", width=wide - 8)
        page.set_x(left + 3)
        _write(page, figure.name, 8, colour=SOFT, width=wide - 8)
        page.set_x(left + 3)
        if figure.before is not None:
            before = say("report.before", value=_said(figure.before, figure.unit, say))
            _write(page, before, 7, colour=SOFT, width=wide - 8)
    page.set_xy(MARGIN, top + 34)


def _chart(page: Any, chart: Chart, say: Say, label: Label, demo: bool) -> None:
    name = say(f"insights.chart.{chart.key}")
    picture = pictures.draw(chart, name, label, note=say("insights.demo") if demo else "")
    height = WIDTH * _proportion(picture)
    if page.get_y() + height + 12 > BOTTOM:
        page.add_page()
    page.image(BytesIO(picture), x=MARGIN, w=WIDTH, alt_text=name)
    _write(page, say(f"insights.about.{chart.key}"), 8, colour=SOFT)
    page.ln(4)


def _write(
    page: Any, text: str, size: int, style: str = "", *, colour: tuple[int, int, int] = INK, width: float = WIDTH
) -> None:
    page.set_font("report", style, size)
    page.set_text_color(*colour)
    page.multi_cell(width, size * 0.5, text, align="L", new_x="LEFT", new_y="NEXT")


def _said(value: int | None, unit: str, say: Say) -> str:
    return say("insights.held_back") if value is None else f"{value}%" if unit == "share" else pictures.spaced(value)


def _proportion(picture: bytes) -> float:
    """Height by width of a PNG: both stand in its header."""
    wide, tall = int.from_bytes(picture[16:20], "big"), int.from_bytes(picture[20:24], "big")
    return tall / wide


def _fonts() -> Path:
    """DejaVu (its licence is beside it): Latin, Greek, Cyrillic and Arabic letters; comes with matplotlib."""
    import matplotlib

    return Path(matplotlib.get_data_path()) / "fonts" / "ttf"
