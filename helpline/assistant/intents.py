"""The intent classifier (config.yml): helpline.nlu in Rasa's graph.

Where it is not sure enough the intent becomes `nlu_fallback` and its guesses stay in the ranking behind it. An
emergency seen by safety net and classifier together becomes the intent, whatever else the message is about; one the
net found to be over, denied or an idiom goes to people, without urgency.
"""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, METADATA, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from helpline import safety
from helpline.assistant.languages import LANGUAGE, PROBABILITIES
from helpline.nlu import classifier, encoder
from helpline.nlu.thresholds import ANSWER, EMERGENCY
from helpline.nlu.understand import emergency

FALLBACK = "nlu_fallback"
RANKED = 10
"""How many guesses the parse result lists."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class MessageClassifier(GraphComponent):
    """Trains on the examples with their language, and reads messages with three outcomes."""

    def __init__(self, storage: ModelStorage, resource: Resource, model: classifier.Classifier | None = None) -> None:
        self._storage, self._resource, self._model = storage, resource, model

    @staticmethod
    def required_packages() -> list[str]:
        """Their versions are part of the fingerprint."""
        return ["sklearn", "numpy", "scipy"]

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """What Rasa's own fingerprint does not see: code and dictionaries outside this class."""
        return classifier.fingerprint()

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> MessageClassifier:
        """An untrained component."""
        return cls(model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> MessageClassifier:
        """A trained component, its dictionaries already in memory."""
        with model_storage.read_from(resource) as folder:
            model = classifier.load(folder, encoder.configured())
        model.warm()
        return cls(model_storage, resource, model)

    def train(self, training_data: TrainingData) -> Resource:
        """Fit machine, temperature, reject model and thresholds, and store them."""
        examples = [one for one in training_data.intent_examples if one.get(TEXT) and one.get(INTENT)]
        self._model = classifier.train(
            [str(one.get(TEXT)) for one in examples],
            [str(one.get(INTENT)) for one in examples],
            [language_of_example(one) for one in examples],
            encoder.configured(),
        )
        with self._storage.write_to(self._resource) as folder:
            classifier.save(self._model, folder)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Set intent, ranking, decision, confidence and emergency."""
        for message in messages:
            if self._model is not None and message.get(TEXT):
                chances = message.get(PROBABILITIES) or {message.get(LANGUAGE) or "en": 1.0}
                _note(message, self._model.read(str(message.get(TEXT)), chances), safety.assess(str(message.get(TEXT))))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Nothing behind it in training needs its guesses."""
        return training_data


def language_of_example(example: Message) -> str:
    """The language the examples' file states for the intent."""
    stated = (example.get(METADATA) or {}).get("intent") or {}
    return str(stated.get("language") or "en") if isinstance(stated, dict) else "en"


def _note(message: Message, reading: classifier.Reading, net: safety.Assessment) -> None:
    kind = emergency(net, reading)
    ranking = [{"name": name, "confidence": chance} for name, chance in reading.ranking[:RANKED]]
    first: dict[str, Any] = {"name": reading.intent, "confidence": reading.ranking[0][1]}
    if kind is not None:
        first = {"name": EMERGENCY + kind, "confidence": reading.danger}
    elif (reading.decision != ANSWER and not reading.off_topic) or reading.intent.startswith(EMERGENCY):
        first = {"name": FALLBACK, "confidence": 1 - reading.confidence}
    if first["name"] == FALLBACK:
        ranking = [first, *ranking]
    message.set("intent", first, add_to_output=True)
    message.set("intent_ranking", ranking, add_to_output=True)
    message.set("decision", reading.decision, add_to_output=True)
    message.set("confidence", reading.confidence, add_to_output=True)
    message.set("emergency", kind, add_to_output=True)
