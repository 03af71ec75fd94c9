"""What a message means, how sure that is, and which of three things to do: answer, suggest, or hand off.

One machine for all languages reads the message and its gloss. Temperature, the chance of being right and the
thresholds of each language come from grouped folds at training and are stored with the model.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helpline import gloss, safety
from helpline.nlu import encoder as encoders
from helpline.nlu import features, groups, linear, progress, reject, storage, thresholds
from helpline.nlu.encoder import Encoder
from helpline.nlu.features import Vectoriser
from helpline.nlu.linear import Floats, Linear
from helpline.nlu.normalise import VERSION as NORMALISER
from helpline.nlu.thresholds import ANSWER, EMERGENCY, HANDOFF, OUT_OF_SCOPE, SUGGEST, Thresholds

FORMAT = 2
_WORD = re.compile(r"\w+")
_POSSIBLY = 0.2
"""A language this likely has a say in what a message means."""
_SHORT = 2
"""Words of a message whose letters tell little about its language."""
_SURE_OF_LANGUAGE = 0.7
_POSSIBLE = 0.04
"""A language this likely may be the one of a short message."""


@dataclass(frozen=True)
class Reading:
    """What the classifier makes of one message."""

    ranking: tuple[tuple[str, float], ...]
    """Every intent with its probability, likeliest first."""
    confidence: float
    """The chance that the first intent is right."""
    decision: str
    """`answer`, `suggest` or `handoff`."""
    emergency: str | None
    """Kind of emergency, where the probability of all emergencies together passes its own, lower threshold."""
    danger: float
    """That probability."""
    off_topic: bool = False
    """Surely none of our topics: a pointer is said instead of a case opened."""

    @property
    def intent(self) -> str:
        """The likeliest intent."""
        return self.ranking[0][0] if self.ranking else OUT_OF_SCOPE


@dataclass(frozen=True)
class Classifier:
    """A trained model. It holds hashes and weights, no text."""

    vectoriser: Vectoriser
    machine: Linear
    temperature: float
    reject: reject.Reject
    thresholds: Mapping[str, Thresholds]

    def read(self, text: str, languages: Mapping[str, float]) -> Reading:
        """Read a message, given how likely each language is (unknown languages are read without a gloss).

        A short message that may be in several languages is read in each by itself, and the surest reading counts:
        `ja`, `si` and `hey` are words of one language and letters in the others.
        """
        reading = self._read(text, languages)
        # One word may be the last of any sentence; which of them are grave by themselves the safety net knows.
        return reading if len(_WORD.findall(text)) > 1 else replace(reading, emergency=None)

    def _read(self, text: str, languages: Mapping[str, float]) -> Reading:
        likely = sorted(languages.items(), key=lambda item: (-item[1], item[0])) or [("en", 1.0)]
        if likely[0][1] < _SURE_OF_LANGUAGE and len(text.split()) <= _SHORT:
            spoken = [code for code, share in likely if share >= _POSSIBLE and gloss.dictionary(code)]
            alone = [self._mixed(text, [(code, 1.0)]) for code in spoken]
            if alone:
                return max(alone, key=lambda reading: reading.confidence)
        kept = [(code, share) for number, (code, share) in enumerate(likely[:3]) if not number or share >= _POSSIBLY]
        return self._mixed(text, kept)

    def _mixed(self, text: str, languages: Sequence[tuple[str, float]]) -> Reading:
        whole = sum(share for _, share in languages) or 1.0
        scores = np.zeros(len(self.machine.classes), np.float32)
        known = np.zeros(3, np.float32)
        for code, share in languages:
            columns, values, shares = self.vectoriser.one(features.read(text, code))
            scores += self.machine.one(columns, values) * (share / whole)
            known += shares * (share / whole)
        return self._reading(scores, known, languages[0][0])

    def warm(self) -> None:
        """Load the dictionaries, so that the first message is not slower than the others."""
        for code in self.thresholds:
            self.read("unheardof", {code: 1.0})  # of no dictionary, so that its close spellings are looked for too

    def read_many(self, texts: Sequence[str], languages: Sequence[str]) -> list[Reading]:
        """Read messages whose language is known."""
        matrix, known = self.vectoriser.many([features.read(t, code) for t, code in zip(texts, languages, strict=True)])
        scores = self.machine.many(matrix)
        return [self._reading(scores[i], known[i], code) for i, code in enumerate(languages)]

    def _reading(self, scores: Floats, known: Floats, language: str) -> Reading:
        chances = linear.probabilities(scores, self.temperature)
        signs = reject.signs(scores[None], known[None])
        right = float(self.reject.right(signs)[0]) if known[2] > 0.5 else 0.0
        order = np.argsort(-chances, kind="stable")
        ranking = tuple((self.machine.classes[i], float(chances[i])) for i in order)
        limits = self.thresholds.get(language) or self.thresholds["*"]
        dangers = [(name, chance) for name, chance in ranking if name.startswith(EMERGENCY)]
        danger = sum(chance for _, chance in dangers)
        kind = (
            dangers[0][0].removeprefix(EMERGENCY) if dangers and known[2] > 0.5 and danger >= limits.emergency else None
        )
        if ranking[0][0] == OUT_OF_SCOPE:
            decision = HANDOFF  # nobody is told an answer; see off_topic
        else:
            decision = ANSWER if right >= limits.answer else SUGGEST if right >= limits.suggest else HANDOFF
        off_topic = ranking[0][0] == OUT_OF_SCOPE and right >= limits.answer and kind is None
        return Reading(ranking, right, decision, kind, danger, off_topic)


def train(
    texts: Sequence[str],
    intents: Sequence[str],
    languages: Sequence[str],
    encoder: Encoder | None = None,
    *,
    limits: bool = True,
) -> Classifier:
    """Train on examples; the order they come in does not matter. `limits`: fit them, or take careful ones."""
    rows = sorted(set(zip(texts, intents, languages, strict=True)))
    progress.begin(progress.FEATURES)
    read = [features.read(text, code) for text, _, code in rows]
    names, codes = np.array([row[1] for row in rows]), np.array([row[2] for row in rows])
    vectoriser, matrix, totals = features.fit(read, encoder=encoder)
    progress.begin(progress.TRAIN)
    if not limits:
        return Classifier(vectoriser, linear.fit(matrix, list(names)), *thresholds.careful())
    with ThreadPoolExecutor(1) as aside:  # the one computes in C without the lock, the other in Python
        group = aside.submit(groups.near_duplicates, features.words_of(matrix, vectoriser.offsets))
        machine = linear.fit(matrix, list(names))

    def caught(row: int) -> bool:
        return safety.check(rows[row][0], rows[row][2]) is not None

    measured = thresholds.measure(matrix, totals, names, codes, vectoriser.offsets, group.result, caught)
    return Classifier(vectoriser, machine, *measured)


def save(model: Classifier, folder: Path) -> None:
    """Write the model into an existing folder."""
    arrays: dict[str, NDArray[Any]] = {f"keys_{n}": keys for n, keys in enumerate(model.vectoriser.keys)}
    arrays |= {f"idf_{n}": idf for n, idf in enumerate(model.vectoriser.idf)}
    arrays |= {"weights": model.machine.weights, "bias": model.machine.bias, "reject": model.reject.weights}
    facts = {
        "format": FORMAT,
        "normaliser": NORMALISER,
        "encoder": model.vectoriser.encoder.identity if model.vectoriser.encoder else "",
        "classes": model.machine.classes,
        "block_weights": model.vectoriser.weights,
        "temperature": model.temperature,
        "reject_bias": model.reject.bias,
        "reject_signs": reject.SIGNS,
        "thresholds": thresholds.as_facts(model.thresholds),
    }
    storage.write(folder, arrays, facts)


def load(folder: Path, encoder: Encoder | None = None) -> Classifier:
    """Read a model. Raises ValueError for one that other code wrote, or that was trained with another encoder.

    It is not read without its encoder: its limits were fitted with it, and half a reading would be answered as if
    it were whole. A model trained without one does not use the encoder given.
    """
    arrays, facts = storage.read(folder)
    if (facts["format"], facts["normaliser"]) != (FORMAT, NORMALISER):
        raise ValueError("This model was trained by another version; train again.")
    if facts["encoder"] and facts["encoder"] != (encoder.identity if encoder else ""):
        other = "another one is set" if encoder else "none is set"
        raise ValueError(
            f"This model was trained with the sentence encoder {facts['encoder'][:12]}, and {other}: let "
            "SEMANTIC_ENCODER name its folder, or train again."
        )
    vectoriser = Vectoriser(
        tuple(arrays[f"keys_{n}"] for n in range(4)),
        tuple(arrays[f"idf_{n}"] for n in range(4)),
        tuple(facts["block_weights"]),
        encoder if facts["encoder"] else None,
    )
    return Classifier(
        vectoriser,
        Linear(tuple(facts["classes"]), arrays["weights"], arrays["bias"]),
        float(facts["temperature"]),
        reject.Reject(arrays["reject"], float(facts["reject_bias"])),
        {code: Thresholds(**limits) for code, limits in facts["thresholds"].items()},
    )


def fingerprint() -> str:
    """Changes whenever training on the same examples could give another model: code, dictionaries, net, encoder."""
    digest = hashlib.sha256(f"{FORMAT} {NORMALISER} {encoders.identity()}".encode())
    code, net = Path(__file__).resolve().parent, gloss.FOLDER.parent / "safety"
    paths = [*code.glob("*.py"), code.parent / "gloss.py", *gloss.FOLDER.glob("*.tsv")]
    paths += [*(code.parent / "safety").glob("*.py"), *(one for one in net.rglob("*") if one.is_file())]
    for path in sorted(paths):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
