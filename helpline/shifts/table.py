"""A roster from a simple table: copied from a spreadsheet, or CSV. One line a shift, in English or Dutch.

name    day          from   to     languages   off
Sara    mon-fri      9:00   17:00  ar, en
Tom     2026-11-28   13:00  21:00
Noor    2026-12-24   0:00   24:00              off
"""

from __future__ import annotations

import csv
import re
import unicodedata
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from helpline import accounts
from helpline.errors import InputError
from helpline.shifts import log, roster

LONGEST = 100_000
_COLUMNS = {
    "name": ("name", "naam", "who", "wie", "username", "gebruikersnaam", "volunteer", "vrijwilliger"),
    "day": ("day", "dag", "date", "datum", "weekday", "days", "dagen"),
    "starts": ("from", "van", "start", "starts", "begin"),
    "ends": ("to", "tot", "end", "ends", "until", "einde"),
    "languages": ("languages", "talen", "language", "taal"),
    "off": ("off", "vrij", "afwezig", "absent"),
}
_DAYS = (
    ("mon", "monday", "ma", "maandag"),
    ("tue", "tuesday", "di", "dinsdag"),
    ("wed", "wednesday", "wo", "woensdag"),
    ("thu", "thursday", "do", "donderdag"),
    ("fri", "friday", "vr", "vrijdag"),
    ("sat", "saturday", "za", "zaterdag"),
    ("sun", "sunday", "zo", "zondag"),
)


@dataclass(frozen=True)
class Row:
    """One shift of the table, usable as it is."""

    account_id: int
    weekday: int | None
    day: str | None
    starts: int
    ends: int
    languages: str
    works: bool


@dataclass(frozen=True)
class Plan:
    """What a table says: its shifts, and the lines that cannot be used."""

    rows: tuple[Row, ...]
    faults: tuple[tuple[int, str], ...]
    """Number of the line, and the key of what is wrong with it."""


def read(conn: Connection, text: str) -> Plan:
    """The shifts of a table; nothing is written."""
    lines = [line for line in text.replace("\ufeff", "").splitlines() if line.strip()]
    if not lines:
        return Plan((), ())
    between = max("\t;,", key=lines[0].count)
    cells = list(csv.reader(lines, delimiter=between))
    columns = _columns(cells[0])
    body = cells[1:] if columns else cells
    columns = columns or {name: place for place, name in enumerate(_COLUMNS)}
    people: dict[str, list[accounts.Account]] = {}
    for one in accounts.listed(conn):
        if log.may_work(one):
            for known in {_plain(one.username), _plain(one.name)}:
                people.setdefault(known, []).append(one)
    rows: list[Row] = []
    faults: list[tuple[int, str]] = []
    for number, line in enumerate(body, len(cells) - len(body) + 1):
        cell = {name: line[place].strip() if place < len(line) else "" for name, place in columns.items()}
        try:
            rows += _rows(cell, people)
        except InputError as error:
            faults.append((number, str(error)))
    return Plan(tuple(rows), tuple(faults))


def apply(conn: Connection, plan: Plan, *, replace: bool = False) -> int:
    """Take over the shifts; how many. `replace` first takes away all lines of the people in the table."""
    if replace:
        roster.clear(conn, {row.account_id for row in plan.rows})
    for row in plan.rows:
        roster.add(
            conn, row.account_id, row.starts, row.ends, weekday=row.weekday, day=row.day, languages=row.languages,
            works=row.works,
        )  # fmt: skip
    return len(plan.rows)


def _columns(first: list[str]) -> dict[str, int]:
    """Where each column is, if the first line names them."""
    found: dict[str, int] = {}
    for place, word in enumerate(first):
        for name, words in _COLUMNS.items():
            if _plain(word) in words and name not in found:
                found[name] = place
    return found if {"name", "day", "starts", "ends"} <= set(found) else {}


def _rows(cell: dict[str, str], people: dict[str, list[accounts.Account]]) -> list[Row]:
    who = people.get(_plain(cell["name"]), [])
    if len({one.id for one in who}) != 1:
        raise InputError("error.roster_who")
    off = _plain(cell.get("off", "")) not in ("", "no", "nee", "0", "-")
    starts = roster.minutes(cell["starts"] or ("0" if off else ""))
    ends = roster.minutes(cell["ends"] or ("24" if off else ""))
    try:
        languages = accounts.plain_languages(cell.get("languages", "").replace(" ", ","))
    except InputError:
        raise InputError("error.roster_languages") from None
    if starts == roster.DAY_MINUTES:
        raise InputError("error.roster_hours")
    if not off and (ends - starts) % roster.DAY_MINUTES > roster.LONGEST_MINUTES:
        raise InputError("error.roster_long")
    return [Row(who[0].id, weekday, day, starts, ends, languages, not off) for weekday, day in _days(cell["day"])]


def _days(word: str) -> list[tuple[int | None, str | None]]:
    """Weekdays or one date: `mon`, `ma-vr`, `mon, wed`, `2026-11-28`, `28-11-2026`."""
    if re.search(r"\d", word):
        return [(None, roster.plain_date(word))]
    found: list[tuple[int | None, str | None]] = []
    for part in re.split(r"[,+&/]|\s+(?:en|and)\s+", word):
        first, _, last = part.replace("–", "-").partition("-")
        begins = _weekday(first)
        ends = _weekday(last) if last else begins
        found += [((begins + step) % 7, None) for step in range((ends - begins) % 7 + 1)]
    return found


def _weekday(word: str) -> int:
    plain = _plain(word).rstrip(".")
    for number, words in enumerate(_DAYS):
        if plain in words:
            return number
    raise InputError("error.roster_day")


def _plain(word: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", word).casefold().split())
