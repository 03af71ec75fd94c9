"""The language component (config.yml): the function the drain asks, so `rasa shell` and `rasa test` see the same."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import METADATA, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from helpline import language

LANGUAGE, PROBABILITIES = "language", "language_probabilities"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class LanguageIdentifier(GraphComponent):
    """Sets the message's language, and how likely each is for the classifier behind it."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LanguageIdentifier:
        """Nothing to set up."""
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """What the channel knows of the contact's language is the prior."""
        for message in messages:
            text, known = str(message.get(TEXT) or ""), message.get(METADATA) or {}
            prior = known.get("language")
            found = language.identify(text, prior=prior, chosen=bool(known.get("language_chosen")))
            message.set(LANGUAGE, found.code, add_to_output=True)
            message.set(PROBABILITIES, language.probabilities(text, prior))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Examples state their language; nothing is guessed there."""
        return training_data
