"""Rasa's tracker store (endpoints.yml, `tracker_store`): one encrypted row per stretch, in the service's own database.

A stretch ends after 30 turns or 30 idle minutes; only its last turns and its slots are kept, so a row stays small
and its cost flat; retention deletes it. In a turn the row is read and written by the drain, in the transactions of
the turn (`Memory`). Whoever is no contact of ours (`rasa shell`, `rasa test`) is kept in memory only.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import SerializedTrackerAsText, TrackerStore
from rasa.shared.core.conversation import Dialogue
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.engine import Connection

from helpline import clock, contacts, service
from helpline.db.engine import reading
from helpline.db.schema import trackers

KEPT_TURNS = 2
"""Messages of a stretch that are kept with what followed; a rule may look back over as many."""


@dataclass
class Memory:
    """The tracker of one turn, on its way between database and Rasa."""

    sealed: str | None
    """As read, None for a new stretch; after the turn as it is to be written."""
    changed: bool = False


lent: ContextVar[Memory | None] = ContextVar("lent", default=None)
"""The turn's own memory; whoever finishes too late writes into one that nobody reads."""

_READ = sa.select(trackers.c.events_sealed).where(trackers.c.sender_id == sa.bindparam("sender"))
_UPDATE = sa.update(trackers).where(trackers.c.sender_id == sa.bindparam("sender"))
_INSERT = sa.insert(trackers)


def read(conn: Connection, sender_id: str) -> Memory:
    """What is kept of a stretch."""
    return Memory(conn.execute(_READ, {"sender": sender_id}).scalar())


def write(conn: Connection, sender_id: str, memory: Memory) -> None:
    """Keep what a turn made of it."""
    if not memory.changed:
        return
    values = {
        "events_sealed": memory.sealed, "contact_id": contacts.of_sender(sender_id), "updated_at": clock.now(),
    }  # fmt: skip
    if not conn.execute(_UPDATE, {"sender": sender_id, **values}).rowcount:
        conn.execute(_INSERT, {"sender_id": sender_id, **values})


class StretchTrackerStore(TrackerStore, SerializedTrackerAsText):
    """Trackers of contacts in the database, all others in memory."""

    def __init__(
        self,
        domain: Domain | None = None,
        event_broker: EventBroker | None = None,
        host: str | None = None,
        **kwargs: Any,
    ) -> None:
        self._service = service.here()
        self._strangers: dict[str, str] = {}
        super().__init__(domain or Domain.empty(), event_broker, **kwargs)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Keep the tracker as it is now."""
        await self.stream_events(tracker)
        dialogue = json.dumps({"events": [_stored(event) for event in _kept(tracker)], "name": tracker.sender_id})
        if ":" not in tracker.sender_id:
            self._strangers[tracker.sender_id] = dialogue
            return
        memory = lent.get()
        sealed = self._service.vault.seal(dialogue)
        if memory is not None:
            memory.sealed, memory.changed = sealed, True
        else:
            # In a thread: waiting for the database must not hold up the other conversations.
            await asyncio.to_thread(self._write, tracker.sender_id, Memory(sealed, True))

    def _write(self, sender_id: str, memory: Memory) -> None:
        with self._service.engine.begin() as conn:
            write(conn, sender_id, memory)

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The tracker of a stretch, or None when it is new.

        A database that cannot be reached raises: a forgotten conversation would be worse than a late answer.
        """
        dialogue = self._strangers.get(sender_id)
        if ":" in sender_id:
            memory = lent.get()
            if memory is None:
                memory = await asyncio.to_thread(self._read, sender_id)
            dialogue = self._service.vault.open(memory.sealed) if memory.sealed else None
        return self._rebuilt(sender_id, dialogue) if dialogue else None

    def _rebuilt(self, sender_id: str, dialogue: str) -> DialogueStateTracker:
        events = [_event(one) for one in json.loads(dialogue)["events"]]
        tracker = self.init_tracker(sender_id)
        tracker.recreate_from_dialogue(Dialogue(sender_id, [event for event in events if event is not None]))
        return tracker

    def _read(self, sender_id: str) -> Memory:
        with reading(self._service.engine) as conn:
            return read(conn, sender_id)

    async def retrieve_full_tracker(self, conversation_id: str) -> DialogueStateTracker | None:
        """The same: a stretch is one session."""
        return await self.retrieve(conversation_id)

    async def keys(self) -> Iterable[str]:
        """Sender ids known in this process; the contacts' are not listed on purpose."""
        return list(self._strangers)


@cache
def _class(name: str) -> type[Event]:
    # Rasa looks through all classes of events for each event it reads.
    kind = Event.resolve_by_type(name)
    assert kind is not None
    return kind


def _event(stored: dict[str, Any]) -> Event | None:
    """One stored event, made as Rasa's `Event.from_parameters` does."""
    rest = {name: value for name, value in stored.items() if name != "event"}
    made: Event | None = _class(stored["event"])._from_parameters(rest)
    return made


def _stored(event: Event) -> dict[str, Any]:
    """An event to be kept; of what was understood only what rules look back at."""
    stored: dict[str, Any] = event.as_dict()
    if isinstance(event, UserUttered):
        stored["parse_data"] = {name: stored["parse_data"].get(name) for name in ("intent", "entities", "text")}
    return stored


def _kept(tracker: DialogueStateTracker) -> list[Event]:
    """The last turns and the slots; all of it while a form is active, which may look back further."""
    events = list(tracker.events)
    turns = [number for number, event in enumerate(events) if isinstance(event, UserUttered)]
    if len(turns) <= KEPT_TURNS or tracker.active_loop:
        return events
    # From the listening before the message on: rules want to know what was done last.
    first = max(0, turns[-KEPT_TURNS] - 1)
    set_before = {event.key: event for event in events[:first] if isinstance(event, SlotSet)}
    return [*(event for event in set_before.values() if event.value is not None), *events[first:]]
