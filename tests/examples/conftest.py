"""A little starter content in files, and the same in the database."""

import pytest

from helpline.examples import files

EATING = """version: "3.1"

nlu:
- intent: find_food  # where to eat
  metadata: {language: en}
  examples: |
    - where can I eat for free today
    - is there a food bank in Utrecht

- intent: find_shelter
  metadata: {language: en}
  examples: |
    - where can I sleep tonight
"""
EATING_NL = """version: "3.1"

nlu:
- intent: find_food
  metadata: {language: nl}
  examples: |
    - waar kan ik vandaag gratis eten
"""


@pytest.fixture
def data(tmp_path):
    """data/ with examples of two topics."""
    folder = tmp_path / "data"
    (folder / "food").mkdir(parents=True)
    (folder / "food" / "examples.en.yml").write_text(EATING, encoding="utf-8")
    (folder / "food" / "examples.nl.yml").write_text(EATING_NL, encoding="utf-8")
    (tmp_path / "domain.yml").write_text("intents: [find_shelter, find_food, human_agent, nlu_fallback]\n")
    return folder


@pytest.fixture
def taught(engine, data):
    """The engine of a database that holds them."""
    with engine.begin() as conn:
        files.import_starter(conn, data)
    return engine
