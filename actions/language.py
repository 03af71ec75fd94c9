"""action_change_language: answer in the language that was asked for, or ask which."""

from __future__ import annotations

from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Tracker

from actions.base import Events, HelplineAction, contact_of, language_of, opened, say
from actions.handoff import to_people
from helpline import contacts, language
from helpline.content import SPOKEN


class ActionChangeLanguage(HelplineAction):
    """An explicit choice always wins over what the messages look like."""

    def name(self) -> str:
        """As the domain calls it."""
        return "action_change_language"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        """Switch, hand over when nobody wrote answers in that language, or ask with a list."""
        wanted = self._wanted(tracker)
        answers = opened().answers
        if wanted is None:
            say(dispatcher, answers.get("utter_change_language_ask", language_of(tracker)))
            return []
        if wanted not in SPOKEN:
            to_people(dispatcher, tracker, "language", language=wanted)
            return []
        contact_id = contact_of(tracker)
        if contact_id is not None:
            with opened().engine.begin() as conn:
                contacts.speak(conn, contact_id, wanted, chosen=True)
        say(dispatcher, answers.get("utter_language_changed", wanted))
        return [SlotSet("language", wanted)]

    def _wanted(self, tracker: Tracker) -> str | None:
        """What was tapped, else what the message names; a code we do not know asks again rather than promise it."""
        tapped = next(tracker.get_latest_entity_values("language"), None)
        if isinstance(tapped, str) and language.is_known(tapped):
            return tapped
        text = str(tracker.latest_message.get("text") or "")
        return None if text.startswith("/") else language.named_in(text)
