"""Other people's lists: every row read, explained or left out; nothing written on a dry run; nothing lost."""

import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from helpline import directory
from helpline.cli import main
from helpline.db import schema
from helpline.directory import csv_file, helpful_information
from helpline.directory.entry import DATA
from helpline.errors import InputError
from tests.conftest import count

FIXTURES = Path(__file__).parents[1] / "fixtures" / "directory"


def load(engine, path, origin=None):
    with engine.begin() as conn:
        planned = directory.plan(conn, directory.read_file(path, origin))
        directory.apply(conn, planned)
    return planned


def stored(engine, name):
    with engine.connect() as conn:
        return conn.execute(sa.select(schema.services).where(schema.services.c.name == name)).all()


def test_csv_with_other_peoples_column_names_is_read_and_each_bad_row_explained(engine):
    planned = load(engine, FIXTURES / "services.csv")
    assert [draft.values["name"] for draft in planned.added] == ["Made-up doctor", "Made-up kitchen", "Made-up doctor"]
    doctor, kitchen, second = (draft.values for draft in planned.added)
    assert (doctor["latitude"], doctor["longitude"]) == (52.3701, 4.9001)
    assert (kitchen["kind"], round(kitchen["latitude"], 1), kitchen["hours"]) == ("food", 52.1, "")
    assert (second["audience"], second["phones"], second["reviewed_on"]) == ("unknown", "", None)
    faults = "\n".join(planned.listing.faults)
    for line, word in ((3, "hours"), (4, "circus"), (5, "name"), (6, "not in the Netherlands"), (7, "no coordinates")):
        assert f"Line {line}" in faults and word in faults
    assert "second service with the key" in faults


def test_second_import_of_the_same_file_changes_nothing(engine):
    load(engine, FIXTURES / "services.csv")
    again = load(engine, FIXTURES / "services.csv")
    assert (again.added, again.changed, again.removed, again.unchanged) == ((), (), (), 3)


def test_changed_removed_and_returning_services_are_told_and_done(engine, tmp_path):
    head = "name,kind,town,phone\n"
    path = tmp_path / "list.csv"
    path.write_text(head + "One,food,Utrecht,030-0000000\nTwo,food,Utrecht,\n")
    load(engine, path)
    path.write_text(head + "One,food,Utrecht,030-0000001\nThree,food,Breda,\n")
    second = load(engine, path)
    assert [draft.values["name"] for draft in second.added] == ["Three"]
    assert [change.fields for change in second.changed] == [(("phones", "030-0000000", "030-0000001"),)]
    assert [name for _, name in second.removed] == ["Two"]
    assert stored(engine, "Two")[0].retired
    path.write_text(head + "Two,food,Utrecht,\n")
    third = load(engine, path)
    assert third.changed[0].fields == (("retired", True, False),)
    assert not stored(engine, "Two")[0].retired


