"""Examples from and to the files of data/: taken in once, and written back so that only what changed differs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import yaml
from sqlalchemy.engine import Connection

from helpline import clock, intents
from helpline.db.engine import insert_once
from helpline.db.schema import examples, training_version
from helpline.examples import store
from helpline.nlu.examples import DATA
from helpline.nlu.examples import Example as Read
from helpline.nlu.examples import read as read_files

NEW = "added"
"""Folder of data/ for the examples of intents that no file has yet."""
_ROWS = 1000


def import_starter(conn: Connection, folder: Path = DATA) -> int:
    """Write the files' examples into the database where they are missing; how many.

    The first time they are what the installed model knows; later ones are drafts, as if an editor had added them.
    What editors moved or removed stays as they left it.
    """
    read = read_files(folder)
    fingerprint = hashlib.sha256(repr(read).encode("utf-8", "replace")).hexdigest()
    insert_once(conn, training_version, {"id": 1, "revision": 0}, ("id",))
    known = conn.execute(sa.select(training_version.c.fingerprint)).scalar()
    if known == fingerprint:
        return 0
    revision = 0 if known is None and not store.revision(conn) else store.next_revision(conn)
    intents.ensure(conn, _intents(folder, read), revision)
    seen = {(row.language, row.text_hash) for row in conn.execute(sa.select(examples.c.language, examples.c.text_hash))}
    rows: list[dict[str, Any]] = []
    for one in read:
        text = store.plain(one.text)
        key = (one.language, store.text_hash(text))
        if key not in seen:
            seen.add(key)
            rows.append({
                "intent": one.intent, "language": one.language, "text": text, "text_hash": key[1], "origin": "data",
                "account_id": None, "created_at": clock.now(), "revision": revision, "removed": False,
            })  # fmt: skip
    for start in range(0, len(rows), _ROWS):
        conn.execute(sa.insert(examples), rows[start : start + _ROWS])
    conn.execute(sa.update(training_version).values(fingerprint=fingerprint))
    return len(rows)


def export(conn: Connection, folder: Path = DATA) -> list[Path]:
    """Write the examples in use into the files under `folder`; those that changed.

    Lines, comments and order of a file stay; what was removed goes, what is new stands at the end of its intent.
    Files that are missing are begun from the shipped ones.
    """
    left: dict[tuple[str, str], dict[str, None]] = {}
    for one in store.listed(conn):
        left.setdefault((one.intent, one.language), {})[one.text] = None
    templates = {path.relative_to(DATA): path for path in sorted(DATA.rglob("examples.*.yml"))}
    templates |= {path.relative_to(folder): path for path in sorted(folder.rglob("examples.*.yml"))}
    bodies: dict[Path, list[str]] = {}
    ends: dict[tuple[str, str], tuple[Path, int]] = {}
    for name, path in sorted(templates.items()):
        bodies[name] = list(_kept(path.read_text(encoding="utf-8").splitlines(), left, ends, name))
    for (intent, language), texts in left.items():
        if texts and (intent, language) not in ends:
            name = Path(NEW) / f"examples.{language}.yml"
            body = bodies.setdefault(name, ['version: "3.1"', "", "nlu:"])
            body += [f"- intent: {intent}", f"  metadata: {{language: {language}}}", "  examples: |"]
            ends[intent, language] = (name, len(body))
            body += [f"    - {text}" for text in texts]
            texts.clear()
    for (intent, language), (name, place) in sorted(ends.items(), key=lambda item: -item[1][1]):
        bodies[name][place:place] = [f"    - {text}" for text in left.get((intent, language), ())]
    return [folder / name for name, body in bodies.items() if _write(folder / name, _without_empty(body))]


def _intents(folder: Path, read: list[Read]) -> list[str]:
    """Names in the order of the domain, then those that only examples have."""
    domain = folder.parent / "domain.yml"
    body = yaml.safe_load(domain.read_text(encoding="utf-8")) if domain.exists() else {}
    named = [one if isinstance(one, str) else next(iter(one)) for one in (body or {}).get("intents") or ()]
    return list(dict.fromkeys([name for name in named if name != "nlu_fallback"] + [one.intent for one in read]))


def _kept(
    lines: list[str],
    left: dict[tuple[str, str], dict[str, None]],
    ends: dict[tuple[str, str], tuple[Path, int]],
    name: Path,
) -> Iterator[str]:
    """The lines that stay; takes what it finds out of `left` and notes where each block ends."""
    intent, language, written = "", "en", 0
    for line in lines:
        bare = line.strip()
        if line.startswith("- intent:"):
            intent, language = line.removeprefix("- intent:").split("#")[0].strip(), "en"
        elif bare.startswith("metadata:"):
            language = (yaml.safe_load(bare)["metadata"] or {}).get("language", "en")
        elif intent and line.startswith("    - "):
            texts = left.get((intent, language), {})
            text = store.plain(bare.removeprefix("- "))
            if text not in texts:
                continue
            del texts[text]
        yield line
        written += 1
        if intent and (line.startswith("    - ") or bare == "examples: |"):
            ends[intent, language] = (name, written)


def _without_empty(body: list[str]) -> list[str]:
    """The lines without blocks that have no example left."""
    kept: list[str] = []
    for number, line in enumerate(body):
        if line.strip() == "examples: |" and not "".join(body[number + 1 : number + 2]).startswith("    - "):
            while kept and not kept[-1].startswith("- intent:"):
                kept.pop()
            if kept:
                kept.pop()
            continue
        kept.append(line)
    return kept


def _write(path: Path, body: list[str]) -> bool:
    text = "\n".join(body) + "\n"
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return True
