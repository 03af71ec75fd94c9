"""A change on its way: draft, in review, approved, live. One for each answer and language, so translators do not meet.

Whoever saves, submits, approves or publishes says which version they saw; if somebody was faster, nothing happens
(StaleVersion). An approval holds for the text to the letter. Facts travel the same road under `fact:name`.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import clock
from helpline.content import check, history, rights, store, tasks
from helpline.content.answer import Answer, pack, text_hash, unpack
from helpline.content.check import Finding
from helpline.content.facts import ANY, PREFIX
from helpline.content.sensitive import informs, locked
from helpline.content.starter import DEFAULT_LANGUAGE
from helpline.db.engine import insert_once
from helpline.db.schema import answer_changes as table
from helpline.db.schema import answers
from helpline.errors import InputError, Refused, StaleVersion
from helpline.messages import Button

STATES = ("draft", "review", "approved")
ORIGINS = ("person", "machine", "sheet")
LONGEST = 20_000
_KEPT = "\n\t"


class Unusable(InputError):
    """A text that may not be saved, or not be published; `findings` say why."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("error.content_unusable")
        self.findings = findings


@dataclass(frozen=True)
class Wording:
    """A text as an editor wrote it."""

    text: str
    buttons: tuple[Button, ...] = ()
    may_split: bool = False
    origin: str = "person"


@dataclass(frozen=True)
class Seen:
    """What was on the editor's screen: the versions of the change (0 for none) and of the live text."""

    change: int = 0
    live: int = 0


@dataclass(frozen=True)
class Change:
    """A new text that is not live yet."""

    key: str
    language: str
    text: str
    buttons: tuple[Button, ...]
    state: str
    version: int
    base_version: int
    source_hash: str
    origin: str
    may_split: bool
    authors: tuple[int, ...]
    approved_hash: str | None
    approved_by: int | None
    note: str
    updated_at: int

    @property
    def hash(self) -> str:
        """What an approval of it holds for."""
        return text_hash(self.text, self.buttons)


def of(conn: Connection, key: str, language: str) -> Change | None:
    """The change of an answer and language, if somebody began one."""
    found = listed(conn, table.c.key == key, table.c.language == language)
    return found[0] if found else None


def listed(conn: Connection, *where: object) -> list[Change]:
    """Changes, the oldest first."""
    rows = conn.execute(sa.select(table).where(*where).order_by(table.c.updated_at, table.c.id))
    return [
        Change(
            row.key, row.language, row.text, unpack(row.buttons), row.state, row.version, row.base_version,
            row.source_hash, row.origin, row.split, tuple(int(one) for one in row.authors.split(",") if one),
            row.approved_hash, row.approved_by, row.note, row.updated_at,
        )
        for row in rows
    ]  # fmt: skip


def live(conn: Connection, key: str, language: str) -> tuple[Answer | None, int]:
    """The published text and its version; no text where there is none, or it was taken away."""
    row = conn.execute(sa.select(answers).where(answers.c.key == key, answers.c.language == language)).first()
    if row is None:
        return None, 0
    return Answer(row.text, unpack(row.buttons)) if row.text else None, int(row.version)


def clean(text: str) -> str:
    """A text as it is stored: one form for what looks the same (NFC), no control characters, no blanks around."""
    plain = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(c for c in plain if c in _KEPT or unicodedata.category(c) not in ("Cc", "Cs", "Co")).strip()


def save(
    conn: Connection, key: str, language: str, wording: Wording, account_id: int, seen: Seen, why: str = ""
) -> Change:
    """Keep a new text as a draft; an approval it had is void. Raises Unusable, Refused, StaleVersion."""
    _require_open(key)
    text = clean(wording.text)
    buttons = tuple(Button(clean(b.title), b.payload, clean(b.description)) for b in wording.buttons)
    context = rights.context(conn, key, language)
    if len(text) > LONGEST:
        raise InputError("error.content_long")
    stops = [one for one in check.check(context, text, buttons, may_split=wording.may_split) if one.level == "stop"]
    if stops:
        raise Unusable(stops)
    now, (before, live_version) = of(conn, key, language), live(conn, key, language)
    if (now.version if now else 0) != seen.change or live_version != seen.live:
        raise StaleVersion("Somebody changed this text meanwhile.")
    authors = [*(now.authors if now else ()), account_id]
    values = {
        "text": text, "buttons": pack(buttons), "state": "draft", "base_version": live_version,
        "source_hash": rights.source_hash(context), "origin": wording.origin, "split": wording.may_split,
        "authors": ",".join(str(one) for one in dict.fromkeys(authors))[:200], "approved_hash": None,
        "approved_by": None, "note": now.note if now else "", "updated_at": clock.now(),
    }  # fmt: skip
    if now is None:
        if (
            insert_once(conn, table, {"key": key, "language": language, "version": 1, **values}, ("key", "language"))
            is None
        ):
            raise StaleVersion("Somebody changed this text meanwhile.")
    else:
        _update(conn, now, **values)
    if before is not None and not history.of(conn, key, language, 1):
        history.record(conn, key, language, "imported", before.text, before.buttons)
    history.record(conn, key, language, "saved", text, buttons, account_id, why)
    return _require(conn, key, language)


def submit(conn: Connection, key: str, language: str, account_id: int, seen: int) -> None:
    """Ask a colleague to read it. Raises Unusable while something blocks it."""
    change = _require(conn, key, language, seen)
    _require_clean(conn, change)
    _update(conn, change, state="review")
    history.record(conn, key, language, "submitted", change.text, change.buttons, account_id)


