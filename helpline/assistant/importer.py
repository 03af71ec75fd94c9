"""Reads the examples for Rasa (config.yml): the same messages as its own reader, in a fiftieth of the time.

Rasa checks, copies and hashes each of many thousand examples several times before it trains; that took longer than
the training. Everything else in data/ (rules, answers, domain) is still read by Rasa.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.importers.utils import training_data_from_paths
from rasa.shared.nlu.constants import INTENT, METADATA, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from helpline.nlu import examples


class ExamplesImporter(RasaFileImporter):  # type: ignore[misc]
    """Rasa's reader, but for the files named `examples.*`."""

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        """All training examples."""
        own = [path for path in self._nlu_files if examples.is_ours(Path(path))]
        others = [path for path in self._nlu_files if path not in own]
        read = {example: None for path in sorted(own) for example in examples.of_file(Path(path))}
        listed = TrainingData([_Example(one.text, one.intent, one.language) for one in read])
        return listed.merge(training_data_from_paths(others, language or "en"))


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
