"""`helpline insights export`: a month's figures as files, from the command line."""

import json
from pathlib import Path

import openpyxl
import pytest

from helpline import cli
from helpline.insights import counting
from tests.insights.test_tables import facts


@pytest.fixture
def told(service, monkeypatch, tmp_path, capsys):
    """Run the command on a month of counts; its answer and its status."""
    with service.engine.begin() as conn:
        counting.add(conn, facts(1500))
    monkeypatch.setenv("DATABASE_URL", service.settings.database_url)
    monkeypatch.setenv("SECRET_KEY", service.settings.secret_key)

    def run(*more: str):
        status = cli.main(["insights", "export", "--out", str(tmp_path), "--json", *more])
        return status, capsys.readouterr()

    return run


def test_a_spreadsheet_has_a_sheet_for_each_chart_and_no_small_number(told):
    status, said = told("--month", "2026-09")
    [path] = json.loads(said.out)["files"]
    book = openpyxl.load_workbook(path)
    assert status == 0 and len(book.sheetnames) > 4
    cells = [cell for sheet in book for row in sheet.iter_rows(min_row=2, values_only=True) for cell in row]
    assert not [cell for cell in cells if isinstance(cell, int) and 0 < cell < 10]


def test_a_report_is_printed_in_dutch(told):
    status, said = told("--month", "2026-09", "--format", "pdf", "--language", "nl")
    [path] = json.loads(said.out)["files"]
    assert status == 0 and path.endswith("report-2026-09-nl.pdf") and Path(path).read_bytes().startswith(b"%PDF-")


def test_csv_is_a_file_for_each_chart(told):
    status, said = told("--month", "2026-09", "--format", "csv")
    paths = json.loads(said.out)["files"]
    assert status == 0 and len(paths) > 4 and all(path.endswith("-2026-09.csv") for path in paths)


@pytest.mark.parametrize("month", ["2026-13", "september", "2019-01"])
def test_a_month_without_figures_is_refused_with_a_reason(told, month):
    status, said = told("--month", month)
    assert status == 1 and month in said.err
