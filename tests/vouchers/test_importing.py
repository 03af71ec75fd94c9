"""Lists as partner organisations export them: read whatever Excel did, wrong rows named, nothing guessed."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from helpline import cli
from helpline.db import schema
from helpline.db.vault import Vault
from helpline.errors import InputError
from helpline.messages import Identity
from helpline.vouchers import importing
from helpline.vouchers.local import LocalTable
from helpline.vouchers.lookup import REGISTRATIONS, Outcome
from tests.conftest import SECRET, count

HEAD = "whatsapp_number;registration;last_transaction;last_date;last_amount;balance\n"
GOOD = HEAD + "31600000101;included;success;2026-01-06;17,50;9,20\n31600000102;new;;;;\n"


def load(service, text, **more):
    with service.engine.begin() as conn:
        return importing.load(conn, service.vault, text, **more)


def counts(report):
    return report.added, report.changed, report.unchanged, report.removed


def ask(service, number="31600000101"):
    return LocalTable(service.engine, service.vault).balance(Identity(phone=number))


def test_the_same_file_twice_changes_nothing(service):
    assert counts(load(service, GOOD)) == (2, 0, 0, 0)
    assert counts(load(service, GOOD)) == (0, 0, 2, 0)
    assert count(service.engine, schema.voucher_registrations) == 2


def test_a_dry_run_counts_and_writes_nothing(service):
    load(service, GOOD)
    changed = GOOD.replace("31600000102;new", "31600000102;included") + "31600000103;new;;;;\n"
    report = load(service, changed, dry_run=True)
    assert counts(report) == (1, 1, 1, 0) and report.dry_run
    assert ask(service, "31600000102")[0].registration == "new"
    assert ask(service, "31600000103")[0].outcome is Outcome.NOT_FOUND


def test_who_is_not_in_the_file_stays_unless_it_replaces_the_list(service):
    load(service, GOOD)
    only = HEAD + "31600000102;new;;;;\n"
    assert counts(load(service, only)) == (0, 0, 1, 0)
    assert ask(service)[0].registration == "included"
    assert counts(load(service, only, replace=True)) == (0, 0, 1, 1)
    assert ask(service)[0].outcome is Outcome.NOT_FOUND


def test_a_list_with_errors_replaces_nothing(service):
    load(service, GOOD)
    with pytest.raises(InputError, match="row 3, registration"):
        load(service, HEAD + "31600000102;new;;;;\n31600000101;in;;;;\n", replace=True)
    assert ask(service)[0].registration == "included"


def test_an_empty_list_does_not_remove_everybody(service):
    load(service, GOOD)
    with pytest.raises(InputError, match="names nobody"):
        load(service, HEAD, replace=True)
    assert counts(load(service, HEAD)) == (0, 0, 0, 0)
    assert ask(service)[0].registration == "included"


def test_deleted_people_are_removed(service):
    load(service, GOOD)
    assert counts(load(service, HEAD + "31600000101;deleted;;;;\n")) == (0, 0, 0, 1)
    assert ask(service)[0].outcome is Outcome.NOT_FOUND
    assert counts(load(service, HEAD + "31600000101;deleted;;;;\n")) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    "text",
    [
        GOOD.replace(";", "\t"),
        "\ufeff" + GOOD,
        "sep=;\n" + GOOD,
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("\n", "\r\n\r\n"),
        'whatsapp_number,registration,last_transaction,last_date,last_amount,balance\n'
        '31600000101,included,success,06-01-2026,"17,50",9.20\n31600000102,new,,,,\n',
        "WhatsApp number;Registration;Last transaction;Last date;Last amount;Balance;Remark\n"
        "+31 6 0000 0101;Included;SUCCESS;6/1/2026;€ 17,50;9.2;é\n0031600000102;new;;;;;\n",
        "registration,whatsappPhoneNumber,last_transaction,last_date,last_amount,balance\n"
        "included,0600000101,success,2026-01-06T08:00:00.000Z,17.5,EUR 9.20\nnew,'31600000102,,,,\n",
    ],
)  # fmt: skip
def test_however_the_file_was_written_it_means_the_same(service, text):
    report = load(service, text)
    assert (counts(report), report.errors) == ((2, 0, 0, 0), ())
    voucher, balance = ask(service)
    assert (voucher.date.isoformat(), voucher.amount_cents, balance) == ("2026-01-06", 1750, 920)
    assert ask(service, "31600000102")[0].registration == "new"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_encodings_of_excel_are_read(tmp_path, encoding):
    path = tmp_path / "list.csv"
    path.write_bytes(GOOD.replace("9,20", "€ 9,20").encode(encoding))
    assert "€ 9,20" in importing.read(path)


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (";included;;;;", "whatsapp_number"),
        ("3,16E+10;included;;;;", "whatsapp_number"),
        ("3.16000001E10;included;;;;", "whatsapp_number"),
        ("06-1234;included;;;;", "whatsapp_number"),
        ("Fatima;included;;;;", "whatsapp_number"),
        ("31600000101;;;;;", "registration"),
        ("31600000101;yes;;;;", "registration"),
        ("31600000101;included;sent;;;", "last_transaction"),
        ("31600000101;included;success;;17,50;", "last_date"),
        ("31600000101;included;success;2026-02-30;17,50;", "last_date"),
        ("31600000101;included;success;01/06/26;17,50;", "last_date"),
        ("31600000101;included;success;2126-01-06;17,50;", "last_date"),
        ("31600000101;included;success;2026-01-06;;", "last_amount"),
        ("31600000101;included;success;2026-01-06;-5;", "last_amount"),
        ("31600000101;included;success;2026-01-06;17,505;", "last_amount"),
        ("31600000101;included;success;2026-01-06;17,50;much", "balance"),
        ("31600000101;included;success;2026-01-06;17;50;9.20", "(after the last)"),
    ],
)
def test_a_wrong_cell_is_named_by_row_and_column_without_the_number(service, row, column):
    report = load(service, HEAD + "31600000105;new;;;;\n\n" + row + "\n")
    assert [(one.row, one.column) for one in report.errors] == [(4, column)]
    assert report.added == 1
    assert "600000101" not in json.dumps(report.as_json()) and "Fatima" not in json.dumps(report.as_json())


def test_a_shared_number_with_one_bad_row_is_left_out_altogether(service):
    report = load(service, HEAD + "31600000101;included;success;2026-01-06;17,50;\n31600000101;unknown;;;;\n")
    assert report.added == 0 and len(report.errors) == 1
    assert ask(service)[0].outcome is Outcome.NOT_FOUND


def test_a_shared_number_is_counted_and_ambiguous(service):
    twice = HEAD + "31600000101;included;;;;\n+31600000101;included;;;;\n"
    assert load(service, twice).shared == 1
    assert ask(service)[0].outcome is Outcome.AMBIGUOUS
    assert counts(load(service, twice)) == (0, 0, 1, 0)
    assert counts(load(service, HEAD + "31600000101;included;;;;\n")) == (0, 1, 0, 0)
    assert ask(service)[0].registration == "included"


@pytest.mark.parametrize(
    "text", ["", "\n", "a;b\n1;2\n", "whatsapp_number\n316\n", "registration\nnew\n",
             "whatsapp_number;whatsapp;registration\n1;2;new\n", '"whatsapp_number;registration\n1;2', "\0\0\0"],
)  # fmt: skip
def test_a_file_without_usable_headings_is_refused(service, text):
    with pytest.raises(InputError):
        load(service, text)


@hypothesis_settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text() | st.text().map(lambda more: GOOD + more) | st.text(";,\n\t\"'0123456789.-€ aé").map(HEAD.__add__))
def test_any_text_is_read_or_refused_with_a_reason(text):
    try:
        rows, problems, _ = importing._parse(text)
    except InputError:
        return
    assert all(one.problem and one.row > 1 for one in problems)
    assert all(row.value and row.kept[0] in (*REGISTRATIONS, "deleted") for row in rows)


def test_a_workbook_or_a_missing_file_is_refused(tmp_path):
    book = tmp_path / "list.xlsx"
    book.write_bytes(b"PK\x03\x04rest")
    with pytest.raises(InputError, match="Save it as CSV"):
        importing.read(book)
    with pytest.raises(InputError, match="cannot be read"):
        importing.read(tmp_path / "nothing.csv")


def test_after_a_change_of_secret_key_importing_again_moves_rows_to_the_new_key(service):
    load(service, GOOD)
    rotated = Vault("a-newer-secret-that-only-tests-use-012345", (SECRET,))
    with service.engine.begin() as conn:
        assert counts(importing.load(conn, rotated, GOOD)) == (0, 2, 0, 0)
        assert counts(importing.load(conn, rotated, GOOD)) == (0, 0, 2, 0)
    alone = Vault("a-newer-secret-that-only-tests-use-012345")
    found = LocalTable(service.engine, alone).status(Identity(phone="31600000101"))
    assert found.registration == "included"


@pytest.fixture
def run(service, monkeypatch, capsys):
    """The command line on the test's database: exit code and what it printed."""
    monkeypatch.setattr(cli, "COMMANDS", ("vouchers",))
    monkeypatch.setenv("SECRET_KEY", SECRET)
    monkeypatch.setenv("DATABASE_URL", service.engine.url.render_as_string(hide_password=False))

    def run(*arguments):
        code = cli.main(["vouchers", *map(str, arguments)])
        return code, capsys.readouterr().out

    return run


