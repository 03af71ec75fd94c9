"""action_delete_my_data and action_confirm_delete: stop, and forget."""

from __future__ import annotations

from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Tracker

from actions.base import Events, HelplineAction, contact_of, inbox_id_of, language_of, opened, say
from helpline import privacy


class ActionDeleteMyData(HelplineAction):
    """A bare STOP stops; anything else asks once whether everything should go."""

    def name(self) -> str:
        """As the domain calls it."""
        return "action_delete_my_data"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        """Stop, or ask."""
        contact_id, answers = contact_of(tracker), opened().answers
        if privacy.is_stop(str(tracker.latest_message.get("text") or "")):
            if contact_id is None:
                say(dispatcher, answers.get("utter_stopped", language_of(tracker)))
                return []
            with opened().engine.begin() as conn:
                privacy.stop(conn, opened(), contact_id, once_key=f"stop:{inbox_id_of(tracker)}")
            return []
        say(dispatcher, answers.get("utter_delete_my_data_ask", language_of(tracker)))
        return []


class ActionConfirmDelete(HelplineAction):
    """Deletes texts, cases and trackers at once, and the rest when the confirmation has gone out."""

    def name(self) -> str:
        """As the domain calls it."""
        return "action_confirm_delete"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        """Erase."""
        contact_id = contact_of(tracker)
        if contact_id is not None:
            with opened().engine.begin() as conn:
                privacy.erase_soon(conn, contact_id, keep_inbox_id=inbox_id_of(tracker))
        say(dispatcher, opened().answers.get("utter_delete_my_data_done", language_of(tracker)))
        return []