def approve(conn: Connection, key: str, language: str, account_id: int, seen: int, exactly: str, why: str = "") -> None:
    """Find exactly this text right. Raises Refused for one's own where two people must see it."""
    change = _require(conn, key, language, seen)
    if change.hash != exactly:
        raise StaleVersion("The text changed since it was read.")
    if account_id in change.authors and rights.needs_two(conn, key):
        raise Refused("error.content_own")
    _require_clean(conn, change)
    _update(conn, change, state="approved", approved_hash=change.hash, approved_by=account_id, note="")
    history.record(conn, key, language, "approved", change.text, change.buttons, account_id, why)


def send_back(conn: Connection, key: str, language: str, account_id: int, seen: int, note: str) -> None:
    """Ask its author to mend something."""
    change = _require(conn, key, language, seen)
    note = clean(note)[:1000]
    if not note:
        raise InputError("error.content_note")
    _update(conn, change, state="draft", approved_hash=None, approved_by=None, note=note)
    history.record(conn, key, language, "returned", change.text, change.buttons, account_id, note)


def discard(conn: Connection, key: str, language: str, account_id: int, seen: int) -> None:
    """Give the change up; its text stays in the history."""
    change = _require(conn, key, language, seen)
    history.record(conn, key, language, "discarded", change.text, change.buttons, account_id)
    conn.execute(sa.delete(table).where(*_is(change)))


def publish(
    conn: Connection, key: str, language: str, account_id: int, seen: int, *, translations_hold: bool = False
) -> int:
    """Make an approved text live; the content version every process will read. No model is touched.

    With `translations_hold` a small correction of the English text does not make its translations outdated.
    """
    change = _require(conn, key, language, seen)
    if change.state != "approved" or change.approved_hash != change.hash:
        raise Refused("error.content_not_approved")
    _require_clean(conn, change)
    if change.origin == "machine" and informs(key):
        raise Refused("error.content_machine")
    before, version = live(conn, key, language)
    if version != change.base_version:
        raise StaleVersion("The live text changed since this change was begun.")
    _write(conn, change, version)
    conn.execute(sa.delete(table).where(*_is(change)))
    if translations_hold and before is not None and language == DEFAULT_LANGUAGE:
        made_from = text_hash(before.text, before.buttons)
        same = sa.and_(answers.c.key == key, answers.c.language != language, answers.c.source_hash == made_from)
        conn.execute(sa.update(answers).where(same).values(source_hash=change.hash))
    if not is_fact(key):
        store.renew(conn, key, language)
    tasks.done(conn, key, language)
    number = store.raise_version(conn)
    history.record(conn, key, language, "published", change.text, change.buttons, account_id, live_version=number)
    return number


def restore(conn: Connection, key: str, language: str, number: int, account_id: int, seen: Seen) -> Change:
    """Take an earlier text as the draft."""
    entry = history.one(conn, key, language, number)
    if entry is None:
        raise InputError("error.form")
    return save(conn, key, language, Wording(entry.text, entry.buttons), account_id, seen, f"v{number}")


def _write(conn: Connection, change: Change, version: int) -> None:
    here = (answers.c.key == change.key, answers.c.language == change.language)
    values = {
        "text": change.text, "buttons": pack(change.buttons), "version": version + 1, "updated_at": clock.now(),
        "source_hash": change.source_hash, "origin": change.origin,
        "reviewed": change.approved_by not in change.authors,
    }  # fmt: skip
    if version:
        if conn.execute(sa.update(answers).where(*here, answers.c.version == version).values(**values)).rowcount != 1:
            raise StaleVersion("The live text changed meanwhile.")
        return
    shared = conn.execute(
        sa.select(answers.c.facts).where(answers.c.key == change.key, answers.c.language == DEFAULT_LANGUAGE)
    ).scalar()
    conn.execute(sa.insert(answers).values(key=change.key, language=change.language, facts=shared or "{}", **values))


def _require_open(key: str) -> None:
    if locked(key):
        raise Refused("error.content_locked")


def _require_clean(conn: Connection, change: Change) -> None:
    _require_open(change.key)
    found = check.check(
        rights.context(conn, change.key, change.language), change.text, change.buttons, may_split=change.may_split
    )
    worse = [one for one in found if one.level != "warn"]
    if worse:
        raise Unusable(worse)


def _require(conn: Connection, key: str, language: str, seen: int | None = None) -> Change:
    change = of(conn, key, language)
    if change is None or (seen is not None and change.version != seen):
        raise StaleVersion("Somebody changed this text meanwhile.")
    return change


def _update(conn: Connection, change: Change, **values: object) -> None:
    done = conn.execute(sa.update(table).where(*_is(change)).values(version=change.version + 1, **values)).rowcount
    if done != 1:
        raise StaleVersion("Somebody changed this text meanwhile.")


def _is(change: Change) -> tuple[sa.sql.ColumnElement[bool], ...]:
    return table.c.key == change.key, table.c.language == change.language, table.c.version == change.version


def is_fact(key: str) -> bool:
    """Whether a key names a fact."""
    return key.startswith(PREFIX)


def source_language(key: str) -> str:
    """The language others are translated from."""
    return ANY if is_fact(key) else DEFAULT_LANGUAGE
