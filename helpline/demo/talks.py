"""Made-up contacts and their conversations, written by the functions that real ones are written by, at moments past."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import sqlalchemy as sa
import yaml
from sqlalchemy.engine import Connection

from helpline import cases, clock, contacts, holding, inbox, outbox, privacy, replies, sight
from helpline.db import schema
from helpline.demo.figures import FOLDER, SEED
from helpline.messages import Author, Identity, InboundMessage, OutboundMessage
from helpline.service import Service

PAST_DAYS = 58
ROUNDS = 3
"""How often each closed conversation took place, with somebody else each time."""
KEPT_DAYS = 29
"""Older messages would be deleted within the hour; their cases are written without them."""
MINUTE, DAY = 60, 86_400
HOLDERS = ("sara", "tom", "noor")
Step = tuple[float, Callable[[], object]]


@dataclass
class _Talk:
    """One conversation while it is written."""

    conn: Connection
    service: Service
    plan: dict[str, Any]
    number: int
    holder: int | None
    begins: float
    texts: bool = True
    """Whether its messages are still kept."""
    steps: list[Step] = field(default_factory=list)
    contact_id: str = ""
    case_id: int = 0


def write(conn: Connection, service: Service, staff: dict[str, int]) -> dict[str, int]:
    """Write them in the order of their moments; ids of cases by name (closed ones by number)."""
    plans = yaml.safe_load((FOLDER / "talks.yml").read_text(encoding="utf-8"))
    chance = random.Random(SEED)  # noqa: S311 - nothing to guess
    talks = [*_past(conn, service, plans["closed"], staff, chance)]
    for plan in plans["open"]:
        begins = clock.now() - plan["minutes"] * MINUTE
        talk = _Talk(conn, service, plan, len(talks) + 1, staff.get(plan.get("claim", "")), begins)
        _opening(talk)
        _open_work(talk)
        talks.append(talk)
    for plan in plans["assistant"]:
        talk = _Talk(conn, service, plan, len(talks) + 1, None, clock.now() - plan["minutes"] * MINUTE)
        talk.steps.append((talk.begins, partial(_answered, talk)))
        talks.append(talk)
    for at, act in sorted((step for talk in talks for step in talk.steps), key=lambda step: step[0]):
        with clock.pretending(at):
            act()
    return {talk.plan.get("name", f"{talk.number}"): talk.case_id for talk in talks if talk.case_id}


def _past(
    conn: Connection, service: Service, plans: list[dict[str, Any]], staff: dict[str, int], chance: random.Random
) -> list[_Talk]:
    talks = []
    for number, plan in enumerate(plans * ROUNDS, 1):
        # The last ones ended today and yesterday: what they teach is still fresh.
        days = PAST_DAYS * (1 - number / (len(plans) * ROUNDS)) + 0.2
        begins = clock.now() - days * DAY - chance.randint(0, 3 * 3600)
        holder = staff[chance.choice(HOLDERS)]
        talk = _Talk(conn, service, plan, number, holder, begins, texts=days < KEPT_DAYS)
        _opening(talk)
        wait = chance.choice((3, 8, 14, 25, 50, 110)) * MINUTE
        _answer(talk, wait)
        if "thanks" in plan and talk.texts:
            talk.steps.append((begins + wait + 6 * MINUTE, partial(_wrote, talk, plan["thanks"])))
        talk.steps.append((begins + wait + 20 * MINUTE, partial(_close, talk)))
        talks.append(talk)
    return talks


def _opening(talk: _Talk) -> None:
    talk.steps.append((talk.begins, partial(_begin, talk)))


def _somebody(talk: _Talk) -> None:
    conn, service = talk.conn, talk.service
    talk.contact_id = contacts.identify(conn, service.vault, Identity(bsuid=f"{contacts.MADE_UP_ID}{talk.number:04}"))
    alias = schema.contacts.c.alias
    mine = schema.contacts.c.id == talk.contact_id
    conn.execute(sa.update(schema.contacts).where(mine).values(alias=sa.literal(contacts.MADE_UP) + alias))
    contacts.noticed(conn, talk.contact_id)
    contacts.speak(conn, talk.contact_id, talk.plan["language"])


def _answered(talk: _Talk) -> None:
    """Somebody whom the assistant answers."""
    _somebody(talk)
    _wrote(talk, talk.plan["in"], "answered")
    answer = talk.service.answers.get(talk.plan["answer"], talk.plan["language"])
    _say(talk, Author.ASSISTANT, talk.plan["answer"], answer.text)


def _begin(talk: _Talk) -> None:
    _somebody(talk)
    conn, service, plan = talk.conn, talk.service, talk.plan
    received = _wrote(talk, plan["in"]) if talk.texts else None
    card = cases.Card(plan["in"] if talk.texts else "", tuple(plan.get("guesses", {}).items()))
    talk.case_id, _ = cases.open_case(
        conn, service.vault, talk.contact_id, plan["reason"], topic=plan["topic"], language=plan["language"],
        emergency=plan.get("emergency"), card=card,
    )  # fmt: skip
    if received is not None:
        ours = sa.and_(schema.inbox.c.contact_id == talk.contact_id, schema.inbox.c.case_id.is_(None))
        conn.execute(sa.update(schema.inbox).where(ours).values(case_id=talk.case_id, outcome="handed_off"))
        _say(talk, Author.SYSTEM, "acknowledgement", _acknowledged(talk))


def _acknowledged(talk: _Talk) -> str:
    """The words the contact got when the case opened."""
    answers, language, kind = talk.service.answers, talk.plan["language"], talk.plan.get("emergency")
    reason = talk.plan["reason"]
    if kind:
        return answers.static(f"utter_safety_{kind}", language).text
    if reason == "language":
        return answers.static("utter_language_unsupported", language).text
    key = "utter_handoff_failed" if reason == "assistant_failed" else f"utter_handoff_{reason}"
    return answers.get(key, language).text


def _wrote(talk: _Talk, text: str, outcome: str = "joined_case") -> int | None:
    conn, vault = talk.conn, talk.service.vault
    message = InboundMessage(
        phone_number_id=talk.service.settings.whatsapp_phone_number_id,
        message_id=f"demo.{talk.number}.{clock.now_ms()}", sender=Identity(), sent_at=clock.now(), kind="text",
        deliver="text", text=text,
    )  # fmt: skip
    row = inbox.store(conn, vault, message, talk.contact_id)
    contacts.wrote(conn, talk.contact_id, message.sent_at)
    if row is not None:
        received = inbox.Received(row, talk.contact_id, message, 1)
        case_id = talk.case_id or None
        inbox.finish(conn, vault, received, outcome, language=talk.plan["language"], case_id=case_id)
        if case_id:
            cases.contact_wrote(conn, case_id, text)
    return row


def _say(talk: _Talk, author: Author, kind: str, text: str) -> None:
    outbox.put(
        talk.conn, talk.service.vault, talk.contact_id, OutboundMessage(text), author=author, kind=kind,
        once_key=f"demo:{talk.number}:{kind}:{clock.now_ms()}", case_id=talk.case_id or None,
        epoch=contacts.get(talk.conn, talk.contact_id).epoch, language=talk.plan["language"],
    )  # fmt: skip
    _read(talk.conn)


def _answer(talk: _Talk, wait: float) -> None:
    """Somebody takes it after a while, answers, and may leave a note."""
    at = talk.begins + wait
    talk.steps.append((at - 30, partial(_claim, talk)))
    talk.steps.append((at, partial(_reply, talk)))
    if "note" in talk.plan:
        talk.steps.append((at + MINUTE, partial(_note, talk)))


def _open_work(talk: _Talk) -> None:
    if talk.holder is None:
        return
    wait = min(9, talk.plan["minutes"] / 3) * MINUTE
    _answer(talk, wait)
    if "park_hours" in talk.plan:
        talk.steps.append((talk.begins + wait + 5 * MINUTE, partial(_park, talk)))


def _claim(talk: _Talk) -> None:
    assert talk.holder is not None
    cases.claim(talk.conn, talk.case_id, talk.holder)
    if talk.plan.get("acknowledged"):
        sight.acknowledge(talk.conn, talk.case_id)


def _reply(talk: _Talk) -> None:
    assert talk.holder is not None
    if talk.texts:
        message, key = OutboundMessage(talk.plan["reply"]), f"demo:{talk.number}:reply"
        replies.reply(talk.conn, talk.service.vault, talk.case_id, talk.holder, message, key)
        _read(talk.conn)
    else:
        first = {"first_reply_at": clock.now(), "waiting_since": None}
        talk.conn.execute(sa.update(schema.cases).where(schema.cases.c.id == talk.case_id).values(**first))
        cases.record(talk.conn, talk.case_id, "replied", talk.holder)


def _note(talk: _Talk) -> None:
    assert talk.holder is not None
    replies.note(talk.conn, talk.service.vault, talk.case_id, talk.holder, talk.plan["note"])


def _park(talk: _Talk) -> None:
    assert talk.holder is not None
    until = int(clock.now() + (talk.plan["park_hours"] + talk.plan["minutes"] / 60) * 3600)
    holding.park(talk.conn, talk.case_id, talk.holder, until)


def _close(talk: _Talk) -> None:
    plan = talk.plan
    cases.close(talk.conn, talk.case_id, talk.holder, plan["outcome"], plan["topic"], plan["lesson"])
    privacy.mask_case(talk.conn, talk.service.vault, talk.case_id)


def _read(conn: Connection) -> None:
    """What was said so far has been read: the worker finds nothing to send."""
    values = {"rank": 3, "state": "read", "sent_at": clock.now()}
    unsent = schema.outbox.c.state.in_(("queued", "held"))
    conn.execute(sa.update(schema.outbox).where(unsent).values(**values))
