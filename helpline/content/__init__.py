"""Answers and facts as editors write them, per language. The database is the source; data/ is imported once as a start.

A process keeps the published answers in memory and reloads them when the content version changes,
so a changed text is live on the next message and never a training.
"""

from helpline.content.answer import Answer, MissingAnswer
from helpline.content.published import RELOAD_SECONDS, Answers
from helpline.content.starter import DATA, DEFAULT_LANGUAGE, SPOKEN, Texts, read_starter
from helpline.content.store import change, import_starter

__all__ = [
    "DATA", "DEFAULT_LANGUAGE", "RELOAD_SECONDS", "SPOKEN", "Answer", "Answers", "MissingAnswer", "Texts", "change",
    "import_starter", "read_starter",
]  # fmt: skip