def test_row_that_became_unreadable_is_not_taken_for_removed(engine, tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("key,name,kind,town\na,One,food,Utrecht\nb,Two,food,Utrecht\n")
    load(engine, path)
    path.write_text("key,name,kind,town\na,One,circus,Utrecht\nb,Two,food,Utrecht\n")
    assert load(engine, path).removed == ()


def test_file_without_a_usable_row_removes_nothing(engine, tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("name,kind,town\nOne,food,Utrecht\n")
    load(engine, path)
    path.write_text("name,kind,town\n")
    assert load(engine, path).removed == ()


def test_what_a_person_edited_is_left_alone(engine, tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("name,kind,town\nOne,food,Utrecht\n")
    load(engine, path)
    with engine.begin() as conn:
        conn.execute(sa.update(schema.services).values(name="Ours", edited_at=1))
    path.write_text("key,name,kind,town\none-utrecht-food,One,legal,Utrecht\n")
    planned = load(engine, path)
    assert planned.changed == () and planned.kept == (("csv-list/one-utrecht-food", "Ours"),)


def test_lists_of_different_origin_do_not_touch_each_other(engine, tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.csv").write_text(f"name,kind,town\nService {name},food,Utrecht\n")
        planned = load(engine, tmp_path / f"{name}.csv")
    assert planned.removed == ()
    assert count(engine, schema.services) == 2


@pytest.mark.parametrize("body", ["", "a,b\n1,2\n", "\0\0\0", "{", "[1]", '{"values": 3}', "[" * 100_000])
def test_file_of_another_form_is_refused_in_one_sentence(tmp_path, body):
    path = tmp_path / "x.csv"
    path.write_text(body)
    with pytest.raises(InputError):
        directory.read_file(path)


def test_binary_and_missing_files_are_refused(tmp_path):
    (tmp_path / "x.csv").write_bytes(b"\xff\xfe\x00name")
    for path in (tmp_path / "x.csv", tmp_path / "none.csv", tmp_path / "none.json", tmp_path):
        with pytest.raises(InputError):
            directory.read_file(path)


def test_overpass_answer_gives_services_and_explains_the_rest(engine):
    planned = load(engine, FIXTURES / "overpass.json")
    assert [(d.key, d.values["kind"]) for d in planned.added] == [("osm/node-1", "food"), ("osm/way-2", "hospital")]
    kitchen, hospital = (draft.values for draft in planned.added)
    assert kitchen["hours"] == "Mo-Fr 12:00-13:00" and kitchen["address"] == "Example street 3"
    assert hospital["website"] == "" and hospital["latitude"] == 51.92
    assert len(planned.listing.faults) == 5


def test_area_answer_does_not_retire_what_it_lacks(engine, tmp_path):
    load(engine, FIXTURES / "overpass.json")
    body = json.loads((FIXTURES / "overpass.json").read_text())
    body["elements"] = body["elements"][:1]
    (tmp_path / "part.json").write_text(json.dumps(body))
    assert load(engine, tmp_path / "part.json").removed == ()


def test_sheets_become_services_by_exact_tags(engine):
    planned = load(engine, FIXTURES / "sheets", "region")
    by_key = {draft.key: draft.values for draft in planned.added}
    assert set(by_key) == {
        "region/corner-doctor", "region/single-service", "region/evil-service", "region/corner-doctor-2",
    }  # fmt: skip
    doctor = by_key["region/corner-doctor"]
    assert doctor["name"] == "Corner doctor" and doctor["kind"] == "health"
    assert doctor["hours"] == "Mo-Fr 09:00-17:00; Sa-Su 10:00-12:00"
    assert doctor["phones"] == "+31 20 000 0000, 020-0000001"
    assert doctor["website"] == "https://example.org/doctor"
    assert round(doctor["latitude"], 1) == 52.4
    assert by_key["region/single-service"]["kind"] == "food"


def test_hostile_cells_lose_their_teeth(engine):
    planned = load(engine, FIXTURES / "sheets", "region")
    evil = next(draft.values for draft in planned.added if draft.key == "region/evil-service")
    assert evil["website"] == ""
    assert "<" not in evil["name"] and "alert" not in evil["name"]
    assert evil["phones"] == "+31 (0) 70 000 0000"


def test_oddities_of_the_sheets_are_each_reported(engine):
    faults = "\n".join(load(engine, FIXTURES / "sheets", "region").listing.faults)
    for words in (
        "#NAME is in two columns", "number 4 is used twice", "a link is not safe", "name is missing",
        "neither postcode nor town", "second service with the key", "'by appointment'", "no answer",
        "does not exist", "its own parent", "in the future", "'yesterday' is not a date", "same question",
    ):  # fmt: skip
        assert words in faults, words


def test_questions_are_drafts_for_editors_and_never_live(engine):
    planned = load(engine, FIXTURES / "sheets", "region")
    assert planned.questions == 5
    assert load(engine, FIXTURES / "sheets", "region").questions == 0
    with engine.connect() as conn:
        rows = conn.execute(sa.select(schema.draft_answers).order_by(schema.draft_answers.c.id)).all()
    assert {row.state for row in rows} == {"draft"} and {row.language for row in rows} == {"en"}
    assert rows[0].answer == (
        "Yes, *always*. Read more (https://example.org/more) or call (+31200000000) or bad.\nBring nothing."
    )
    assert count(engine, schema.answers) == 0


def test_row_put_in_between_keeps_the_keys_of_the_others(tmp_path):
    body = json.loads((FIXTURES / "sheets" / "Q&As.json").read_text())
    before = {q.key for q in helpful_information.read({"Q&As": body}, "r").questions}
    body["values"].insert(1, ["", "", "", "", "Show", "A new one?", "Yes."])
    after = {q.key for q in helpful_information.read({"Q&As": body}, "r").questions}
    assert before < after and len(after) == len(before) + 1


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("**bold** and *thin*", "*bold* and *thin*"),
        ('<a href="https://example.org">site</a>', "site (https://example.org)"),
        ('<a href="javascript:alert(1)">x</a>', "x"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;ok", "ok"),
        ("[mail](mailto:info@example.org)", "mail (info@example.org)"),
        ("[call](tel:not-a-number)", "call"),
        ("[x](data:text/html,hi)", "x"),
        ("<ul><li>one</li><li>two</li></ul>", "one\ntwo"),
        ("5 < 6 & 7 > 3", "5 < 6 & 7 > 3"),
        ("# Head\ntext", "Head\ntext"),
        ("<b", ""),
    ],
)
def test_markup_becomes_what_whatsapp_shows(given, shown):
    assert helpful_information.plain_text(given) == shown


def test_starter_holds_real_public_places_all_over_the_country(engine):
    with engine.begin() as conn:
        assert directory.import_starter(conn) >= 60
        assert directory.import_starter(conn) == 0
        rows = conn.execute(sa.select(schema.services)).all()
    assert len({row.town for row in rows}) >= 15
    assert {row.kind for row in rows} == set(directory.kinds())
    assert {row.reviewed_on for row in rows} == {"2026-11-24"}
    assert {row.phones for row in rows} <= {"", "0800-8020", "0800-2000"}
    assert not any(row.hours for row in rows)


def test_starter_has_no_fault_and_nobody_is_sent_to_police_or_immigration():
    listing = csv_file.read(DATA / "services.csv", "starter")
    assert listing.faults == ()
    names = " ".join(str(draft.values["name"]).lower() for draft in listing.drafts)
    assert not any(word in names for word in ("politie", "ind ", "avim", "coa", "dt&v", "arbeidsinspectie"))


def test_command_shows_a_dry_run_and_writes_nothing(engine, monkeypatch, capsys):
    monkeypatch.setenv("DATABASE_URL", engine.url.render_as_string(hide_password=False))
    assert main(["directory", "import", str(FIXTURES / "services.csv"), "--dry-run", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert len(told["added"]) == 3 and told["errors"] and told["dry_run"]
    assert count(engine, schema.services) == 0
    assert main(["directory", "import", str(FIXTURES / "services.csv")]) == 0
    assert count(engine, schema.services) == 3


def test_command_finds_the_nearest_by_a_misspelt_town_or_a_position(engine, monkeypatch, capsys):
    monkeypatch.setenv("DATABASE_URL", engine.url.render_as_string(hide_password=False))
    load(engine, FIXTURES / "services.csv")
    capsys.readouterr()
    for near in ("Utreght", "52.09,5.12", "3511 AB"):
        assert main(["directory", "nearest", "--kind", "food", "--near", near, "--json"]) == 0
        assert [one["name"] for one in json.loads(capsys.readouterr().out)] == ["Made-up kitchen"]
    assert main(["directory", "nearest", "--kind", "food", "--near", "Nergenshuizen"]) == 1
    assert main(["directory", "nearest", "--kind", "food", "--near", "0,0"]) == 1
