"""Translators' spreadsheets: home and back without loss, harmless to open, looked at before anything is kept."""

import io

import pytest
from openpyxl import load_workbook

from helpline import cells, content
from helpline.content import changes, sheets, table_files
from helpline.errors import InputError
from tests.content.conftest import save, to_live


def everybody(_key, _language):
    return True


@pytest.fixture
def rows(service, people):
    with service.engine.begin() as conn:
        return sheets.export(conn, content.SPOKEN)


def planned(service, rows, may_write=everybody):
    with service.engine.begin() as conn:
        return sheets.plan(conn, rows, may_write)


def cell(rows, key, part, language):
    at = next(n for n, row in enumerate(rows) if row[0] == key and row[1] == part)
    return at, rows[0].index(f"{language} #{language.upper()}")


def put(rows, key, part, language, text):
    at, column = cell(rows, key, part, language)
    rows[at][column] = text
    return at + 1, table_files.column_name(column)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_all_starter_texts_go_home_and_back_without_a_change(service, kind):
    with service.engine.begin() as conn:
        content.import_starter(conn)
        rows = sheets.export(conn, content.SPOKEN)
    made = cells.as_csv(rows) if kind == "csv" else table_files.write_xlsx(rows)
    plan = planned(service, table_files.read(f"x.{kind}", made))
    assert (plan.items, plan.faults) == ([], [])
    assert plan.unchanged > 1000


def test_changed_new_and_emptied_texts_are_told_apart_and_become_drafts(service, people, rows):
    put(rows, "utter_hello", "text", "nl", "Dag")
    put(rows, "utter_hello", "text", "fr", "Bonjour")
    put(rows, "utter_hello", "button 1", "fr", "Manger")
    put(rows, "utter_amount", "text", "nl", "Je kreeg {amount}. Bel [[fact:desk_phone]].")
    plan = planned(service, rows)
    kinds = {(item.key, item.language): item.kind for item in plan.items}
    assert kinds == {
        ("utter_hello", "nl"): "changed", ("utter_hello", "fr"): "added", ("utter_amount", "nl"): "added",
    }  # fmt: skip
    assert next(item for item in plan.items if item.language == "fr").wording.buttons[0].title == "Manger"
    ticked = {"utter_hello nl", "utter_hello fr"}
    with service.engine.begin() as conn:
        assert sheets.apply(conn, plan, ticked, people[0], machine=True) == (2, [])
        assert changes.of(conn, "utter_hello", "nl").origin == "machine"
        assert changes.of(conn, "utter_amount", "nl") is None
    put(rows, "utter_hello", "text", "nl", "")
    with service.engine.begin() as conn:
        now = changes.of(conn, "utter_hello", "nl")
        changes.discard(conn, "utter_hello", "nl", people[0], now.version)
    assert {(item.language, item.kind) for item in planned(service, rows).items if item.key == "utter_hello"} == {
        ("nl", "removed")
    }


def test_broken_cells_are_named_by_row_and_column_and_the_others_go_on(service, people, rows):
    rows.append(["utter_nothing", "text", "", *[""] * 6])
    rows.append(["utter_hello", "picture", "", *[""] * 6])
    where = put(rows, "utter_amount", "text", "nl", "Je kreeg {bedrag}")
    put(rows, "utter_hello", "text", "nl", "Dag")
    plan = planned(service, rows)
    assert {(f.row, f.column, f.finding.key) for f in plan.faults} == {
        (*where, "variable_unknown"), (len(rows) - 1, "A", "sheet_key"), (len(rows), "B", "sheet_part"),
    }  # fmt: skip
    assert [item.name for item in plan.items] == ["utter_hello nl"]


def test_text_that_changed_since_the_file_was_made_is_not_overwritten(service, people, rows):
    with service.engine.begin() as conn:
        to_live(conn, "utter_hello", "nl", "Hoi", *people)
    put(rows, "utter_hello", "text", "nl", "Dag")
    assert [fault.finding.key for fault in planned(service, rows).faults] == ["sheet_newer"]


def test_text_somebody_is_working_on_is_left_to_them(service, people, rows):
    with service.engine.begin() as conn:
        save(conn, "utter_hello", "nl", "Hoi", people[0])
    put(rows, "utter_hello", "text", "nl", "Dag")
    assert [fault.finding.key for fault in planned(service, rows).faults] == ["sheet_moving"]


def test_translator_changes_only_their_own_languages(service, people, rows):
    put(rows, "utter_hello", "text", "nl", "Dag")
    put(rows, "utter_hello", "text", "en", "Changed")
    plan = planned(service, rows, lambda _key, language: language == "nl")
    assert [item.name for item in plan.items] == ["utter_hello nl"]
    assert [fault.finding.key for fault in plan.faults] == ["sheet_may_not"]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize(
    "text", ["=cmd|' /C calc'!A0", "+31 70 000", "-1", "@SUM(A1)", "'quoted", "'=1", "\tx", "plain"]
)
def test_what_a_spreadsheet_would_run_is_text_and_comes_back_as_it_was(kind, text):
    rows = [["#KEY", "#PART"], ["utter_hello", text]]
    made = cells.as_csv(rows) if kind == "csv" else table_files.write_xlsx(rows)
    assert table_files.read(f"x.{kind}", made) == rows
    if kind == "xlsx":
        assert load_workbook(io.BytesIO(made)).worksheets[0].cell(2, 2).data_type == "s"
    else:
        assert not made.decode("utf-8-sig").splitlines()[1].split(",")[1].startswith(("=", "+", "-", "@", "\t"))


@pytest.mark.parametrize(("encoding", "delimiter"), [
    ("utf-8-sig", ","), ("utf-8", ";"), ("cp1252", ";"), ("utf-16", "\t"),
])  # fmt: skip
def test_csv_is_read_in_every_dress(service, people, rows, encoding, delimiter):
    body = "\r\n".join(delimiter.join(row) for row in (
        ["Sleutel #KEY", "Deel #PART", "Nederlands #NL"], ["utter_hello", "text", "Café één"]
    ))  # fmt: skip
    plan = planned(service, table_files.read("x.csv", body.encode(encoding)))
    assert [item.wording.text for item in plan.items] == ["Café één"]


def test_columns_are_found_by_their_tags_wherever_they_stand(service, people):
    table = [["for Ann"], ["Vertaling #NL", "#PART deel", "niet aankomen #KEY"], ["Dag", "text", "utter_hello"]]
    assert [item.wording.text for item in planned(service, table).items] == ["Dag"]


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04broken", b"\x00\x01\x02", b"a,b\n1,2"])
def test_file_that_is_no_such_table_is_refused(service, people, data):
    with pytest.raises(InputError):
        planned(service, table_files.read("x", data))


def test_file_of_five_megabytes_with_three_broken_rows_names_the_three(service, people, rows):
    filler = [["utter_hello", "text", "", "", "x" * 4000, "", "", "", ""]] * 1100
    big = [*rows, ["utter_a", "text"], ["utter_b", "text"], ["utter_hello", "nothing"], *filler]
    made = cells.as_csv(big)
    assert 4_000_000 < len(made) < table_files.LARGEST
    faults = planned(service, table_files.read("x.csv", made)).faults
    assert {fault.row for fault in faults if fault.finding.key in ("sheet_key", "sheet_part")} == {
        len(rows) + 1, len(rows) + 2, len(rows) + 3,
    }  # fmt: skip


def test_too_large_a_file_is_refused():
    with pytest.raises(InputError):
        table_files.read("x.csv", b"x" * (table_files.LARGEST + 1))
