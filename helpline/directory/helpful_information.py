"""Helpful Information's sheets (Google Sheets `values` JSON): offers become services, questions become drafts.

Columns are found by the `#TAG` in a header cell, matched whole: as a substring `#OPENWEEK` would also find
`#OPENWEEKEND`. Rows are ragged. Identifiers repeat, and row numbers move when a row is put in between, so our keys
are made of names and question texts.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from helpline import clock
from helpline.directory import draft
from helpline.directory.draft import Draft, Listing, Question
from helpline.directory.entry import vocabulary
from helpline.errors import InputError

LONGEST_ANSWER = 4096
SHEETS = ("Referral Page", "Categories", "Sub-Categories", "Offers", "Q&As")
_TAG = re.compile(r"#([A-Za-z0-9.\-]+)")
_LINK = re.compile(r"\[([^\]]*)\]\(((?:[^()\s]|\([^()\s]*\))*)[^)]*\)")
_ANCHOR = re.compile(r"<a\b[^>]*?href\s*=\s*[\"']?([^\"'\s>]*)[\"']?[^>]*>(.*?)</a\s*>", re.IGNORECASE | re.DOTALL)
_DROPPED = re.compile(r"<(script|style|iframe)\b.*?(</\1\s*>|$)", re.IGNORECASE | re.DOTALL)
_BREAK = re.compile(r"<\s*(br|/p|/div|/li|/h\d)\b[^>]*>", re.IGNORECASE)
_MARKUP = re.compile(r"</?[a-zA-Z!][^<>]*>?")
_HOURS = re.compile(r"(\d{1,2})[:.](\d{2})\s*(?:-|–|tot|to)\s*(\d{1,2})[:.](\d{2})")


@dataclass(frozen=True)
class Row:
    """One row: its number in the sheet (the header is 1) and its cells by tag."""

    number: int
    cells: Mapping[str, str]

    def __getitem__(self, tag: str) -> str:
        return self.cells.get(tag, "")

    @property
    def shown(self) -> bool:
        """Exactly "Show", as the app reads it."""
        return self["VISIBLE"] == "Show"


def read(sheets: Mapping[str, Any], origin: str) -> Listing:
    """Read one or more sheets of a region; which is which is told by their tags."""
    faults: list[str] = []
    found: dict[str, list[Row]] = {}
    for name, body in sheets.items():
        kind, read_rows = _sheet(name, body, faults)
        found.setdefault(kind, []).extend(read_rows)
    if not set(found) & {"Offers", "Q&As", "Categories", "Sub-Categories"}:
        raise InputError("No sheet has the tags of offers, questions or categories in its first row.")
    origin, language = draft.slug(origin), _language(found.get("Referral Page", []))
    words = _category_words(found)
    drafts, unreadable = _offers(found.get("Offers", []), words, origin, faults)
    questions = tuple(_questions(found.get("Q&As", []), origin, language, faults))
    return Listing(
        origin,
        f"Helpful Information, {origin.removeprefix('hia-')}",
        tuple(drafts),
        tuple(faults),
        questions,
        tuple(unreadable),
        complete="Offers" in found,
    )


def _sheet(name: str, body: Any, faults: list[str]) -> tuple[str, list[Row]]:
    values = body.get("values") if isinstance(body, dict) else None
    if not isinstance(values, list) or not values or not isinstance(values[0], list):
        faults.append(f"{name}: there is no header row.")
        return "", []
    columns: dict[str, int] = {}
    for at, cell in enumerate(values[0]):
        for tag in _TAG.findall(str(cell)):
            tag = tag.upper()
            if tag in columns:
                faults.append(f"{name}: the tag #{tag} is in two columns; the first is read.")
            else:
                columns[tag] = at
    read_rows = []
    for number, row in enumerate(values[1:], 2):
        cells = [str(cell if cell is not None else "").strip() for cell in row] if isinstance(row, list) else []
        if any(cells):
            read_rows.append(Row(number, {tag: cells[at] for tag, at in columns.items() if at < len(cells)}))
    return _kind_of(columns), read_rows


def _kind_of(tags: Mapping[str, int]) -> str:
    if "QUESTION" in tags:
        return "Q&As"
    if "KEY" in tags and "VALUE" in tags:
        return "Referral Page"
    if "SUBCATEGORY" in tags:
        return "Offers"
    return "Sub-Categories" if "CATEGORY" in tags else "Categories" if "NAME" in tags else ""


def _language(rows: list[Row]) -> str:
    return next((row["VALUE"][:8].lower() for row in rows if row["KEY"] == "locale.language"), "")


def _category_words(found: Mapping[str, list[Row]]) -> dict[str, str]:
    """Names of shown categories ("c1") and sub-categories ("s1"); of a repeated number the first counts."""
    words: dict[str, str] = {}
    for letter, sheet in (("c", "Categories"), ("s", "Sub-Categories")):
        for row in found.get(sheet, []):
            if row["ID"] and row["NAME"]:
                words.setdefault(letter + row["ID"], row["NAME"])
    return words


def _offers(rows: list[Row], words: Mapping[str, str], origin: str, faults: list[str]) -> tuple[list[Draft], list[str]]:
    drafts, unreadable, taken, numbers = [], [], set[str](), set[str]()
    for row in rows:
        if not row.shown:
            continue
        warn: list[str] = []
        if row["ID"] and row["ID"] in numbers:
            warn.append(f"the number {row['ID']} is used twice")
        numbers.add(row["ID"])
        name = draft.slug(row["SLUG"] or plain_text(row["NAME"]) or f"offer-{row['ID']}")
        key = draft.unique(f"{origin}/{name or 'offer'}"[:120], taken, warn)
        try:
            drafts.append(Draft(key, draft.complete(_offer(row, words, warn), warn)))
        except InputError as error:
            unreadable.append(key)
            warn.append(f"{error}; it is left out")
        faults += [f"Offers, row {row.number}: {fault}." for fault in warn]
    return drafts, unreadable


def _offer(row: Row, words: Mapping[str, str], warn: list[str]) -> dict[str, Any]:
    links = [draft.safe_link(link) for link in row["WEBURLS"].split("\n") if link.strip()]
    if "" in links:
        warn.append("a link is not safe and is left out")
    address = [line for line in (plain_text(line) for line in row["ADDRESS"].split("\n")) if line]
    return {
        "name": plain_text(row["NAME"]),
        "kind": _kind(row, words),
        "audience": "unknown",
        "address": ", ".join(address),
        "phones": row["PHONENUMBERS"],
        "website": next((link for link in links if link), ""),
        "hours": _hours(row, warn),
        "source": "Helpful Information",
        "reviewed_on": clock.today().isoformat(),
        "review_by": (clock.today() + dt.timedelta(days=30)).isoformat(),
    }


def _kind(row: Row, words: Mapping[str, str]) -> str:
    """By words in the offer's sub-category, category or own name; other help is support."""
    for text in (words.get("s" + row["SUBCATEGORY"], ""), words.get("c" + row["CATEGORY"], ""), row["NAME"]):
        for word, kind in vocabulary()["helpful_information"]:
            if re.search(rf"\b{re.escape(word)}", text, re.IGNORECASE):
                return str(kind)
    return "support"


