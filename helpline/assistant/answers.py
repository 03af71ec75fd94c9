"""The NLG class (endpoints.yml, `nlg`): serves published answers from memory, in the contact's language."""

from __future__ import annotations

from typing import Any

from rasa.core.nlg.generator import NaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from helpline import logs, service
from helpline.content import MissingAnswer
from helpline.messages import OutboundMessage

log = logs.get(__name__)


class PublishedAnswers(NaturalLanguageGenerator):
    """Answers are data, not model: a changed text is live on the next message.

    Not a subclass of Rasa's templated generator on purpose: `Agent.load_model` overwrites the responses of those.
    """

    def __init__(self, endpoint_config: EndpointConfig | None = None, domain: Domain | None = None) -> None:
        self._answers = service.here().answers

    async def generate(
        self, utter_action: str, tracker: DialogueStateTracker, output_channel: str, **kwargs: Any
    ) -> dict[str, Any] | None:
        """The response for `utter_action`; None (and Rasa says nothing) when no text exists or a fact is missing."""
        known = {**tracker.current_slot_values(), **kwargs}
        # Rasa hands in all responses of the domain besides; those are no facts to fill in.
        variables = {name: str(value) for name, value in known.items() if not isinstance(value, (dict, list))}
        try:
            message = self._answers.get(utter_action, language_of(tracker), **variables)
        except MissingAnswer:
            logs.failure(log, "answer_missing", key=utter_action)
            return None
        return as_response(message, utter_action)


def language_of(tracker: DialogueStateTracker) -> str | None:
    """The language to answer in: what the channel says; in `rasa shell` a chosen one, else what NLU found."""
    latest = tracker.latest_message
    if latest is None:
        return None
    chosen = tracker.slots["language"].value if "language" in tracker.slots else None
    found = (latest.parse_data or {}).get("language")
    language = (latest.metadata or {}).get("language") or chosen or found
    return str(language) if language else None


def as_response(message: OutboundMessage, key: str) -> dict[str, Any]:
    """A message in the form of Rasa's responses."""
    response: dict[str, Any] = {"text": message.text, "utter_action": key}
    if message.buttons:
        response["buttons"] = [
            {"title": b.title, "payload": b.payload, "description": b.description} for b in message.buttons
        ]
    if message.request_location:
        response["request_location"] = True
    return response
