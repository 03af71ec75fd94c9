"""Which language somebody is answered in, message by message: a clear message changes it, or two in a row.

One short message proves little: people quote a letter, paste an answer, or know one sentence. A language that was
chosen stays.
"""

from __future__ import annotations

from sqlalchemy.engine import Connection

from helpline import contacts, inbox, language
from helpline.content import SPOKEN
from helpline.routing import written
from helpline.service import Service


def answer_in(
    conn: Connection, service: Service, contact: contacts.Contact, received: inbox.Received, *, fresh: bool
) -> tuple[str, bool]:
    """The language to answer in, and whether the message is in one the assistant does not speak.

    `fresh`: whether they wrote it themselves; what is tapped has the language of whoever wrote the button.
    """
    current = contact.language or "en"
    if not fresh or contact.language_chosen:
        return current, False
    text = written(received.message)
    guess = language.identify(text, prior=contact.language)
    if not guess.switch and contact.language is not None and guess.leans != contact.language:
        before = inbox.before(conn, service.vault, received)
        guess = language.identify(text, prior=contact.language, before=written(before) if before else None)
    if guess.switch or (contact.language is None and guess.spoken and guess.confidence > 0):
        return guess.code, guess.code not in SPOKEN
    return current, current not in SPOKEN
