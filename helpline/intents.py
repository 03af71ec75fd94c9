"""What people ask about: added, merged, archived and restored by editors. An intent's name never changes.

Buttons already on people's phones carry that name; a merged or archived intent says where they lead now, and what it
is called is a text like any other (`utter_name_…`). Intents that keep people safe cannot be switched off.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline.db.schema import examples, intents, training_changes
from helpline.errors import InputError, Refused
from helpline.examples import store

PEOPLE = "human_agent"
"""Where buttons of an intent lead that was archived without a successor."""
EMERGENCY = "emergency_"
FIXED = frozenset(
    {PEOPLE, "greet", "change_language", "delete_my_data", "out_of_scope", "inform_location", "affirm", "deny",
     "nlu_fallback", "privacy_safety"}
)  # fmt: skip
"""Intents the code itself relies on."""
ACTIONS = ("answer", "people")
"""What may follow an intent that editors add: an answer, or a case."""
_NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")


@dataclass(frozen=True)
class Intent:
    """One meaning."""

    id: str
    action: str
    state: str
    redirect: str | None
    position: int
    revision: int

    @property
    def fixed(self) -> bool:
        """Whether it cannot be merged or archived."""
        return self.id in FIXED or self.id.startswith(EMERGENCY)


@dataclass(frozen=True)
class Change:
    """Something an editor did."""

    id: int
    kind: str
    intent: str
    account_id: int | None
    facts: Mapping[str, object]
    at: int
    revision: int
    undone: bool


def listed(conn: Connection, *, archived: bool = True) -> list[Intent]:
    """Every intent in the order of the domain, new ones last."""
    columns = [intents.c[name] for name in Intent.__dataclass_fields__]
    query = sa.select(*columns).order_by(intents.c.position, intents.c.id)
    found = [Intent(*row) for row in conn.execute(query)]
    return [one for one in found if archived or one.state == "active"]


def get(conn: Connection, intent: str) -> Intent | None:
    """One of them."""
    return next((one for one in listed(conn) if one.id == intent), None)


def redirects(conn: Connection) -> dict[str, str]:
    """Where the buttons of intents lead that are no longer in use, chains followed to their end."""
    known = {one.id: one for one in listed(conn)}
    ends: dict[str, str] = {}
    for one in known.values():
        if one.state == "active":
            continue
        seen, at = {one.id}, one
        while at.state != "active" and at.redirect in known and at.redirect not in seen:
            at = known[str(at.redirect)]
            seen.add(at.id)
        ends[one.id] = at.id if at.state == "active" else PEOPLE
    return ends


def create(conn: Connection, intent: str, action: str, account_id: int | None) -> str:
    """Add an intent; its name. Raises InputError for a name or action that cannot be used."""
    name = "_".join(intent.strip().lower().split())
    if not _NAME.fullmatch(name) or not 3 <= len(name) <= 40 or name.startswith((EMERGENCY, "helped_", "rated_")):
        raise InputError("error.intent_name")
    if action not in ACTIONS:
        raise InputError("error.form")
    if get(conn, name) is not None:
        raise InputError("error.intent_exists")
    new = store.next_revision(conn)
    values = {"id": name, "action": action, "state": "active", "redirect": None, "position": 1000, "revision": new}
    conn.execute(sa.insert(intents).values(**values))
    store.record(conn, "created", name, account_id, new)
    return name


def merge(conn: Connection, intent: str, target: str, account_id: int | None) -> int:
    """Move every example to another intent and let the buttons lead there; how many examples."""
    _require_movable(conn, intent, target)
    moved = [one.id for one in store.listed(conn, intent=intent)]
    new = store.next_revision(conn)
    update = sa.update(examples).where(examples.c.intent == intent, examples.c.removed.is_(False))
    conn.execute(update.values(intent=target, revision=new))
    _set(conn, intent, new, state="archived", redirect=target)
    store.record(conn, "merged", intent, account_id, new, examples=moved, target=target)
    return len(moved)


def archive(conn: Connection, intent: str, target: str, account_id: int | None) -> None:
    """Use an intent no longer; its examples stay with it, its buttons lead to `target`."""
    _require_movable(conn, intent, target)
    new = store.next_revision(conn)
    _set(conn, intent, new, state="archived", redirect=target)
    _touch(conn, intent, new)
    store.record(conn, "archived", intent, account_id, new, target=target)


def restore(conn: Connection, intent: str, account_id: int | None) -> None:
    """Use an archived intent again, with the examples it still has."""
    found = get(conn, intent)
    if found is None or found.state == "active":
        raise Refused("error.intent_not_archived")
    new = store.next_revision(conn)
    _set(conn, intent, new, state="active", redirect=None)
    _touch(conn, intent, new)
    store.record(conn, "restored", intent, account_id, new)


def undo(conn: Connection, change_id: int, account_id: int | None) -> None:
    """Take a change back. What others changed since stays as they left it. Raises Refused if it was undone."""
    found = [one for one in changes(conn, change_id=change_id) if not one.undone]
    if not found:
        raise Refused("error.already_undone")
    change = found[0]
    listed_ids = change.facts.get("examples")
    ids = [int(number) for number in listed_ids] if isinstance(listed_ids, list) else []
    if change.kind in ("added", "brought_back"):
        store.remove(conn, ids, account_id)
    elif change.kind == "removed":
        store.bring_back(conn, ids, account_id)
    elif change.kind == "moved":
        was = change.facts.get("was")
        _move_back(conn, ids, dict(was) if isinstance(was, dict) else {}, change.intent, account_id)
    elif change.kind == "merged":
        restore(conn, change.intent, account_id)
        was = dict.fromkeys(map(str, ids), change.intent)
        _move_back(conn, ids, was, str(change.facts["target"]), account_id)
    elif change.kind == "archived":
        restore(conn, change.intent, account_id)
    elif change.kind in ("created", "restored"):
        archive(conn, change.intent, PEOPLE, account_id)
    conn.execute(sa.update(training_changes).where(training_changes.c.id == change.id).values(undone=True))


def changes(
    conn: Connection, *, intent: str | None = None, change_id: int | None = None, limit: int = 30
) -> list[Change]:
    """What editors did, newest first."""
    columns = [training_changes.c[name] for name in Change.__dataclass_fields__]
    query = sa.select(*columns).order_by(training_changes.c.id.desc()).limit(limit)
    if intent is not None:
        query = query.where(training_changes.c.intent == intent)
    if change_id is not None:
        query = query.where(training_changes.c.id == change_id)
    return [Change(**{**row._mapping, "facts": json.loads(row.facts)}) for row in conn.execute(query)]


def ensure(conn: Connection, names: list[str], revision: int) -> int:
    """Add the starter content's intents that are missing; how many."""
    made = 0
    known = {one.id for one in listed(conn)}
    for position, name in enumerate(names):
        if name not in known:
            values = {"action": "rule", "state": "active", "redirect": None, "position": position, "revision": revision}
            made += _insert(conn, name, values)
    return made


