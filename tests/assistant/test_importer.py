"""The examples as Rasa gets them: the same messages as from its own reader, cheap to copy and to know again."""

import copy

import pytest
from rasa.shared.importers.rasa import RasaFileImporter

from helpline.assistant.importer import ExamplesImporter
from helpline.assistant.intents import language_of_example

EXAMPLES = """version: "3.1"

nlu:
- intent: find_food  # where to eat
  metadata: {language: nl}
  examples: |
    - waar kan ik eten?
    - ik heb "honger": help
- intent: greet
  metadata: {language: ar}
  examples: |
    - السلام عليكم
    - salam #khouya
"""
OTHER = 'version: "3.1"\n\nnlu:\n- intent: thanks\n  examples: |\n    - thank you\n'


@pytest.fixture
def data(tmp_path):
    (tmp_path / "examples.nl.yml").write_text(EXAMPLES, encoding="utf-8")
    (tmp_path / "more.yml").write_text(OTHER, encoding="utf-8")
    (tmp_path / "domain.yml").write_text('version: "3.1"\nintents: [find_food, greet, thanks]\n')
    return {"domain_path": str(tmp_path / "domain.yml"), "training_data_paths": [str(tmp_path)]}


def known(training_data):
    return {(one.get("text"), one.get("intent"), language_of_example(one)) for one in training_data.intent_examples}


def test_examples_are_those_of_rasas_own_reader(data):
    ours = known(ExamplesImporter(**data).get_nlu_data())
    assert ours == known(RasaFileImporter(**data).get_nlu_data())
    assert len(ours) == 5
    assert ("salam #khouya", "greet", "ar") in ours


def test_copied_example_is_the_same_until_something_is_added(data):
    for one in ExamplesImporter(**data).get_nlu_data().intent_examples:
        again = copy.deepcopy(one)
        assert again == one
        again.set("tokens", ["a"])
        assert again != one
        assert one.get("tokens") is None


def test_every_example_is_known_by_its_own_fingerprint(data):
    messages = ExamplesImporter(**data).get_nlu_data().intent_examples
    assert len({one.fingerprint() for one in messages}) == len(messages) == 5
