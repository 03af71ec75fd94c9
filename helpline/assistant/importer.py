"""Reads the examples for Rasa (config.yml): the same messages as its own reader, in a fiftieth of the time.

Rasa checks, copies and hashes each of many thousand examples several times before it trains; that took longer than
the training. Everything else in data/ (rules, answers, domain) is still read by Rasa. The training of a release gives
its examples from the database instead (`of_release`), and with them the intents that editors added.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rasa.shared.core.domain import Domain
from rasa.shared.core.training_data.story_reader.yaml_story_reader import YAMLStoryReader
from rasa.shared.core.training_data.structures import StoryGraph
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.importers.utils import training_data_from_paths
from rasa.shared.nlu.constants import INTENT, METADATA, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from helpline.nlu import examples
from helpline.releases.snapshot import Snapshot

_given: list[Snapshot] = []


@contextmanager
def of_release(snapshot: Snapshot) -> Iterator[None]:
    """Inside the block, Rasa trains on this instead of the examples of data/."""
    _given.append(snapshot)
    try:
        yield
    finally:
        _given.pop()


class ExamplesImporter(RasaFileImporter):  # type: ignore[misc]
    """Rasa's reader, but for the files named `examples.*`."""

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        """All training examples."""
        own = [path for path in self._nlu_files if examples.is_ours(Path(path))]
        others = [path for path in self._nlu_files if path not in own]
        files: Iterable[examples.Example] = (one for path in sorted(own) for one in examples.of_file(Path(path)))
        read = dict.fromkeys(_given[-1].examples if _given else files)
        listed = TrainingData([_Example(one.text, one.intent, one.language) for one in read])
        return listed.merge(training_data_from_paths(others, language or "en"))

    def get_domain(self) -> Domain:
        """The domain, with the intents that editors added and their answers' names."""
        domain: Domain = super().get_domain()
        if not _given or not _given[-1].actions:
            return domain
        known = set(domain.intents)
        named = [name for name in _given[-1].actions if name not in known]
        added = {"intents": named, "responses": {f"utter_{name}": [{"text": name}] for name in named}}
        return domain.merge(Domain.from_dict(added))

    def get_stories(self, exclusion_percentage: int | None = None) -> StoryGraph:
        """The rules, with one for each intent that editors added."""
        stories: StoryGraph = super().get_stories(exclusion_percentage)
        if not _given or not _given[-1].actions:
            return stories
        rules = [
            {
                "rule": f"added: {name}",
                "steps": [{"intent": name}, {"action": f"utter_{name}" if then == "answer" else "action_handoff"}],
            }
            for name, then in sorted(_given[-1].actions.items())
        ]
        body = json.dumps({"version": "3.1", "rules": rules})  # JSON is YAML too
        return stories.merge(StoryGraph(YAMLStoryReader().read_from_string(body)))


class _Example(Message):  # type: ignore[misc]
    """One example: known by its three facts, copied without walking through it."""

    def __init__(self, text: str, intent: str, language: str) -> None:
        super().__init__({TEXT: text, INTENT: intent, METADATA: {"intent": {"language": language}}})
        self._facts = (text, intent, language)

    def fingerprint(self) -> str:
        """The three facts as a number, unless a component added something."""
        if self.features or len(self.data) != 3:
            return str(super().fingerprint())
        if self._cached_fingerprint is None:
            self._cached_fingerprint = hashlib.md5(repr(self._facts).encode(), usedforsecurity=False).hexdigest()
        return str(self._cached_fingerprint)

    def __deepcopy__(self, _memory: dict[int, Any]) -> Message:
        copy = _Example(*self._facts)
        copy.data = dict(self.data)
        copy.features = list(self.features)
        copy._cached_fingerprint = self._cached_fingerprint
        return copy
