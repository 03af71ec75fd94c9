"""Other people's lists of services: what would change, what is wrong with which row, and then the change.

Every list has an origin, the beginning of its services' keys. What a list no longer holds is retired, never
deleted, and only within its own origin. What a person edited here is left alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from helpline import clock
from helpline.db.engine import insert_once
from helpline.db.schema import draft_answers, services
from helpline.directory import csv_file, json_files
from helpline.directory.draft import Draft, Listing
from helpline.directory.entry import DATA

STARTER_ORIGIN = "starter"
_REVIEW = {"reviewed_on", "review_by"}


@dataclass(frozen=True)
class Change:
    """A service whose facts differ: field, what is stored, what the list says."""

    key: str
    name: str
    fields: tuple[tuple[str, Any, Any], ...]


@dataclass(frozen=True)
class Plan:
    """What an import would do."""

    listing: Listing
    added: tuple[Draft, ...] = ()
    changed: tuple[Change, ...] = ()
    removed: tuple[tuple[str, str], ...] = ()
    """Key and name."""
    unchanged: int = 0
    kept: tuple[tuple[str, str], ...] = ()
    """Edited here, so the list is not followed."""
    questions: int = 0
    """Questions and answers that would become drafts."""

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "origin": self.listing.origin,
            "added": [{"key": one.key, "name": one.values["name"]} for one in self.added],
            "changed": [
                {"key": one.key, "name": one.name, "fields": {name: [old, new] for name, old, new in one.fields}}
                for one in self.changed
            ],
            "removed": [{"key": key, "name": name} for key, name in self.removed],
            "unchanged": self.unchanged,
            "kept": [{"key": key, "name": name} for key, name in self.kept],
            "questions": self.questions,
            "errors": list(self.listing.faults),
        }


def read_file(path: Path, origin: str | None = None) -> Listing:
    """Read a CSV, a Helpful Information sheet (or a folder of them) or an Overpass answer, told apart by content.

    Raises InputError for a file that is none of them.
    """
    if path.is_dir() or path.suffix.lower() == ".json" or csv_file.looks_like_json(path):
        return json_files.read(path, origin)
    return csv_file.read(path, origin)


def plan(conn: Connection, listing: Listing) -> Plan:
    """Compare a list with what is stored under its origin; nothing is written."""
    prefix = f"{listing.origin}/"
    stored = {
        row.key: row
        for row in conn.execute(sa.select(services).where(services.c.key.startswith(prefix, autoescape=True)))
    }
    added, changed, kept, unchanged = [], [], [], 0
    for draft in listing.drafts:
        row = stored.get(draft.key)
        if row is None:
            added.append(draft)
            continue
        differs = tuple(
            (name, row._mapping[name], value) for name, value in draft.values.items() if row._mapping[name] != value
        )
        checked_later = (row.reviewed_on or "") > (draft.values["reviewed_on"] or "")
        if checked_later and {name for name, _, _ in differs} <= _REVIEW:
            differs = ()  # somebody checked these very facts after the list did
        if row.retired:
            differs = (*differs, ("retired", True, False))
        if differs and row.edited_at is not None:
            kept.append((draft.key, str(row.name)))
        elif differs:
            changed.append(Change(draft.key, str(draft.values["name"]), differs))
        else:
            unchanged += 1
    held = {draft.key for draft in listing.drafts} | set(listing.unreadable)
    gone = [row for key, row in stored.items() if key not in held and not row.retired and row.edited_at is None]
    removed = tuple((str(row.key), str(row.name)) for row in gone) if listing.complete and listing.drafts else ()
    return Plan(listing, tuple(added), tuple(changed), removed, unchanged, tuple(kept), _new_questions(conn, listing))


def apply(conn: Connection, planned: Plan) -> None:
    """Do what was planned."""
    at = clock.now()
    _insert(conn, [{**draft.values, "key": draft.key, "retired": False, "updated_at": at} for draft in planned.added])
    for change in planned.changed:
        values = {name: new for name, _, new in change.fields}
        conn.execute(sa.update(services).where(services.c.key == change.key).values(**values, updated_at=at))
    for key, _ in planned.removed:
        conn.execute(sa.update(services).where(services.c.key == key).values(retired=True, updated_at=at))
    for question in planned.listing.questions:
        values = {
            "key": question.key,
            "language": question.language,
            "question": question.question,
            "answer": question.answer,
            "source": planned.listing.source[:200],
            "updated_on": question.updated_on,
            "state": "draft",
            "created_at": at,
        }
        insert_once(conn, draft_answers, values, ("key",))


def import_starter(conn: Connection) -> int:
    """Add the services of data/directory/services.csv that are not there yet; what people changed stays."""
    planned = plan(conn, csv_file.read(DATA / "services.csv", STARTER_ORIGIN))
    apply(conn, Plan(planned.listing, added=planned.added))
    return len(planned.added)


def _new_questions(conn: Connection, listing: Listing) -> int:
    if not listing.questions:
        return 0
    keys = [question.key for question in listing.questions]
    known = set(conn.execute(sa.select(draft_answers.c.key).where(draft_answers.c.key.in_(keys))).scalars())
    return len(set(keys) - known)


def _insert(conn: Connection, rows: list[dict[str, Any]]) -> None:
    """Many rows at once; a key that another process wrote meanwhile stays theirs."""
    if rows:
        insert = postgresql.insert if conn.dialect.name == "postgresql" else sqlite.insert
        conn.execute(insert(services).on_conflict_do_nothing(index_elements=["key"]), rows)