def _insert(conn: Connection, name: str, values: Mapping[str, object]) -> int:
    """Insert an intent unless another process just did; 1 if it was new."""
    with conn.begin_nested():
        exists = conn.execute(sa.select(intents.c.id).where(intents.c.id == name)).first()
        if exists is None:
            conn.execute(sa.insert(intents).values(id=name, **values))
    return int(exists is None)


def _move_back(
    conn: Connection, ids: list[int], was: Mapping[str, object], target: str, account_id: int | None
) -> None:
    still = [one for one in store.get(conn, ids) if one.intent == target]
    for old in sorted({str(was.get(str(one.id), target)) for one in still}):
        store.move(conn, [one.id for one in still if str(was.get(str(one.id), target)) == old], old, account_id)


def _require_movable(conn: Connection, intent: str, target: str) -> None:
    found = get(conn, intent)
    if found is None or found.state != "active":
        raise InputError("error.intent_not_active")
    if found.fixed:
        raise Refused("error.intent_fixed")
    if target == intent:
        raise InputError("error.intent_itself")
    store.require_active(conn, target)


def _set(conn: Connection, intent: str, revision: int, **values: object) -> None:
    conn.execute(sa.update(intents).where(intents.c.id == intent).values(revision=revision, **values))


def _touch(conn: Connection, intent: str, revision: int) -> None:
    """Whoever holds the examples in memory must read these again."""
    conn.execute(sa.update(examples).where(examples.c.intent == intent).values(revision=revision))
