"""action_delete_my_data: stop, and forget."""

from __future__ import annotations

from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Tracker

from actions.base import Events, HelplineAction, contact_of, inbox_id_of, language_of, opened, say
from helpline import privacy


class ActionDeleteMyData(HelplineAction):
    """A bare word for stop stops; anything else asks once whether everything should go; our own button decides."""

    def name(self) -> str:
        """As the domain calls it."""
        return "action_delete_my_data"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        """Stop, ask, delete or keep."""
        confirmed = next(tracker.get_latest_entity_values("confirmed"), None)
        if confirmed == "yes":
            key = self._delete(tracker)
        elif confirmed == "no":
            key = "utter_delete_my_data_kept"
        elif privacy.is_stop(str(tracker.latest_message.get("text") or "")):
            # In service the turn stops before Rasa is asked (turn.py); this is what `rasa shell` says.
            key = "utter_stopped"
        else:
            key = "utter_delete_my_data_ask"
        say(dispatcher, opened().answers.get(key, language_of(tracker)))
        return []

    def _delete(self, tracker: Tracker) -> str:
        """Texts, cases and trackers at once, the rest when the confirmation has gone out."""
        contact_id = contact_of(tracker)
        if contact_id is not None:
            with opened().engine.begin() as conn:
                privacy.erase_soon(conn, opened().vault, contact_id, keep_inbox_id=inbox_id_of(tracker))
        return "utter_delete_my_data_done"
