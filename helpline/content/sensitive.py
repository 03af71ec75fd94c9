"""Which answers could harm when they are wrong: law, health, shelter rights, emergencies.

They need two pairs of eyes by default, say when they were last checked once that is long ago, and the safety texts
among them cannot be changed here at all: they are shipped, tested files that need no database.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from helpline.content.answer import Answer
from helpline.content.facts import PREFIX, day
from helpline.content.starter import WRITTEN_HERE, topics

FOUR_EYES = ("all", "sensitive", "none")
LOCKED = ("safety", "emergency")
"""Topics that nobody edits here."""
_TOPICS = ("covid", "health", "legal_rights", *LOCKED)
_KEYS = ("utter_shelter_rights", "utter_shelter_lost")


def topic(key: str) -> str:
    """What an answer is about: the folder it comes from; `console` for what editors added."""
    return "facts" if key.startswith(PREFIX) else topics().get(key, WRITTEN_HERE)


def locked(key: str) -> bool:
    """Whether it is a safety text."""
    return topic(key) in LOCKED or key.startswith(("utter_safety_", "utter_emergency_"))


def informs(key: str) -> bool:
    """Whether it gives information on health or law, which has to say that it is general and how old it is."""
    return topic(key) in _TOPICS or key in _KEYS


def sensitive(key: str, uses: Mapping[str, object] | None = None) -> bool:
    """Whether two people should see it. Answers that editors added count as well: nobody has sorted them.

    `uses` are the answers that repeat a fact, when the key is one.
    """
    if key.startswith(PREFIX):
        return any(sensitive(one) for one in uses or ())
    return informs(key) or topic(key) == WRITTEN_HERE


def holds_until(key: str, answer: Answer, today: dt.date) -> bool | None:
    """Whether an answer on health or law was checked in time; None where that does not matter."""
    until = day(str(answer.facts.get("review_by") or ""))
    return None if until is None or not informs(key) or locked(key) else until >= today
