"""A chart as a picture, for a report: the same bars and lines as on the page, drawn by matplotlib."""

from __future__ import annotations

import io
import threading
from typing import Any

from helpline.insights.charts import Chart
from helpline.insights.spreadsheets import Label

ACCENT, PALE, GREY, LINE = "#0b6b66", "#a9cfcc", "#55635f", "#d8dfdf"
HUES = ("#0b6b66", "#b3541e", "#5a54a4", "#9a7400", "#1f6fb2", "#a8326e", "#4f7a28", "#6b6b6b")
DASHES = ("-", "--", ":", "-.", "-", "--", ":", "-.")
WIDTH = 7.2
"""Inches; a picture fills the width of a page."""
_drawing = threading.Lock()


def draw(chart: Chart, title: str, label: Label, form: str = "png", *, note: str = "") -> bytes:
    """The picture as PNG or SVG. `note` stands under it: where the figures come from, or that they are made up."""
    from matplotlib.figure import Figure  # half a second and forty megabytes, for who wants a picture

    with _drawing:  # matplotlib's fonts are not for several threads at once
        tall = 0.9 + 0.34 * len(chart.bars) if chart.shape == "bars" else 3.4
        figure = Figure(figsize=(WIDTH, tall))
        axes = figure.add_subplot()
        {"bars": _bars, "columns": _columns, "lines": _lines}[chart.shape](axes, chart, label)
        axes.set_title(title, loc="left", fontsize=12, fontweight="bold", color="#17211f")
        if note:
            figure.text(0.005, 0.005, note, fontsize=7, color=GREY)
        for side in ("top", "right", "left"):
            axes.spines[side].set_visible(False)
        axes.spines["bottom"].set_color(LINE)
        axes.tick_params(length=0, labelsize=9, colors=GREY)
        figure.tight_layout(rect=(0, 0.05 if note else 0, 1, 1))
        out = io.BytesIO()
        figure.savefig(out, format=form, dpi=160, metadata={"Date": None} if form == "svg" else None)
        return out.getvalue()


def spaced(value: int) -> str:
    """A number in groups of three, as both English and Dutch readers read it."""
    return f"{value:,}".replace(",", "\u202f")


def _bars(axes: Any, chart: Chart, label: Label) -> None:
    names = [label(chart.names, bar.name) for bar in chart.bars]
    places = range(len(names))
    values = [bar.value or 0 for bar in chart.bars]
    parted = chart.key == "topics"
    axes.barh(places, values, color=PALE if parted else ACCENT, height=0.62)
    if parted:
        alone = [dict(bar.parts).get("answered") or 0 for bar in chart.bars]
        axes.barh(places, alone, color=ACCENT, height=0.62)
    for place, value in zip(places, values, strict=True):
        axes.text(value + chart.most * 0.01, place, spaced(value), va="center", fontsize=9, color=GREY)
    axes.set_yticks(list(places), names)
    axes.invert_yaxis()
    axes.set_xticks([])
    axes.set_xlim(0, chart.most * 1.1)


def _columns(axes: Any, chart: Chart, label: Label) -> None:
    places = list(range(len(chart.bars)))
    axes.bar(places, [bar.value or 0 for bar in chart.bars], color=ACCENT, width=0.7)
    every = max(1, -(-len(places) // 8))
    axes.set_xticks(places[::every], [label(chart.names, bar.name) for bar in chart.bars[::every]])
    axes.set_xlim(-0.7, max(len(places), 6) - 0.3)  # a single column is not as wide as the page
    axes.set_ylim(0, chart.top)
    if chart.unit == "share":
        axes.set_yticks([0, 50, 100], ["0%", "50%", "100%"])
    axes.grid(axis="y", color=LINE, linewidth=0.7)
    axes.set_axisbelow(True)


def _lines(axes: Any, chart: Chart, label: Label) -> None:
    places = list(range(len(chart.bars)))
    for number, (name, _) in enumerate(chart.bars[0].parts):
        values = [dict(bar.parts).get(name) for bar in chart.bars]
        shown = [float("nan") if value is None else value for value in values]
        hue, dash = HUES[number % len(HUES)], DASHES[number % len(DASHES)]
        axes.plot(places, shown, color=hue, linestyle=dash, marker="o", markersize=4, label=label("group", name))
    axes.set_xticks(places, [label(chart.names, bar.name) for bar in chart.bars])
    axes.set_ylim(0, chart.top * 1.02)
    axes.grid(axis="y", color=LINE, linewidth=0.7)
    axes.legend(fontsize=8, frameon=False, ncol=4, loc="upper center", bbox_to_anchor=(0.5, -0.1))
