"""The page of insights: charts people can read, a question answered in two clicks, and exports without formulas."""

import io
import re

import openpyxl
import pytest

from helpline.insights import counting
from tests.console.conftest import Browser
from tests.insights.test_tables import FIRST, facts


@pytest.fixture
def noor(console, service):
    """A coordinator, with a month of counts."""
    with service.engine.begin() as conn:
        counting.add(conn, facts(1500))
    return Browser(console, "noor")


def test_every_chart_is_drawn_and_can_be_saved(noor):
    page = noor.get("/insights").text
    for key in ("volume", "topics", "languages", "waits", "lacking", "vouchers"):
        assert f'id="chart-{key}"' in page, key
    assert "September 2026" in page
    for path in re.findall(r'href="(/insights/\w+\.(?:csv|xlsx|png|svg|pdf)[^"]*)"', page):
        answer = noor.get(path.replace("&amp;", "&"))
        assert answer.status_code == 200, path


def test_how_often_they_asked_takes_two_clicks(noor):
    page = noor.get("/insights?topic=covid_proof&until=2026-09-01").text
    assert re.search(r"was asked \d+ times", page)


def test_no_shown_number_is_between_one_and_nine(noor):
    book = openpyxl.load_workbook(io.BytesIO(noor.get("/insights/all.xlsx").data))
    for sheet in book:
        for row in sheet.iter_rows(min_row=2, values_only=True):
            assert all(not (isinstance(cell, int) and 0 < cell < 10) for cell in row), (sheet.title, row)


def test_emergencies_are_for_coordinators(console, service):
    with service.engine.begin() as conn:
        day = counting.day_of(FIRST)
        counting.add(conn, counting.Counter({
            counting.Fact(day, "message", "emergency_police", "en", "handed_off"): 40,
            counting.Fact(day, "message", "find_food", "en", "answered"): 40,
        }))  # fmt: skip
    coordinator = Browser(console, "noor").get("/insights/topics.csv").text
    editor = Browser(console, "eva").get("/insights/topics.csv").text
    assert len(coordinator.splitlines()) == 3 and len(editor.splitlines()) == 2


def test_agents_do_not_see_it_and_an_empty_month_says_so(console, sara):
    assert sara.get("/insights").status_code == 403
    assert "There is nothing to count yet" in Browser(console, "noor").get("/insights").text


@pytest.mark.parametrize(
    "query", ["until=x", "until=9999-12-01", "until=0001-01-01", "months=99", "topic=nonsense", "demo=1"]
)
def test_nonsense_in_the_address_is_harmless(noor, query):
    assert noor.get(f"/insights?{query}").status_code == 200
    assert noor.get(f"/insights/none.csv?{query}").status_code == 404


@pytest.mark.parametrize("language", ["en", "nl"])
def test_the_report_prints_in_both_languages(noor, language):
    answer = noor.get(f"/insights/report.pdf?language={language}")
    assert answer.status_code == 200 and answer.data.startswith(b"%PDF-") and len(answer.data) > 20_000
    assert answer.headers["Content-Disposition"].endswith(f'-{language}.pdf"')


def test_a_picture_is_a_picture(noor):
    assert noor.get("/insights/topics.png").data.startswith(b"\x89PNG")
    assert b"<svg" in noor.get("/insights/over_time.svg").data