def _hours(row: Row, warn: list[str]) -> str:
    parts = []
    for tag, days in (("OPENWEEK", "Mo-Fr"), ("OPENWEEKEND", "Sa-Su")):
        text = plain_text(row[tag])
        times = _HOURS.findall(text)
        if times:
            spans = ",".join(f"{int(a):02}:{b}-{int(c):02}:{d}" for a, b, c, d in times)
            parts.append(f"{days} {spans}")
        elif "24/7" in text or "24 hours" in text.lower():
            parts.append(f"{days} 00:00-24:00")
        elif text:
            warn.append(f"the hours {text[:60]!r} ({days}) are not times and are left out")
    return "; ".join(parts)


def _questions(rows: list[Row], origin: str, language: str, faults: list[str]) -> Iterator[Question]:
    """Shown questions with an answer. A parent that is missing or is the row itself changes nothing: no loop."""
    slugs = {row["SLUG"] for row in rows if row["SLUG"]}
    taken: set[str] = set()
    for row in rows:
        question, answer = plain_text(row["QUESTION"]), plain_text(row["ANSWER"])[:LONGEST_ANSWER]
        if not row.shown or not (question or answer):
            continue
        if not question or not answer:
            faults.append(
                f"Q&As, row {row.number}: there is no {'answer' if question else 'question'}; it is left out."
            )
            continue
        if row["PARENT"] and row["PARENT"] not in slugs:
            faults.append(f"Q&As, row {row.number}: the parent {row['PARENT']!r} does not exist.")
        elif row["PARENT"] and row["PARENT"] == row["SLUG"]:
            faults.append(f"Q&As, row {row.number}: it is its own parent; it is taken as a question of its own.")
        digest = hashlib.sha256(f"{row['SLUG']}\n{question}".encode("utf-8", "replace")).hexdigest()[:16]
        key = f"{origin}/q-{digest}"
        if key in taken:
            faults.append(f"Q&As, row {row.number}: the same question is there twice; the first is read.")
            continue
        taken.add(key)
        yield Question(key, question, answer, language, _updated(row, faults))


def _updated(row: Row, faults: list[str]) -> str | None:
    text = row["UPDATED"]
    if not text:
        return None
    try:
        updated = dt.date.fromisoformat(text[:10])
    except ValueError:
        faults.append(f"Q&As, row {row.number}: {text!r} is not a date like 2026-11-24.")
        return None
    if updated > clock.today():
        faults.append(f"Q&As, row {row.number}: the date {text} is in the future and is left out.")
        return None
    return updated.isoformat()


def plain_text(text: str) -> str:
    """Markdown or HTML as WhatsApp shows text: `*bold*`, links written out if they are safe, nothing else."""
    text = _DROPPED.sub("", text)
    text = _ANCHOR.sub(lambda m: _written(_MARKUP.sub("", m.group(2)), m.group(1)), text)
    text = _MARKUP.sub("", _BREAK.sub("\n", text))
    text = html.unescape(text)
    text = _MARKUP.sub("", _DROPPED.sub("", text))  # what was escaped once more
    text = _LINK.sub(lambda m: _written(m.group(1), m.group(2)), text)
    text = re.sub(r"\*\*(\S(?:.*?\S)?)\*\*", r"*\1*", text)
    text = re.sub(r"^#{1,6}\s+", "", text, flags=re.MULTILINE)
    lines = [draft.tidy(line) for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _written(words: str, link: str) -> str:
    words = draft.tidy(words)
    scheme, _, rest = html.unescape(link).strip().partition(":")
    if scheme.lower() == "tel":
        number = re.sub(r"[ ()./-]", "", rest)
        shown = number if re.fullmatch(r"\+?\d{3,15}", number) else ""
    elif scheme.lower() == "mailto":
        shown = rest if re.fullmatch(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", rest) else ""
    else:
        shown = draft.safe_link(html.unescape(link)) if link.strip() else ""
    if not shown or shown == words:
        return words or shown
    return f"{words} ({shown})" if words else shown
