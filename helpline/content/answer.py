"""One text with its buttons: what may be put into it, and how it becomes a message."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from helpline.errors import HelplineError
from helpline.messages import Button, OutboundMessage

VARIABLE = re.compile(r"\{([A-Za-z_]\w*)\}")
FACT = re.compile(r"\[\[fact:([a-z0-9_]{1,60})\]\]")
_PLACES = re.compile(f"{VARIABLE.pattern}|{FACT.pattern}")


class MissingAnswer(HelplineError):
    """No text exists for a key, not even in English, or it asks for a variable that was not given."""


@dataclass(frozen=True)
class Answer:
    """One text in one language."""

    text: str
    buttons: tuple[Button, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Review date, source, owner."""

    @property
    def variables(self) -> frozenset[str]:
        """Names in braces, filled in when it is sent."""
        return frozenset(VARIABLE.findall(self.text))

    @property
    def fact_names(self) -> frozenset[str]:
        """Names of the facts it repeats."""
        return frozenset(FACT.findall(self.text))

    def filled(
        self, variables: Mapping[str, str], fact: Callable[[str], str] = lambda name: f"[[fact:{name}]]"
    ) -> OutboundMessage:
        """The message to send. Raises MissingAnswer for a variable that is not given: nobody may read `{amount}`."""
        missing = self.variables - set(variables)
        if missing:
            raise MissingAnswer(f"The text needs {', '.join(sorted(missing))}.")
        text = _PLACES.sub(lambda found: variables[found[1]] if found[1] else fact(found[2]), self.text)
        asks = bool(self.facts.get("request_location"))
        return OutboundMessage(text=text.strip(), buttons=self.buttons, request_location=asks)


def text_hash(text: str, buttons: Iterable[Button] = ()) -> str:
    """What an approval holds for: the text and its buttons, to the letter."""
    return stored_hash(text, pack(buttons))


def stored_hash(text: str, packed: str) -> str:
    """The same, from how the buttons are stored."""
    return hashlib.sha256(f"{text}\0{packed}".encode()).hexdigest()


def pack(buttons: Iterable[Button]) -> str:
    """Buttons as they are stored."""
    return json.dumps([vars(button) for button in buttons], ensure_ascii=False)


def unpack(stored: str) -> tuple[Button, ...]:
    """Buttons from how they are stored."""
    return tuple(Button(**one) for one in json.loads(stored))