def test_command_imports_and_reports_as_json(service, run, tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(GOOD + "x;new;;;;\n")
    code, printed = run("import", path, "--dry-run", "--json")
    report = json.loads(printed)
    assert code == 1 and report["added"] == 2 and report["dry_run"] is True
    assert report["errors"] == [{"row": 4, "column": "whatsapp_number", "problem": report["errors"][0]["problem"]}]
    assert count(service.engine, schema.voucher_registrations) == 0
    path.write_text(GOOD)
    code, printed = run("import", path)
    assert code == 0 and "2 added, 0 changed" in printed
    assert count(service.engine, schema.voucher_registrations) == 2


def test_command_checks_the_source(run):
    code, printed = run("check", "--json")
    assert (code, json.loads(printed)) == (
        0, {"source": "local", "answers": True, "registrations": 0, "imported_at": None},
    )  # fmt: skip
    code, printed = run("check")
    assert code == 0 and "The local source answers." in printed


def test_command_check_fails_when_121_is_down(run, monkeypatch):
    monkeypatch.setenv("VOUCHERS", "121")
    for name, value in (("URL", "http://127.0.0.1:9/api"), ("USERNAME", "u"), ("PASSWORD", "p"), ("PROGRAM_ID", "2")):
        monkeypatch.setenv(f"PLATFORM121_{name}", value)
    code, printed = run("check", "--json")
    assert code == 1 and json.loads(printed)["fault"] == "unreachable"
