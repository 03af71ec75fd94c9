"""A message through all that understands it, without Rasa: language, safety net, classifier."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from helpline import language, safety
from helpline.errors import HelplineError
from helpline.nlu import classifier, encoder, storage
from helpline.nlu.classifier import Classifier, Reading
from helpline.nlu.thresholds import EMERGENCY, HANDOFF


@dataclass(frozen=True)
class Outcome:
    """What would happen to a message."""

    decision: str
    intent: str
    """The likeliest intent, also where it is not sure enough to answer."""
    ranking: tuple[tuple[str, float], ...]
    confidence: float
    language: str
    emergency: str | None
    """Its kind, if safety net or classifier saw one."""
    net: bool
    """Whether the safety net did."""

    def as_json(self) -> dict[str, object]:
        """For programs: one line a message."""
        return {
            "decision": self.decision,
            "intent": self.intent,
            "top": [{"intent": name, "probability": round(chance, 4)} for name, chance in self.ranking[:3]],
            "confidence": round(self.confidence, 4),
            "language": self.language,
            "emergency": self.emergency,
        }


def understand(model: Classifier, text: str, prior: str | None = None) -> Outcome:
    """Read a message of somebody who wrote in `prior` before, or never before."""
    found = language.identify(text, prior=prior)
    return judge(model, text, found.code, language.probabilities(text, prior))


def judge(model: Classifier, text: str, code: str, languages: Mapping[str, float]) -> Outcome:
    """Read a message whose language is told."""
    reading = model.read(text, languages)
    net = safety.assess(text)
    kind = emergency(net, reading)
    return Outcome(
        decision=HANDOFF if kind is None and reading.intent.startswith(EMERGENCY) else reading.decision,
        intent=reading.intent,
        ranking=reading.ranking,
        confidence=reading.confidence,
        language=code,
        emergency=kind,
        net=net.hit is not None,
    )


def emergency(net: safety.Assessment, reading: Reading) -> str | None:
    """The kind of emergency by safety net and classifier together."""
    calm = next((chance for name, chance in reading.ranking if not name.startswith(EMERGENCY)), 0.0)
    return safety.settle(net, reading.emergency, reading.danger, calm)


def current(models: Path) -> Classifier:
    """The classifier of the newest trained model."""
    trained = sorted(models.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)
    if not trained:
        raise HelplineError(f"There is no model in {models}. Train one: helpline train.")
    with tempfile.TemporaryDirectory() as folder:
        storage.unpack(trained[-1], Path(folder))
        try:
            return classifier.load(Path(folder), encoder.configured())
        except ValueError as error:
            raise HelplineError(f"{trained[-1].name}: {error}") from None
