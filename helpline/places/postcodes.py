"""Postcodes: a full or four-digit one to a point.

Our own table holds ranges; an official file of all codes may be imported beside it (`helpline places
import-postcodes`), and then wins.
"""

from __future__ import annotations

import bisect
import csv
import re
import unicodedata
from functools import cache
from pathlib import Path

from helpline.errors import InputError
from helpline.places import names
from helpline.places.place import Place

OFFICIAL = names.ROOT / "var" / "postcodes.csv"
FORBIDDEN = ("SA", "SD", "SS")
"""Letter pairs that are never given out."""
_WHOLE = re.compile(r"\W*(?:NL)?\W*([1-9]\d{3})\W*([A-Z]{2})?\W*", re.IGNORECASE)
_COLUMNS = {
    "code": ("postcode", "pc4", "postal_code", "code"),
    "latitude": ("latitude", "lat", "breedtegraad"),
    "longitude": ("longitude", "lon", "lng", "lengtegraad"),
    "town": ("woonplaats", "town", "city", "plaats", "place"),
}

Row = tuple[int, int, float, float, str]


@cache
def _table() -> list[Row]:
    """First, last, latitude, longitude, town; sorted by first."""
    with (names.DATA / "postcodes.csv").open(encoding="utf-8", newline="") as file:
        return [
            (int(row["first"]), int(row["last"]), float(row["latitude"]), float(row["longitude"]), row["town"])
            for row in csv.DictReader(file)
        ]


@cache
def _official() -> dict[int, tuple[float, float, str]]:
    if not OFFICIAL.exists():
        return {}
    with OFFICIAL.open(encoding="utf-8", newline="") as file:
        return {
            int(row["code"]): (float(row["latitude"]), float(row["longitude"]), row["town"])
            for row in csv.DictReader(file)
        }


def ascii_digits(text: str) -> str:
    """The text with the digits of every script (٠١٢, ۰۱۲, १) as 0-9."""
    return "".join(str(unicodedata.digit(c)) if not c.isascii() and c.isdigit() else c for c in text)


def read(text: str) -> str | None:
    """The postcode, if the text is one: "1012", "1012 AB", "NL-1012ab"; four digits and upper-case letters."""
    found = _WHOLE.fullmatch(ascii_digits(text.strip()))
    if not found:
        return None
    letters = (found.group(2) or "").upper()
    return None if letters in FORBIDDEN else found.group(1) + letters


def of_postcode(text: str) -> Place | None:
    """The middle of a postcode's area, or None for what is no postcode or one that does not exist."""
    code = read(text)
    if code is None:
        return None
    number = int(code[:4])
    if number in _official():
        latitude, longitude, town = _official()[number]
        return Place(town or code, latitude, longitude, "postcode")
    table = _table()
    at = bisect.bisect_right(table, number, key=lambda row: row[0]) - 1
    if at < 0 or not table[at][0] <= number <= table[at][1]:
        return None
    _, _, latitude, longitude, town = table[at]
    return Place(town, latitude, longitude, "postcode")


def import_official(path: Path, *, dry_run: bool = False) -> tuple[int, list[str]]:
    """Read a file of all postcodes (CSV, `,` `;` or tab); how many were read, and what is wrong with which rows.

    Raises InputError when columns are missing or nothing could be read; then the old table stays.
    """
    points, faults = _read_official(path)
    if not points:
        raise InputError(f"{path.name} has no usable row. {' '.join(faults[:3])}".strip())
    if not dry_run:
        lines = ["code,latitude,longitude,town"]
        for number in sorted(points):
            spots = points[number]
            latitude = sum(spot[0] for spot in spots) / len(spots)
            longitude = sum(spot[1] for spot in spots) / len(spots)
            lines.append(f'{number},{latitude:.5f},{longitude:.5f},"{spots[0][2]}"')
        names.write(OFFICIAL, "\n".join(lines) + "\n")
        _official.cache_clear()
    return len(points), faults


def _read_official(path: Path) -> tuple[dict[int, list[tuple[float, float, str]]], list[str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path} cannot be read ({error.__class__.__name__}); it must be a CSV file in UTF-8."
        ) from error
    first = text.partition("\n")[0]
    reader = csv.DictReader(text.splitlines(), delimiter=max(",;\t", key=first.count))
    columns = {}
    for name, words in _COLUMNS.items():
        columns[name] = next(
            (c for c in reader.fieldnames or () if (c or "").strip().strip('"').lower() in words), None
        )
    missing = [name for name in ("code", "latitude", "longitude") if columns[name] is None]
    if missing:
        raise InputError(f"{path.name} lacks a column for {', '.join(missing)}.")
    points: dict[int, list[tuple[float, float, str]]] = {}
    faults = []
    for line, row in enumerate(reader, 2):
        code = read(row[str(columns["code"])] or "")
        try:
            spot = (_degrees(row[str(columns["latitude"])]), _degrees(row[str(columns["longitude"])]))
        except (ValueError, AttributeError):
            faults.append(f"Line {line}: the coordinates are not numbers.")
            continue
        if code is None:
            faults.append(f"Line {line}: {row[str(columns['code'])]!r} is not a postcode.")
        elif not (50.7 <= spot[0] <= 53.7 and 3.2 <= spot[1] <= 7.3):
            faults.append(f"Line {line}: the point is not in the Netherlands.")
        else:
            town = (row.get(columns["town"] or "") or "").replace('"', "")
            points.setdefault(int(code[:4]), []).append((*spot, town))
    return points, faults


def _degrees(text: str) -> float:
    return float(text.strip().replace(",", "."))
