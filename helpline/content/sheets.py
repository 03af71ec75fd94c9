"""Answers as a spreadsheet for translators, and back: what would change is shown first, only what is ticked is kept.

Columns are found by their tag, wherever they stand and whatever else their header says: `#KEY` which answer, `#PART`
text or button, `#VERSION` what it was when it was exported, and one `#NL`, `#AR`, ... for each language.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline.content import changes, check, coverage, rights, table_files
from helpline.content.answer import Answer, unpack
from helpline.content.changes import Seen, Wording
from helpline.content.check import Finding
from helpline.content.facts import PREFIX, RIGHT_TO_LEFT
from helpline.content.sensitive import locked
from helpline.content.starter import DEFAULT_LANGUAGE
from helpline.db.schema import answers
from helpline.errors import HelplineError, InputError
from helpline.messages import Button

KINDS = ("added", "changed", "removed")
_TAG = re.compile(r"#([A-Za-z]{2,8})\b")
_BUTTON = re.compile(r"button (\d{1,2})( more)?")
_Cells = dict[tuple[str, str], dict[str, tuple[str, int, int]]]
"""By answer and language: what each part says, and in which row and column."""


@dataclass(frozen=True)
class Fault:
    """A cell that cannot be taken over."""

    row: int
    column: str
    finding: Finding


@dataclass(frozen=True)
class Item:
    """One text that the file would change."""

    kind: str
    key: str
    language: str
    before: str
    wording: Wording
    row: int
    findings: tuple[Finding, ...] = ()

    @property
    def name(self) -> str:
        """How a form names it."""
        return f"{self.key} {self.language}"


@dataclass
class Plan:
    """What a file would do; nothing is written yet."""

    items: list[Item] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    unchanged: int = 0


def export(conn: Connection, languages: Iterable[str]) -> list[list[str]]:
    """Every answer that may be edited: a row for its text and for each button."""
    codes = list(dict.fromkeys([DEFAULT_LANGUAGE, *languages]))
    texts, versions = _live(conn)
    rows = [["Answer #KEY", "Part #PART", "Version #VERSION", *(f"{code} #{code.upper()}" for code in codes)]]
    for key in sorted(texts):
        by_language = texts[key]
        at = " ".join(f"{code}:{versions[key][code]}" for code in codes if code in versions[key])
        rows.append([key, "text", at, *(by_language[code].text if code in by_language else "" for code in codes)])
        most = max((len(answer.buttons) for answer in by_language.values()), default=0)
        for number in range(most):
            said = [by_language[c].buttons[number : number + 1] if c in by_language else () for c in codes]
            rows.append([key, f"button {number + 1}", at, *(one[0].title if one else "" for one in said)])
            if any(one and one[0].description for one in said):
                rows.append(
                    [key, f"button {number + 1} more", at, *(one[0].description if one else "" for one in said)]
                )
    return rows


def right_to_left(header: list[str]) -> list[int]:
    """Which columns of an exported table run from right to left."""
    return [at for at, cell in enumerate(header) if any(cell.endswith(f"#{code.upper()}") for code in RIGHT_TO_LEFT)]


def plan(conn: Connection, rows: list[list[str]], may_write: Callable[[str, str], bool]) -> Plan:
    """What a table would change. Raises InputError when it has no columns #KEY and #PART."""
    head, columns = _header(rows)
    made = Plan()
    texts, versions = _live(conn)
    cells, exported = _cells(rows, head, columns, texts, made)
    moving = {(one.key, one.language) for one in changes.listed(conn)}
    for (key, language), parts in cells.items():
        _one(conn, made, key, language, parts, texts, versions, exported, moving, may_write)
    made.items.sort(key=lambda item: (item.row, item.language))
    made.faults.sort(key=lambda fault: (fault.row, fault.column))
    return made


def apply(conn: Connection, made: Plan, ticked: set[str], account_id: int, *, machine: bool) -> tuple[int, list[str]]:
    """Keep what was ticked as drafts; how many, and the names of those that somebody changed meanwhile."""
    kept, missed = 0, []
    origin = "machine" if machine else "sheet"
    for item in made.items:
        if item.name not in ticked:
            continue
        _, version = changes.live(conn, item.key, item.language)
        wording = Wording(item.wording.text, item.wording.buttons, item.wording.may_split, origin)
        try:
            with conn.begin_nested():
                changes.save(conn, item.key, item.language, wording, account_id, Seen(0, version))
            kept += 1
        except HelplineError:
            missed.append(item.name)
    return kept, missed


def _header(rows: list[list[str]]) -> tuple[int, dict[str, int]]:
    for at, row in enumerate(rows[:10]):
        columns = {found[1].upper(): n for n, cell in enumerate(row) if (found := _TAG.search(cell))}
        if "KEY" in columns and "PART" in columns:
            return at, columns
    raise InputError("content.sheet_tags")


