"""Messages the assistant did not master, for editors to learn from: made anonymous before they are kept.

No contact is named here; a keyed hash finds the rows of somebody who is erased. Nothing is ever trained by itself: an
editor says what a message means, and then it is a draft example like any other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from helpline import cases, clock, inbox, redaction
from helpline import language as languages
from helpline.db.engine import insert_once, reading
from helpline.db.schema import cases as cases_table
from helpline.db.schema import contacts, lessons, outbox
from helpline.db.schema import inbox as inbox_table
from helpline.db.vault import Vault
from helpline.errors import InputError
from helpline.examples import neighbours, store

REASONS = ("rejected", "refused", "thumbs_down", "misunderstood")
"""Not sure enough; a suggestion did not help; a thumb down; an agent says the assistant misread it."""
STATES = ("open", "taught", "not_for_us", "spam", "asked")
"""Waits; became an example; nothing for the assistant; nonsense; waits for a second opinion."""
RETENTION_DAYS = 90
LOOK_BACK_DAYS = 2
"""How long after the fact a case may still become a lesson; the job runs every minute."""
_DAY = 24 * 3600
_DOWN = ("👎",)
_MOST = 2000
WORDS = Path(__file__).resolve().parent.parent / "data" / "dialogue" / "name_words.txt"
_POSTCODE = re.compile(r"(?<![\w])\d{4}\s?[A-Za-z]{2}(?!\w)")
_ADDRESS = re.compile(
    r"\b\w*(?:straat|laan|weg|plein|kade|gracht|singel|dijk|hof|street|road|avenue)\s+\d{1,4}\s?\w?\b", re.I
)
_NUMBER = re.compile(r"(?<!\w)\d[\d.\-/ ]{3,}\d(?!\w)")
_TITLED = re.compile(r"\b(?:mr|mrs|ms|dr|mevr|mevrouw|meneer|dhr|madame|monsieur|señora?|senhora?)\.?\s+[A-Z]\w+")
_AT = re.compile(r"(?<!\w)@\w{2,}|https?://\S+|www\.\S+")
_PLACEHOLDER = re.compile(r"\[[a-z_]+\]")


@dataclass(frozen=True)
class Heap:
    """Messages that say nearly the same."""

    id: int
    texts: tuple[str, ...]
    """The different ones, commonest first."""
    language: str | None
    reasons: tuple[str, ...]
    guess: str | None
    confidence: float | None
    suggestion: str | None
    """What the agent who closed the case says it was about."""
    times: int
    day: int
    state: str
    intent: str | None


def anonymous(text: str, *, readable: bool = False) -> str:
    """The text without numbers, addresses and names that lead to a person.

    Marks stay as the stored messages have them, without letters, unless people are to read it.
    """
    left, _ = redaction.mask(text)
    for pattern, kind in (
        (_AT, "link"),
        (_POSTCODE, "postcode"),
        (_ADDRESS, "address"),
        (_TITLED, "name"),
        (_NUMBER, "number"),
    ):
        left = pattern.sub(f"[{kind}]", left)
    left = _names().sub(lambda found: f"{found[1]}{found[2]}[name]", left)
    if readable:
        return redaction.MARK.sub(lambda found: f"[{redaction.KINDS[int(found[1]) - 1]}]", left)
    return _PLACEHOLDER.sub("[■]", left)


def plain(text: str) -> str:
    """The text without the marks of what was taken out, as an example can be."""
    return store.plain(_PLACEHOLDER.sub(" ", text))


def plain_lines(typed: str) -> str:
    """As `plain`, line by line."""
    return "\n".join(plain(line) for line in typed.splitlines())


def collect(engine: Engine, vault: Vault) -> int:
    """Take what cases, taps and reactions of the last days teach; how many were new.

    Everything is read before anything is written, so that nobody waits meanwhile.
    """
    since = clock.now() - LOOK_BACK_DAYS * _DAY
    with reading(engine) as conn:
        fresh = [*_of_cases(conn, vault, since), *_of_reactions(conn, vault, since)]
    if not fresh:
        return 0
    with engine.begin() as conn:
        heaps = _Heaps(conn, vault)  # the oldest first, so that a heap has the number of its oldest message
        return sum(_keep(conn, vault, heaps, one) for one in reversed(fresh))


def tend(engine: Engine, vault: Vault) -> int:
    """Delete what is too old, and what came from people who were erased; how many."""
    with reading(engine) as conn:
        owners = {row.owner for row in conn.execute(sa.select(lessons.c.owner).distinct())}
        if owners:
            for row in conn.execute(sa.select(contacts.c.id)):
                owners.difference_update(vault.lookups("lesson owner", row.id))
    with engine.begin() as conn:
        gone = conn.execute(sa.delete(lessons).where(lessons.c.day <= clock.now() // _DAY - RETENTION_DAYS)).rowcount
        for start in range(0, len(owners), 500):
            chosen = sorted(owners)[start : start + 500]
            gone += conn.execute(sa.delete(lessons).where(lessons.c.owner.in_(chosen))).rowcount
    return int(gone)


def heaps(conn: Connection, vault: Vault, state: str = "open", *, newest_first: bool = False) -> list[Heap]:
    """What waits, the commonest first, or the newest."""
    query = sa.select(lessons).where(lessons.c.state == state).order_by(lessons.c.id.desc()).limit(20_000)
    grouped: dict[int, list[sa.engine.Row]] = {}
    for row in conn.execute(query):
        grouped.setdefault(row.heap, []).append(row)
    found = [_heap(number, rows, vault) for number, rows in grouped.items()]
    return sorted(found, key=(lambda one: (-one.day, -one.id)) if newest_first else lambda one: (-one.times, -one.id))


def counts(conn: Connection) -> dict[str, int]:
    """How many heaps there are in each state."""
    query = sa.select(lessons.c.state, sa.func.count(sa.distinct(lessons.c.heap))).group_by(lessons.c.state)
    return {**dict.fromkeys(STATES, 0), **{state: int(number) for state, number in conn.execute(query)}}


def teach(
    conn: Connection, heap: Heap, intent: str, texts: Sequence[str], language: str, account_id: int | None
) -> int:
    """An editor says what a heap means: its texts become draft examples; how many were new."""
    added = store.add(conn, intent, language, texts, account_id=account_id, origin="message") if texts else []
    if not texts:
        store.require_active(conn, intent)
    _set(conn, heap.id, "taught", account_id, intent)
    return len(added)


def put_aside(conn: Connection, heap_id: int, state: str, account_id: int | None) -> None:
    """Nothing for the assistant, nonsense, a second opinion, or back to the open ones."""
    if state not in STATES or state == "taught":
        raise InputError("error.form")
    _set(conn, heap_id, state, account_id, None)


def _set(conn: Connection, heap_id: int, state: str, account_id: int | None, intent: str | None) -> None:
    update = sa.update(lessons).where(lessons.c.heap == heap_id)
    if not conn.execute(update.values(state=state, account_id=account_id, intent=intent)).rowcount:
        raise InputError("error.gone")


def _heap(number: int, rows: Sequence[sa.engine.Row], vault: Vault) -> Heap:
    texts: dict[str, int] = {}
    for row in rows:
        text = vault.open(row.text_sealed)
        texts[text] = texts.get(text, 0) + 1
    first = rows[0]
    return Heap(
        id=number,
        texts=tuple(sorted(texts, key=lambda text: (-texts[text], text))),
        language=first.language,
        reasons=tuple(dict.fromkeys(row.reason for row in rows)),
        guess=first.guess,
        confidence=first.confidence,
        suggestion=next((row.intent for row in rows if row.intent), None),
        times=len(rows),
        day=max(row.day for row in rows),
        state=first.state,
        intent=first.intent,
    )


def _of_cases(conn: Connection, vault: Vault, since: int) -> Iterable[dict[str, object]]:
    refused = sa.select(outbox.c.case_id).where(outbox.c.kind == "utter_helped_no", outbox.c.created_at >= since)
    said_no = {row.case_id for row in conn.execute(refused)}
    told = sa.or_(cases_table.c.opened_at >= since, cases_table.c.closed_at >= since)
    worth = sa.or_(cases_table.c.reason == "unsure", cases_table.c.lesson == "misunderstood")
    query = sa.select(cases_table).where(told, worth).order_by(cases_table.c.id.desc()).limit(_MOST)
    sources = {
        row: vault.lookup("lesson", f"case:{row.id}:{row.lesson == 'misunderstood'}") for row in conn.execute(query)
    }
    for row in _fresh(conn, sources):
        card = cases.card(conn, vault, row.id)
        reason = "misunderstood" if row.lesson == "misunderstood" else "refused" if row.id in said_no else "rejected"
        guess, confidence = card.guesses[0] if card.guesses else (None, None)
        yield {
            "source": sources[row], "contact_id": row.contact_id, "text": card.question, "language": row.language,
            "reason": reason, "guess": guess, "confidence": confidence,
            "intent": row.topic if reason == "misunderstood" and row.topic != guess else None,
        }  # fmt: skip


def _of_reactions(conn: Connection, vault: Vault, since: int) -> Iterable[dict[str, object]]:
    """Thumbs down on an answer of the assistant: the message that was answered."""
    query = sa.select(inbox_table.c.id, inbox_table.c.contact_id, inbox_table.c.body_sealed)
    query = query.where(inbox_table.c.kind == "reaction", inbox_table.c.received_at >= since)
    newest = conn.execute(query.order_by(inbox_table.c.id.desc()).limit(_MOST))
    sources = {row: vault.lookup("lesson", f"reaction:{row.id}") for row in newest}
    for row in _fresh(conn, sources):
        reacted = inbox.unpack(vault.open(row.body_sealed)).details
        if not str(reacted.get("emoji") or "").startswith(_DOWN):
            continue
        answer = sa.select(outbox.c.in_reply_to).where(
            outbox.c.message_id == str(reacted.get("message_id")), outbox.c.contact_id == row.contact_id,
            outbox.c.author == "assistant",
        )  # fmt: skip
        asked_id = conn.execute(answer).scalar()
        query = sa.select(inbox_table.c.body_sealed, inbox_table.c.language).where(inbox_table.c.id == (asked_id or 0))
        asked = conn.execute(query).first()
        if asked is not None:
            yield {
                "source": sources[row], "contact_id": row.contact_id,
                "text": inbox.unpack(vault.open(asked.body_sealed)).text or "", "language": asked.language,
                "reason": "thumbs_down", "guess": None, "confidence": None, "intent": None,
            }  # fmt: skip


def _fresh(conn: Connection, sources: Mapping[sa.engine.Row, str]) -> list[sa.engine.Row]:
    """The rows whose source is not among the lessons yet."""
    named, known = list(sources.values()), set()
    for start in range(0, len(named), 500):
        query = sa.select(lessons.c.source).where(lessons.c.source.in_(named[start : start + 500]))
        known |= {row.source for row in conn.execute(query)}
    return [row for row, source in sources.items() if source not in known]


class _Heaps:
    """Finds the heap a message belongs to, among those of its language that are kept."""

    def __init__(self, conn: Connection, vault: Vault) -> None:
        self._finder: dict[str | None, neighbours.Alike] = {}
        query = sa.select(lessons.c.heap, lessons.c.language, lessons.c.text_sealed).order_by(lessons.c.id)
        for row in conn.execute(query):
            self.note(vault.open(row.text_sealed), row.language, row.heap)

    def find(self, text: str, language: str | None) -> int | None:
        """Number of the heap, if there is one."""
        return self._finder[language].find(text) if language in self._finder else None

    def note(self, text: str, language: str | None, heap: int) -> None:
        """A message is in a heap."""
        self._finder.setdefault(language, neighbours.Alike()).add(text, heap)


def _keep(conn: Connection, vault: Vault, heaps: _Heaps, one: dict[str, object]) -> bool:
    text = anonymous(str(one["text"] or ""), readable=True)[: store.LONGEST].strip()
    if not any(letter.isalpha() for letter in _PLACEHOLDER.sub("", text)):
        return False
    spoken_before = str(one["language"]) if one["language"] else None
    language = languages.identify(_PLACEHOLDER.sub("", text), prior=spoken_before).code
    heap = heaps.find(text, language)
    values = {
        "source": one["source"], "owner": vault.lookup("lesson owner", str(one["contact_id"])),
        "text_sealed": vault.seal(text), "language": language, "reason": one["reason"], "guess": one["guess"],
        "confidence": one["confidence"], "heap": heap or 0, "state": "open", "intent": one["intent"],
        "day": clock.now() // _DAY,
    }  # fmt: skip
    made = insert_once(conn, lessons, values, ("source",))
    if made is None:
        return False
    if heap is None:
        conn.execute(sa.update(lessons).where(lessons.c.id == made).values(heap=made))
    heaps.note(text, language, heap or made)
    return True


@cache
def _names() -> re.Pattern[str]:
    """Words that come before a name, and the name: a word, and two more with capitals or one of a script without."""
    lines = WORDS.read_text(encoding="utf-8").splitlines()
    words = sorted((re.escape(one.strip()) for one in lines if one.strip() and one[0] != "#"), key=len, reverse=True)
    more = r"(?:(?:\s+[A-Z\u00c0-\u00de\u0400-\u042f][\w'’-]*){1,2}|\s+[\u0590-\u10ff\u1200-\u137f]\w*)?"
    return re.compile(rf"(?<!\w)((?i:{'|'.join(words)}))(\s+|\s*:\s*)[^\W\d_][\w'’-]*{more}")
