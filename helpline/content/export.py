"""The live texts back into data/'s files: only what changed is written anew, so that a file nobody touched stays equal.

Comments, order and style of the files are kept; a difference in version control is the sentence that changed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy.engine import Connection

from helpline.content import store
from helpline.content.answer import Answer
from helpline.content.fact_sheets import EDITABLE
from helpline.content.facts import ANY, Fact
from helpline.content.starter import (
    DATA,
    DEFAULT_LANGUAGE,
    FACTS,
    SPOKEN,
    WRITTEN_HERE,
    Texts,
    files,
    language_of,
    read_file,
)
from helpline.messages import Button

_PLAIN_BLOCK = re.compile(r"[^\s].*", re.DOTALL)
_Edit = tuple[int, int, str]


def export(conn: Connection, target: Path, folder: Path = DATA) -> list[Path]:
    """Write every file of answers and facts to `target`; the files that differ from those of `folder`."""
    live: Texts = {}
    for key, language, answer in store.published(conn):
        live.setdefault(key, {})[language] = answer
    changed, known = [], set()
    for path in files(folder):
        held = read_file(path)
        if not held and path.name != FACTS:
            continue
        known |= set(held)
        before = path.read_text(encoding="utf-8")
        facts = store.published_facts(conn) if path.name == FACTS else None
        after = _patched(before, held, live) if facts is None else facts_file(before, facts)
        changed += _write(target / path.relative_to(folder), before, after)
    new = {
        key: texts for key, texts in sorted(live.items()) if key not in known and any(a.text for a in texts.values())
    }
    if new:
        after = 'version: "3.1"\n\nresponses:\n' + "\n".join(_answer(key, texts) for key, texts in new.items())
        changed += _write(target / WRITTEN_HERE / "answers.yml", "", after)
    return changed


def facts_file(before: str, facts: Mapping[str, Fact]) -> str:
    """The file of facts, below the comment it began with."""
    head = before.partition("facts:")[0]
    order = {name: at for at, name in enumerate(re.findall(r"^  (\w+):$", before, re.MULTILINE))}
    listed = sorted(facts.values(), key=lambda fact: (order.get(fact.name, len(order)), fact.name))
    return f"{head}facts:\n" + "\n".join(_fact(fact) for fact in listed)


def _fact(fact: Fact) -> str:
    lines = [f"  {fact.name}:"]
    for name in ("kind", "label", "value", *EDITABLE[2:]):
        if name == "value":
            lines.append(f"    value: {_quoted(fact.values[ANY])}")
            others = {code: value for code, value in sorted(fact.values.items()) if code != ANY}
            lines += (
                ["    values:", *(f"      {code}: {_quoted(said)}" for code, said in others.items())] if others else []
            )
        elif getattr(fact, name) is not None:
            said = str(getattr(fact, name))
            plain = name in ("kind", "on_expiry") or (name == "owner" and re.fullmatch(r"[A-Za-z]+", said))
            lines.append(f"    {name}: {said if plain else _quoted(said)}")
    return "\n".join(lines) + "\n"


def _write(path: Path, before: str, after: str) -> list[Path]:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(after, encoding="utf-8", newline="\n")
    return [path] if before != after else []


def _patched(before: str, held: Texts, live: Texts) -> str:
    """A file with the texts that differ written anew."""
    wrong = {key for key, texts in held.items() if _differs(texts, live.get(key, {}))}
    if not wrong:
        return before
    edits: list[_Edit] = []
    root: Any = yaml.compose(before, Loader=yaml.SafeLoader)
    for part, answers in root.value:
        if part.value in ("responses", "words"):
            for name, variations in answers.value:
                if name.value in wrong:
                    edits += _edits(before, variations, held[name.value], live[name.value])
    for start, end, text in sorted(edits, reverse=True):
        before = before[:start] + text + before[end:]
    return before


def _differs(held: Mapping[str, Answer], live: Mapping[str, Answer]) -> bool:
    if not live:
        return False
    renewed = _dates(live.get(DEFAULT_LANGUAGE)) != _dates(held.get(DEFAULT_LANGUAGE))
    return renewed or any(_said(live.get(code)) != _said(held.get(code)) for code in {*held, *live})


def _dates(answer: Answer | None) -> dict[str, str]:
    return {name: str(answer.facts[name]) for name in ("reviewed_on", "review_by") if answer and name in answer.facts}


def _said(answer: Answer | None) -> tuple[str, tuple[Button, ...]] | None:
    return (answer.text, answer.buttons) if answer and answer.text else None


def _edits(before: str, variations: Any, held: Mapping[str, Answer], live: Mapping[str, Answer]) -> list[_Edit]:
    edits: list[_Edit] = []
    end = 0
    for node in variations.value:
        language = language_of(yaml.safe_load(yaml.serialize(node)))
        start, end = _lines(before, node)
        now = live.get(language)
        if now is None or not now.text:
            edits.append((start, end, ""))
            continue
        if language == DEFAULT_LANGUAGE:
            edits += _renewed(before, node, _dates(now))
        if _said(now) != _said(held[language]):
            edits += _of_variation(before, node, held[language], now, end)
    added = "".join(_variation(code, live[code]) for code in _order(live) if code not in held and live[code].text)
    return [*edits, (end, end, added)] if added else edits


def _renewed(before: str, node: Any, dates: Mapping[str, str]) -> list[_Edit]:
    """The dates of the last and the next check, which the first variation holds for all languages."""
    metadata = next((value for key, value in node.value if key.value == "metadata"), None)
    spans = {key.value: value for key, value in metadata.value} if metadata is not None else {}
    return [
        _span(before, spans[name], _quoted(date))
        for name, date in dates.items()
        if name in spans and spans[name].value != date
    ]


def _of_variation(before: str, node: Any, held: Answer, now: Answer, end: int) -> list[_Edit]:
    edits = []
    spans = {key.value: value for key, value in node.value}
    if now.text != held.text:
        edits.append(_span(before, spans["text"], _text(now.text, spans["text"].style == "|")))
    if now.buttons != held.buttons:
        lines = "".join(f"    {line}\n" for line in _buttons(now.buttons))
        if "buttons" in spans:
            start = before.rindex("\n", 0, before.rindex("buttons:", 0, spans["buttons"].start_mark.index)) + 1
            last = _lines(before, spans["buttons"])[1]
            edits.append((start, last, lines))
        else:
            edits.append((end, end, lines))
    return edits


def _span(before: str, node: Any, text: str) -> _Edit:
    start = node.start_mark.index
    return start, start + len(before[start : node.end_mark.index].rstrip()), text


def _lines(before: str, node: Any) -> tuple[int, int]:
    """Where the lines of a node begin and end, the line break included, without the empty lines behind it."""
    start = before.rfind("\n", 0, node.start_mark.index) + 1
    stop = start + len(before[start : node.end_mark.index].rstrip())
    # What follows a node may be the dash or the comment of the next one: only its own lines count.
    own = before[start:stop].rstrip("\n -")
    stop = start + len(own)
    newline = before.find("\n", stop)
    return start, len(before) if newline < 0 else newline + 1


def _answer(key: str, texts: Mapping[str, Answer]) -> str:
    return f"  {key}:\n" + "".join(_variation(code, texts[code]) for code in _order(texts) if texts[code].text)


def _variation(language: str, answer: Answer) -> str:
    head = (
        []
        if language == DEFAULT_LANGUAGE
        else ["- condition:", f"  - {{type: slot, name: language, value: {language}}}"]
    )
    lines = [*head, f"{'  ' if head else '- '}text: {_text(answer.text, False)}"]
    lines += [f"  {line}" for line in _buttons(answer.buttons)]
    return "".join(f"  {line}\n" for line in lines)


def _text(text: str, as_block: bool) -> str:
    """A text as data/ writes it: a block for several lines, else in quotes."""
    usable = _PLAIN_BLOCK.match(text) and text == text.strip() and text.isprintable() | ("\n" in text)
    if ("\n" in text or as_block) and usable and "\t" not in text:
        return "|-\n" + "\n".join(f"      {line}" if line.strip() else "" for line in text.split("\n"))
    return _quoted(text)


def _buttons(buttons: tuple[Button, ...]) -> list[str]:
    if not buttons:
        return []
    rows = []
    for button in buttons:
        more = f", description: {_quoted(button.description)}" if button.description else ""
        payload = f"'{button.payload}'" if '"' in button.payload else _quoted(button.payload)
        rows.append(f"- {{title: {_quoted(button.title)}, payload: {payload}{more}}}")
    return ["buttons:", *rows]


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _order(texts: Mapping[str, Answer]) -> list[str]:
    return sorted(texts, key=lambda code: (SPOKEN.index(code) if code in SPOKEN else len(SPOKEN), code))