def _cells(
    rows: list[list[str]], head: int, columns: Mapping[str, int], texts: Mapping[str, object], made: Plan
) -> tuple[_Cells, dict[str, dict[str, int]]]:
    cells: _Cells = {}
    exported: dict[str, dict[str, int]] = {}
    codes = {tag.lower(): at for tag, at in columns.items() if tag not in ("KEY", "PART", "VERSION", "NOTE")}
    for number, row in enumerate(rows[head + 1 :], head + 2):
        if not any(cell.strip() for cell in row):
            continue
        key, part = _at(row, columns["KEY"]).strip(), _at(row, columns["PART"]).strip().lower()
        wrong = "sheet_key" if key not in texts else "" if part == "text" or _BUTTON.fullmatch(part) else "sheet_part"
        if wrong:
            name = "KEY" if wrong == "sheet_key" else "PART"
            made.faults.append(_fault(number, columns[name], wrong, said=(key if name == "KEY" else part)[:60]))
            continue
        for one in _at(row, columns.get("VERSION", -1)).split():
            code, _, version = one.partition(":")
            if version.isdecimal() and len(version) < 9:
                exported.setdefault(key, {})[code] = int(version)
        for code, at in codes.items():
            known = cells.setdefault((key, code), {})
            if part in known:
                made.faults.append(_fault(number, at, "sheet_twice", said=f"{key} {part}"))
            else:
                known[part] = (_at(row, at), number, at)
    return cells, exported


def _one(
    conn: Connection,
    made: Plan,
    key: str,
    language: str,
    parts: Mapping[str, tuple[str, int, int]],
    texts: Mapping[str, Mapping[str, Answer]],
    versions: Mapping[str, Mapping[str, int]],
    exported: Mapping[str, Mapping[str, int]],
    moving: set[tuple[str, str]],
    may_write: Callable[[str, str], bool],
) -> None:
    live, source = texts[key].get(language), texts[key].get(DEFAULT_LANGUAGE)
    if not any(said.strip() for said, _, _ in parts.values()) and live is None:
        return
    wording = _wording(parts, live, source)
    _, row, column = parts.get("text") or next(iter(parts.values()))
    if live is not None and (wording.text, wording.buttons) == (live.text, live.buttons):
        made.unchanged += 1
        return
    was = exported.get(key, {}).get(language, 0)
    wrong = (
        "sheet_may_not" if not may_write(key, language)
        else "sheet_moving" if (key, language) in moving
        else "sheet_newer" if exported.get(key) and was != versions[key].get(language, 0)
        else ""
    )  # fmt: skip
    if wrong:
        made.faults.append(_fault(row, column, wrong, said=f"{key} {language}"))
        return
    found = check.check(rights.context(conn, key, language), wording.text, wording.buttons) if wording.text else []
    stops = [one for one in found if one.level == "stop"]
    if stops or (not wording.text and (live is None or language == DEFAULT_LANGUAGE)):
        for one in stops or [Finding("stop", "empty_source" if language == DEFAULT_LANGUAGE else "empty")]:
            made.faults.append(Fault(row, table_files.column_name(column), one))
        return
    kind = "removed" if not wording.text else "added" if live is None else "changed"
    made.items.append(Item(kind, key, language, live.text if live else "", wording, row, tuple(found)))


def _wording(parts: Mapping[str, tuple[str, int, int]], live: Answer | None, source: Answer | None) -> Wording:
    """The live text with what the file says in its place."""
    old = live.buttons if live else tuple(Button("", one.payload) for one in (source.buttons if source else ()))
    text = changes.clean(parts["text"][0]) if "text" in parts else live.text if live else ""
    buttons = []
    for number, button in enumerate(old, 1):
        title, more = parts.get(f"button {number}"), parts.get(f"button {number} more")
        buttons.append(Button(
            changes.clean(title[0]) if title else button.title, button.payload,
            changes.clean(more[0]) if more else button.description,
        ))  # fmt: skip
    return Wording(text, tuple(buttons) if text else ())


def _live(conn: Connection) -> tuple[dict[str, dict[str, Answer]], dict[str, dict[str, int]]]:
    texts: dict[str, dict[str, Answer]] = {}
    versions: dict[str, dict[str, int]] = {}
    for row in conn.execute(sa.select(answers).where(~answers.c.key.startswith(PREFIX, autoescape=True))):
        if not locked(row.key):
            versions.setdefault(row.key, {})[row.language] = row.version
            texts.setdefault(row.key, {})
            if row.text:
                texts[row.key][row.language] = Answer(row.text, unpack(row.buttons))
    return texts, versions


def _fault(row: int, column: int, key: str, **values: object) -> Fault:
    return Fault(row, table_files.column_name(max(column, 0)), Finding("stop", key, values))


def _at(row: list[str], column: int) -> str:
    return row[column] if 0 <= column < len(row) else ""


def languages(conn: Connection) -> tuple[str, ...]:
    """Languages to offer for export."""
    return coverage.languages(conn)
