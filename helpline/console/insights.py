"""What the helpdesk learned, for people who speak up for those who write: charts, a question finder, exports."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from babel.dates import format_date
from flask import Blueprint, Response, abort, g, render_template, request
from sqlalchemy.engine import Connection

from helpline import accounts, clock
from helpline.cells import as_csv
from helpline.console import answers, current
from helpline.console.words import LANGUAGES, Words
from helpline.insights import charts, pictures, report, spreadsheets, tables
from helpline.insights.charts import Chart
from helpline.insights.tables import Month

bp = Blueprint("insights", __name__, url_prefix="/insights")

SPANS = (1, 3, 12)
"""Months one can look at together."""
BEFORE = 12
ALARMED = ("coordinator", "administrator")
FORMS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "png": "image/png",
    "svg": "image/svg+xml",
}
SHARES = ("answered", "helped")


@dataclass(frozen=True)
class Shown:
    """What the request asks for, read from the counts."""

    months: list[Month]
    before: list[Month]
    until: dt.date
    span: int
    demo: bool
    has_demo: bool
    """Whether there are made-up figures to change to."""
    known: list[dt.date]
    """Months there is anything of."""
    charts: list[Chart]


@bp.get("")
def page() -> str:
    """Every chart of the chosen months, and an answer to "how often did people ask"."""
    with current.reading() as conn:
        shown = read(conn)
    topic = request.args.get("topic", "")
    topics = [pair for pair in answers.topics() if alarmed() or not charts.is_alarming(pair[0])]
    asked = charts.asked(shown.months, topic) if topic in dict(topics) else None
    return render_template(
        "insights/page.html",
        shown=shown,
        topics=topics,
        topic=topic if topic in dict(topics) else "",
        asked=asked,
        helped=tables.helped(shown.months),
        SPANS=SPANS,
        figures=_figures(shown.months),
        label=label,
        month_name=month_name,
        chosen={
            "until": shown.until.isoformat(),
            "months": shown.span,
            "demo": "0" if shown.has_demo and not shown.demo else None,
        },
    )


@bp.get("/<key>.<form>")
def export(key: str, form: str) -> Response:
    """One chart (or `all` of them, as a spreadsheet) as a file."""
    with current.reading() as conn:
        shown = read(conn)
    wanted = [chart for chart in shown.charts if key in (chart.key, "all")]
    if not wanted or form not in FORMS or (key == "all" and form != "xlsx"):
        abort(404)
    name = f"{key}-{shown.until:%Y-%m}.{form}"
    if form in ("png", "svg"):
        note = current.words()("insights.demo") if shown.demo else month_name(shown.until)
        return attached(pictures.draw(wanted[0], title(wanted[0]), label, form, note=note), FORMS[form], name, shown)
    body = _csv(wanted[0]) if form == "csv" else _xlsx(wanted)
    return attached(body, FORMS[form], name, shown)


@bp.get("/report.pdf")
def monthly() -> Response:
    """The report of a month, in English or Dutch."""
    speak(request.args.get("language", ""))
    with current.reading() as conn:
        shown = read(conn)
    name = f"report-{shown.until:%Y-%m}-{current.words().language}.pdf"
    return attached(_report(shown), "application/pdf", name, shown)


def files(until: dt.date, form: str, language: str, *, alarming: bool, demo: bool) -> list[tuple[str, bytes]]:
    """The figures of a month as files with their names, for the command line; none when there are no figures."""
    speak(language)
    with current.reading() as conn:
        shown = look(conn, until, demo=demo, alarming=alarming)
    if not shown.charts:
        return []
    before = "demo-" if shown.demo else ""
    if form == "csv":
        return [(f"{before}{chart.key}-{until:%Y-%m}.csv", _csv(chart)) for chart in shown.charts]
    if form == "xlsx":
        return [(f"{before}insights-{until:%Y-%m}.xlsx", _xlsx(shown.charts))]
    return [(f"{before}report-{until:%Y-%m}-{current.words().language}.pdf", _report(shown))]


def speak(language: str) -> None:
    """Use the texts of a language from here on."""
    known = current.words().language if "words" in g else LANGUAGES[0]
    g.words = Words(language if language in LANGUAGES else known)
    g.pop("topic_names", None)


def _csv(chart: Chart) -> bytes:
    return as_csv(spreadsheets.rows(chart, label, current.words()("insights.held_back")))


def _xlsx(wanted: list[Chart]) -> bytes:
    held_back = current.words()("insights.held_back")
    return spreadsheets.as_xlsx([(title(chart), spreadsheets.rows(chart, label, held_back)) for chart in wanted])


def _report(shown: Shown) -> bytes:
    words = current.words()
    now, past = _figures(shown.months), _figures(shown.before[-1:])
    figures = [
        report.Figure(words(f"insights.figure.{name}"), now[name], past[name], "share" if name in SHARES else "")
        for name in now
    ]
    return report.make(
        words("report.title"), month_name(shown.until), figures, shown.charts, words, label, demo=shown.demo
    )


def attached(body: bytes, kind: str, name: str, shown: Shown) -> Response:
    """A file to save; made-up figures say so in their name."""
    answer = Response(body, content_type=kind)
    named = f"demo-{name}" if shown.demo else name
    answer.headers["Content-Disposition"] = f'attachment; filename="{named}"'
    return answer


def read(conn: Connection) -> Shown:
    """The months the request asks for; the newest with anything in it if it asks for none."""
    demo = request.args.get("demo") != "0" and tables.has_demo(conn)
    known = tables.months(conn, demo=demo)
    until = _date(request.args.get("until", "")) or (known[-1] if known else clock.today().replace(day=1))
    span = next((one for one in SPANS if str(one) == request.args.get("months")), 1)
    return look(conn, until, span, demo=demo, alarming=alarmed())


def look(conn: Connection, until: dt.date, span: int = 1, *, demo: bool, alarming: bool) -> Shown:
    """The months that end with `until`, and for a single one those before it."""
    known = tables.months(conn, demo=demo)
    firsts = charts.span(until, span)
    earlier = [one for one in known if one < firsts[0]][-BEFORE:] if span == 1 else []
    months = [tables.month(conn, first, demo=demo) for first in firsts if first in known or first == until]
    before = [tables.month(conn, first, demo=demo) for first in earlier]
    made = charts.charts(months, before, alarming=alarming)
    return Shown(months, before, until, span, demo, tables.has_demo(conn), known, made)


def alarmed() -> bool:
    """Whether the one who looks may see emergencies, police and detention."""
    account: accounts.Account = current.account()
    return account.role in ALARMED


def title(chart: Chart) -> str:
    """The chart's name."""
    return current.words()(f"insights.chart.{chart.key}")


