"""Starter examples come in once, and go back into the files with only what changed."""

import pytest

from helpline import examples, intents
from helpline.examples import files, store
from helpline.nlu import examples as shipped

ACCOUNT = None


@pytest.fixture(autouse=True)
def only_these_files(monkeypatch, data):
    monkeypatch.setattr(files, "DATA", data)


def bodies(folder):
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*.yml"))}


def test_starter_content_is_taken_in_once(taught, data):
    with taught.begin() as conn:
        assert files.import_starter(conn, data) == 0
        assert len(store.listed(conn)) == 4
        assert [one.id for one in intents.listed(conn)] == ["find_shelter", "find_food", "human_agent"]


def test_starter_content_is_live_and_not_a_draft(taught):
    with taught.begin() as conn:
        assert store.revision(conn) == 0
        assert store.listed(conn, since=0) == []


def test_new_file_content_is_a_draft_and_what_editors_removed_stays_away(taught, data):
    with taught.begin() as conn:
        gone = store.of_text(conn, "en", "where can I sleep tonight")
        examples.remove(conn, [gone.id], ACCOUNT)
    path = data / "food" / "examples.nl.yml"
    path.write_text(path.read_text() + "    - ik heb honger\n", encoding="utf-8")
    with taught.begin() as conn:
        assert files.import_starter(conn, data) == 1
        assert store.of_text(conn, "en", "where can I sleep tonight") is None
        (new,) = store.listed(conn, since=1)
        assert new.text == "ik heb honger"


def test_export_of_unchanged_content_changes_no_byte(taught, data):
    before = bodies(data)
    with taught.begin() as conn:
        assert files.export(conn, data) == []
    assert bodies(data) == before


def test_export_writes_only_what_changed_and_import_of_it_changes_nothing(taught, data, tmp_path):
    with taught.begin() as conn:
        examples.add(conn, "find_food", "en", ["my children are hungry"], account_id=ACCOUNT)
        gone = store.of_text(conn, "en", "where can I eat for free today")
        examples.remove(conn, [gone.id], ACCOUNT)
        out = tmp_path / "out"
        files.export(conn, out)
        english = (out / "food" / "examples.en.yml").read_text(encoding="utf-8")
        assert "- intent: find_food  # where to eat" in english
        assert "    - is there a food bank in Utrecht\n    - my children are hungry\n" in english
        assert "where can I eat" not in english
        assert (out / "food" / "examples.nl.yml").read_bytes() == (data / "food" / "examples.nl.yml").read_bytes()
        assert files.export(conn, out) == []
    assert {one.text for one in shipped.read(out)} == {
        "is there a food bank in Utrecht", "my children are hungry", "where can I sleep tonight",
        "waar kan ik vandaag gratis eten",
    }  # fmt: skip


def test_topic_without_examples_left_leaves_no_empty_block(taught, tmp_path):
    with taught.begin() as conn:
        examples.remove(conn, [store.of_text(conn, "en", "where can I sleep tonight").id], ACCOUNT)
        files.export(conn, tmp_path / "out")
    english = (tmp_path / "out" / "food" / "examples.en.yml").read_text(encoding="utf-8")
    assert "find_shelter" not in english
    assert len(shipped.read(tmp_path / "out")) == 3


def test_topic_that_editors_added_gets_a_file(taught, tmp_path):
    with taught.begin() as conn:
        intents.create(conn, "bike repair", "answer", ACCOUNT)
        examples.add(conn, "bike_repair", "nl", ['mijn fiets is kapot: "hulp" #1'], account_id=ACCOUNT)
        files.export(conn, tmp_path / "out")
    read = shipped.read(tmp_path / "out" / "added")
    assert [(one.text, one.intent, one.language) for one in read] == [
        ("mijn fiets is kapot: \"hulp\" #1", "bike_repair", "nl")
    ]  # fmt: skip
