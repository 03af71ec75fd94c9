"""Approved answers beside a case: what topics are called, and their texts in the contact's language."""

from __future__ import annotations

from helpline.console import current
from helpline.content import MissingAnswer


def topics() -> list[tuple[str, str]]:
    """Every intent with its name in the console's language, by name."""
    names = {
        key[len("utter_name_") :] for key, _, _ in current.service().answers.items() if key.startswith("utter_name_")
    }
    return sorted(((name, topic_name(name)) for name in names), key=lambda pair: pair[1].casefold())


def topic_name(topic: str | None) -> str:
    """What an intent is about, in the console's language."""
    words, answers = current.words(), current.service().answers
    key = f"utter_name_{topic}"
    if not topic or not answers.has(key):
        return words("topic.none")
    return answers.get(key, words.language).text


def approved(topic: str, language: str | None) -> str:
    """The published answer of an intent in that language; empty where there is none, never another language."""
    answers = current.service().answers
    key = f"utter_{topic}"
    if not language or not answers.has(key, language):
        return ""
    try:
        return answers.get(key, language).text
    except MissingAnswer:
        return ""
