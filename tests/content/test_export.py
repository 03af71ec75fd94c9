"""data/ is imported once and exported on demand: equal where nobody touched it, and read again as it was written."""

import shutil
import subprocess

from helpline import clock, content
from helpline.content import changes, coverage, export, rights
from helpline.content.starter import DATA, files, read_facts, read_file, read_starter
from helpline.messages import Button
from tests.content.conftest import seen_now, to_live
from tests.people import agent


def answer_files(folder):
    return {p.relative_to(folder): p.read_bytes() for p in files(folder) if p.name == "facts.yml" or read_file(p)}


def test_untouched_import_is_exported_to_the_byte(service, tmp_path):
    with service.engine.begin() as conn:
        content.import_starter(conn)
        assert export.export(conn, tmp_path / "out") == []
    assert {p.relative_to(tmp_path / "out"): p.read_bytes() for p in (tmp_path / "out").rglob("*.yml")} == answer_files(
        DATA
    )


def test_edited_texts_are_read_again_as_they_were_written_and_only_they_differ(service, tmp_path):
    food = Button('Etwas "zu" essen: ja', "/find_health_service", "mehr")
    with service.engine.begin() as conn:
        content.import_starter(conn)
        ann, bo = agent(conn, "Ann"), agent(conn, "Bo")
        rights.set_four_eyes(conn, "none", ann)
        to_live(conn, "utter_greet", "nl", 'Dag: "hallo" #1\n\n- met regel', ann, bo, buttons=(food,))
        to_live(conn, "utter_greet", "de", "Guten Tag", ann, bo, buttons=(food,))
        to_live(conn, "utter_language_changed", "pt", "", ann, bo, buttons=())
        to_live(conn, "utter_language_changed", "fr", "Deux\nlignes", ann, bo, buttons=())
        to_live(conn, "utter_written_here", "en", "New", ann, bo, buttons=())
        to_live(conn, "fact:iom_phone", "*", "088-0000000", ann, bo, buttons=())
        to_live(conn, "fact:iom_phone", "fr", "appelez le 088-0000000", ann, bo, buttons=())
        changed = export.export(conn, tmp_path / "out")
    assert {path.name for path in changed} >= {"words.yml", "facts.yml", "answers.yml"}
    old, new = read_starter(), read_starter(tmp_path / "out")
    assert new["utter_greet"]["nl"].text == 'Dag: "hallo" #1\n\n- met regel'
    assert new["utter_greet"]["nl"].buttons == new["utter_greet"]["de"].buttons == (food,)
    assert "pt" not in new["utter_language_changed"] and new["utter_language_changed"]["fr"].text == "Deux\nlignes"
    assert new["utter_written_here"]["en"].text == "New"
    assert read_facts(tmp_path / "out")["iom_phone"].values == {"*": "088-0000000", "fr": "appelez le 088-0000000"}
    changed = "utter_language_changed"
    touched = {("utter_greet", "nl"), ("utter_greet", "de"), (changed, "pt"), (changed, "fr")}
    for key, texts in old.items():
        for language, answer in texts.items():
            if (key, language) not in touched:
                assert new[key][language] == answer, (key, language)
    done = subprocess.run(["diff", "-r", str(DATA), str(tmp_path / "out")], capture_output=True, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith(("<", ">"))]
    assert 0 < len(lines) < 40


def test_checking_an_answer_again_is_exported_as_its_dates_and_nothing_else(service, tmp_path):
    clock.shift(40 * 86400)
    with service.engine.begin() as conn:
        content.import_starter(conn)
        ann = agent(conn, "Ann")
        coverage.confirm(conn, "utter_health_costs", "en", ann, 1)
        (changed,) = export.export(conn, tmp_path / "out")
    new = read_file(changed)["utter_health_costs"]
    assert {answer.facts["reviewed_on"] for answer in new.values()} == {clock.today().isoformat()}
    old = next(path for path in files() if path.relative_to(DATA) == changed.relative_to(tmp_path / "out"))
    assert len(set(changed.read_text().splitlines()) - set(old.read_text().splitlines())) == 1


def test_exported_files_imported_into_an_empty_database_export_the_same_again(service, tmp_path):
    with service.engine.begin() as conn:
        content.import_starter(conn)
        ann, bo = agent(conn, "Ann"), agent(conn, "Bo")
        to_live(conn, "utter_greet", "nl", "Dag\nhoe gaat het", ann, bo)
        export.export(conn, tmp_path / "one")
        first = answer_files(tmp_path / "one")
        assert changes.live(conn, "utter_greet", "nl")[1] == 2 and seen_now(conn, "utter_greet", "nl").change == 0
    with service.engine.begin() as conn:
        for table in ("answers", "content_facts", "content_version"):
            conn.exec_driver_sql(f"DELETE FROM {table}")
        content.import_starter(conn, tmp_path / "one")
        assert export.export(conn, tmp_path / "two", tmp_path / "one") == []
    assert answer_files(tmp_path / "two") == first
    shutil.rmtree(tmp_path / "two")
