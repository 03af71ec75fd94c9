"""Answers: the database over data/, English where a language is missing, live without training."""

import pytest

from helpline import content


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "x.yml").write_text(
        """
responses:
  utter_hello:
  - text: Hello
    buttons:
    - {title: Food, payload: /find_food}
  - text: Hallo
    condition: [{type: slot, name: language, value: nl}]
  utter_amount:
  - text: "You got {amount}."
""",
        encoding="utf-8",
    )
    return tmp_path


def test_language_is_chosen_and_english_stands_in(folder):
    answers = content.Answers(None, folder)
    assert answers.get("utter_hello", "nl").text == "Hallo"
    assert answers.get("utter_hello", "so").text == "Hello"
    assert answers.get("utter_hello", None).buttons[0].payload == "/find_food"


def test_missing_fact_is_refused_rather_than_shown_as_braces(folder):
    answers = content.Answers(None, folder)
    with pytest.raises(content.MissingAnswer, match="amount"):
        answers.get("utter_amount", "en")
    assert answers.get("utter_amount", "en", amount="€ 17.50").text == "You got € 17.50."


def test_unknown_key_says_what_to_do(folder):
    with pytest.raises(content.MissingAnswer, match="utter_nothing"):
        content.Answers(None, folder).get("utter_nothing", "en")


def test_published_text_is_live_on_the_next_message(service, folder):
    with service.engine.begin() as conn:
        assert content.import_starter(conn, folder) == 3
        assert content.import_starter(conn, folder) == 0
    answers = content.Answers(service.engine, folder)
    assert answers.get("utter_hello", "nl").text == "Hallo"
    with service.engine.begin() as conn:
        content.change(conn, "utter_hello", "nl", "Dag")
    answers.refresh(now=True)
    assert answers.get("utter_hello", "nl").text == "Dag"


def test_import_leaves_what_editors_changed(service, folder):
    with service.engine.begin() as conn:
        content.import_starter(conn, folder)
        content.change(conn, "utter_hello", "nl", "Dag")
        body = (folder / "x.yml").read_text().replace("Hello", "Good day").replace("Hallo", "Goedendag")
        (folder / "x.yml").write_text(body)
        content.import_starter(conn, folder)
    answers = content.Answers(service.engine, folder)
    assert answers.get("utter_hello", "nl").text == "Dag"
    assert answers.get("utter_hello", "en").text == "Good day"


def test_safety_text_is_the_shipped_one_whatever_the_database_says(service, folder):
    with service.engine.begin() as conn:
        content.import_starter(conn, folder)
        content.change(conn, "utter_hello", "nl", "Dag")
    assert content.Answers(service.engine, folder).static("utter_hello", "nl").text == "Hallo"


def test_a_slot_named_like_a_parameter_is_only_a_variable(folder):
    assert content.Answers(None, folder).get("utter_hello", "nl", language="fr", key="x").text == "Hallo"
