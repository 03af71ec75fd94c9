"""A list of services as CSV: comma, semicolon or tab, with the column names people use."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from helpline.directory import draft
from helpline.directory.draft import Draft, Listing
from helpline.errors import InputError

_COLUMNS = {
    "key": ("key", "id"),
    "name": ("name", "naam", "organisation", "organization"),
    "kind": ("kind", "type", "category", "soort"),
    "audience": ("audience", "undocumented"),
    "town": ("town", "city", "plaats", "woonplaats"),
    "address": ("address", "adres", "street"),
    "postcode": ("postcode", "pc4", "postal_code", "zip"),
    "latitude": ("latitude", "lat", "lat_pc4"),
    "longitude": ("longitude", "lon", "lng", "lon_pc4"),
    "phones": ("phones", "phone", "telephone", "telefoon"),
    "website": ("website", "url", "web"),
    "hours": ("hours", "opening_hours"),
    "languages": ("languages", "talen"),
    "bring": ("bring",),
    "source": ("source", "bron"),
    "reviewed_on": ("reviewed_on", "verified_on", "checked_on"),
    "review_by": ("review_by", "expires_on"),
}


def looks_like_json(path: Path) -> bool:
    """Whether a file begins like JSON whatever its name."""
    try:
        with path.open("rb") as file:
            return file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}).") from error


def read(path: Path, origin: str | None = None) -> Listing:
    """Read a CSV file. Raises InputError when it is no CSV of services; a bad row is a fault, not an error."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read as CSV in UTF-8 ({type(error).__name__}).") from error
    header = text.partition("\n")[0]
    rows = csv.DictReader(text.replace("\0", "").splitlines(keepends=True), delimiter=max(",;\t", key=header.count))
    columns = _columns(rows.fieldnames or ())
    missing = {"name", "kind"} - set(columns)
    if missing:
        raise InputError(
            f"{path.name} lacks the column {' and '.join(sorted(missing))}. It has: {header.strip()[:200]}"
        )
    origin = draft.slug(origin or f"csv-{path.stem}")
    drafts, faults, unreadable, taken = [], [], [], set[str]()
    try:
        for row in rows:
            values = {name: (row.get(column) or "") for name, column in columns.items()}
            if not any(value.strip() for value in values.values()):
                continue
            name = values.get("key") or draft.slug(
                values.get("name", ""), values.get("town", ""), values.get("kind", "")
            )
            warn: list[str] = []
            key = draft.unique(f"{origin}/{draft.slug(name)}"[:120], taken, warn)
            try:
                drafts.append(Draft(key, draft.complete(values, warn)))
            except InputError as error:
                unreadable.append(key)
                warn.append(f"{error}; the row is left out")
            faults += [f"Line {rows.line_num}: {fault}." for fault in warn]
    except csv.Error as error:
        raise InputError(f"{path.name}, line {rows.line_num}: {error}.") from error
    return Listing(origin, path.name, tuple(drafts), tuple(faults), unreadable=tuple(unreadable))


def _columns(names: Sequence[str]) -> dict[str, str]:
    """Our field to the file's column."""
    given = {(name or "").strip().lower().replace(" ", "_"): name for name in names}
    found = {field: next((given[word] for word in words if word in given), None) for field, words in _COLUMNS.items()}
    return {field: column for field, column in found.items() if column is not None}
