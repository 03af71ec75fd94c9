"""What is wrong with a text before it goes live: in words for editors, each with a level.

`stop` keeps it from being saved, `block` from being approved and published, `warn` is told and left to the editor.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from helpline.content import harm
from helpline.content.answer import FACT, Answer
from helpline.content.facts import ANY, PREFIX
from helpline.content.sensitive import informs
from helpline.content.starter import DEFAULT_LANGUAGE
from helpline.messages import Button
from helpline.whatsapp import render
from helpline.whatsapp.lengths import size, split

LEVELS = ("stop", "block", "warn")
_BRACES = re.compile(r"[{}]")
_BRACKETS = re.compile(r"\[\[.*?\]\]|\[\[|\]\]", re.DOTALL)
_ANY_VARIABLE = re.compile(r"\{([^{}\n]{1,60})\}")
LINK = re.compile(r"https?://[^\s<>()\"']+[^\s<>()\"'.,;:!?]|\bwww\.[^\s<>()\"']+[^\s<>()\"'.,;:!?]", re.IGNORECASE)
_SHORTENED = re.compile(
    r"\b(?:bit\.ly|tinyurl\.com|t\.co|goo\.gl|ow\.ly|is\.gd|buff\.ly|rebrand\.ly|cutt\.ly|rb\.gy|tiny\.cc)/",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?<![\w{\[])\+?\d(?:[ ()./-]*\d){6,}(?![\w\]])")
_OTHER_DIGITS = re.compile("[\u0660-\u0669\u06f0-\u06f9]")
_OVERRIDES = re.compile("[\u202a\u202b\u202d\u202e]")
_MARKS = (("*", re.compile(r"(?<![\w*])\*(?![\s*])|(?<=\S)\*(?![\w*])")), ("```", re.compile("```")))


@dataclass(frozen=True)
class Finding:
    """Something an editor should know; `key` names the sentence for it, `values` fill it in."""

    level: str
    key: str
    values: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Context:
    """What a text is held against."""

    key: str
    language: str
    source: Answer | None
    """The live English text."""
    live: Answer | None
    """The live text of this language."""
    variables: frozenset[str] = frozenset({"organisation"})
    """What may stand in braces."""
    facts: frozenset[str] = frozenset()
    """Names of the facts that exist."""
    payloads: frozenset[str] = frozenset()
    """Where buttons may lead."""

    @property
    def is_source(self) -> bool:
        """Whether this is the text the translations are made from."""
        return self.language in (DEFAULT_LANGUAGE, ANY)


def check(context: Context, text: str, buttons: tuple[Button, ...], *, may_split: bool = False) -> list[Finding]:
    """Everything found, worst first."""
    if not text.strip():
        gone = "empty_source" if context.is_source else "takes_away" if context.live else "empty"
        return [Finding("warn" if gone == "takes_away" else "block", gone)]
    found = [*_places(context, text), *_lengths(context, text, buttons, may_split), *_harmful(context, text, buttons)]
    if not context.key.startswith(PREFIX):
        found += [*_buttons(context, buttons), *_kept(context, text, buttons), *_written(text)]
    return sorted(found, key=lambda one: LEVELS.index(one.level))


def worst(findings: list[Finding]) -> str:
    """The worst level; `fine` for none."""
    return min((one.level for one in findings), key=LEVELS.index, default="fine")


def _places(context: Context, text: str) -> Iterator[Finding]:
    """Variables and facts: what does not exist would be read as it is written."""
    for name in dict.fromkeys(_ANY_VARIABLE.findall(text)):
        if name not in context.variables:
            known = ", ".join(f"{{{one}}}" for one in sorted(context.variables))
            yield Finding("stop", "variable_unknown", {"name": name, "known": known})
    if _BRACES.search(_ANY_VARIABLE.sub("", text)):
        yield Finding("stop", "brace")
    for whole in dict.fromkeys(_BRACKETS.findall(text)):
        found = FACT.fullmatch(whole)
        if found is None:
            yield Finding("stop", "brackets", {"said": whole[:40]})
        elif found[1] not in context.facts or context.key.startswith(PREFIX):
            yield Finding("stop", "fact_unknown", {"name": found[1]})


def _lengths(context: Context, text: str, buttons: tuple[Button, ...], may_split: bool) -> Iterator[Finding]:
    long, pieces = size(text), split(text, render.TEXT)
    if context.key.startswith(PREFIX):
        if long > 300:
            yield Finding("block", "fact_long", {"size": long})
    elif len(pieces) > 1:
        yield Finding("warn" if may_split else "block", "splits" if may_split else "too_long",
                      {"size": long, "limit": render.TEXT, "n": len(pieces)})  # fmt: skip
    elif buttons and long > render.BODY:
        yield Finding("warn", "body_long", {"size": long, "limit": render.BODY})


def _harmful(context: Context, text: str, buttons: tuple[Button, ...]) -> Iterator[Finding]:
    said = "\n".join([text, *(f"{button.title}\n{button.description}" for button in buttons)])
    language = DEFAULT_LANGUAGE if context.language == ANY else context.language
    for hit in harm.hits(said, language):
        yield Finding("block", f"harm_{hit.kind}", {"said": hit.said})
    if not harm.knows(language) and context.live is None:
        yield Finding("warn", "harm_unknown")
    shelter = context.source is None or harm.is_general(context.source.text, DEFAULT_LANGUAGE)
    if informs(context.key) and shelter and harm.is_general(text, language) is False:
        yield Finding("block", "not_general")


def _buttons(context: Context, buttons: tuple[Button, ...]) -> Iterator[Finding]:
    titles = [" ".join(button.title.split()) for button in buttons]
    for at, (button, title) in enumerate(zip(buttons, titles, strict=True), 1):
        if not title:
            yield Finding("block", "button_empty", {"n": at})
        elif _BRACES.search(title) or FACT.search(title):
            yield Finding("stop", "button_place", {"title": title})
        if button.payload not in context.payloads:
            yield Finding("block", "button_nowhere", {"title": title or at})
        if size(button.description) > render.ROW_DESCRIPTION:
            yield Finding("warn", "row_long", {"title": title, "limit": render.ROW_DESCRIPTION})
    if len(set(map(str.casefold, titles))) < len(titles):
        yield Finding("block", "button_twice")
    as_list = len(buttons) > render.BUTTONS or any(button.description for button in buttons)
    limit = render.ROW_TITLE if as_list else render.BUTTON_TITLE
    for title in titles:
        if size(title) > limit:
            key = "row_title_long" if as_list else "button_long"
            yield Finding("warn", key, {"title": title, "limit": limit, "size": size(title)})
    if len(buttons) > render.ROWS:
        yield Finding("block", "rows_many", {"n": len(buttons), "limit": render.ROWS})
    elif len(buttons) > render.BUTTONS:
        yield Finding("warn", "as_list", {"n": len(buttons), "limit": render.BUTTONS})


def _kept(context: Context, text: str, buttons: tuple[Button, ...]) -> Iterator[Finding]:
    """What the source says and the translation does not, which a translator loses easily."""
    against = context.live if context.is_source else context.source
    if against is None:
        return
    here = Answer(text)
    for name in sorted(against.variables - here.variables):
        yield Finding("warn", "variable_missing", {"name": name})
    for name in sorted(against.fact_names - here.fact_names):
        yield Finding("warn", "fact_missing", {"name": name})
    for link in sorted(set(LINK.findall(against.text)) - set(LINK.findall(text))):
        yield Finding("warn", "link_missing", {"link": link})
    if not context.is_source and [b.payload for b in against.buttons] != [b.payload for b in buttons]:
        yield Finding("warn", "buttons_differ")


def _written(text: str) -> Iterator[Finding]:
    for number in dict.fromkeys(_NUMBER.findall(text)):
        yield Finding("warn", "number", {"number": number})
    for link in LINK.findall(text):
        if link.lower().startswith("http:"):
            yield Finding("warn", "link_plain", {"link": link})
    if _SHORTENED.search(text):
        yield Finding("block", "link_short")
    if _OTHER_DIGITS.search(text):
        yield Finding("block", "digits")
    if _OVERRIDES.search(text):
        yield Finding("block", "overrides")
    for mark, pattern in _MARKS:
        if len(pattern.findall(text)) % 2:
            yield Finding("warn", "mark_open", {"mark": mark})