def label(kind: str, name: str) -> str:
    """The words for a name of a kind, in the console's language."""
    words = current.words()
    if kind == "topic":
        return answers.topic_name(name)
    if kind == "language":
        return words("insights.other") if name == tables.OTHER else words.language_name(name)
    if kind in ("day", "month"):
        date = dt.date.fromisoformat(name)
        return format_date(date, "d MMM" if kind == "day" else "MMM yyyy", locale=words.language)
    if kind == "case_outcome":
        return words.any_of(f"outcome.{name}", "outcome.other")
    if kind == "lesson":
        return words.any_of(f"insights.lesson.{name}", "insights.other")
    if kind == "hour":
        return f"{name}:00"
    return words.any_of(f"insights.{kind}.{name}", "insights.other") if kind != "week" else _week(name)


def month_name(first: dt.date) -> str:
    """For example `September 2026`."""
    return str(format_date(first, "MMMM yyyy", locale=current.words().language))


def _week(name: str) -> str:
    first = (int(name) - 1) * tables.DAYS_OF_WEEK + 1
    return current.words()("insights.week", first=first, last=min(first + tables.DAYS_OF_WEEK - 1, 31))


def _figures(months: list[Month]) -> dict[str, int | None]:
    """The few numbers above the charts; None where they may not be said."""
    alone = charts.total(months, "outcome", "answered")
    people = charts.total(months, "outcome", "people")
    good, bad = charts.total(months, "rating", "good"), charts.total(months, "rating", "bad")
    return {
        "messages": charts.total(months, "all"),
        "answered": round(100 * alone / (alone + people)) if alone and people is not None else None,
        "cases": charts.total(months, "cases"),
        "helped": round(100 * good / (good + bad)) if good and bad is not None else None,
    }


def _date(word: str) -> dt.date | None:
    try:
        date = dt.date.fromisoformat(word).replace(day=1)
    except ValueError:
        return None
    return date if 2000 < date.year < 3000 else None
