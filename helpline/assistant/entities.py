"""The entity component (config.yml): Dutch places and names of languages in a message."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from helpline import language, places

EXTRACTOR = "KnownNames"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class KnownNames(GraphComponent):
    """Sets the entities `place` and `language`."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> KnownNames:
        """Nothing to set up."""
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """Add what is named to the entities of each message."""
        for message in messages:
            found = list(message.get(ENTITIES) or []) + _named(str(message.get(TEXT) or ""))
            message.set(ENTITIES, found, add_to_output=True)
        return messages


def _named(text: str) -> list[dict[str, Any]]:
    place, spoken = places.in_sentence(text), language.named_in(text)
    found = {"place": place.name if place else None, "language": spoken}
    return [
        {"entity": entity, "value": value, "start": 0, "end": len(text), "extractor": EXTRACTOR}
        for entity, value in found.items()
        if value
    ]
