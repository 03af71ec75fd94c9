"""Whether people were helped: one optional tap after an answer or a case, counted without a person.

Asked rarely and only where it fits: at most once a day of one contact, never of somebody who is here for the first
time, never after an emergency, a greeting, thanks, or a question of our own.
"""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import cases, clock, contacts
from helpline.db.schema import outbox
from helpline.insights import tables
from helpline.insights.charts import NOT_QUESTIONS, is_alarming
from helpline.messages import OutboundMessage
from helpline.service import Service

GOOD, BAD = "rated_good", "rated_bad"
PAYLOADS = {f"/{GOOD}": GOOD, f"/{BAD}": BAD}
ASKED = "answer_rate"
"""Kind of an answer that asks whether it helped."""
APART_SECONDS = 24 * 3600
LONGEST = 1024
"""A message with buttons may be this long; a longer answer would become two messages, and each is billed."""
DELICATE = frozenset({"health_mental", "health_pregnancy", "documents_lost", "family_tracing", "return_home"})
"""Topics after which the question would hurt."""
_ASKS = ("?", "؟", "？")


def read(payload: str) -> tuple[str, str] | None:
    """Which rating a payload of ours is, and of what; None for any other."""
    name, _, about = payload.partition(":")
    return (PAYLOADS[name], about) if name in PAYLOADS else None


def with_question(
    conn: Connection,
    service: Service,
    contact: contacts.Contact,
    said: list[OutboundMessage],
    intent: str | None,
    inbox_id: int,
) -> list[OutboundMessage]:
    """What the assistant says, with the question at its end where it fits."""
    if service.settings.satisfaction != "on" or not _fits(contact, said, intent):
        return said
    question = _question(service, "utter_rate_answer", contact.language, f"a{inbox_id}:{intent}")
    if sum(len(one.text) + 2 for one in said) + len(question.text) > LONGEST or _asked_lately(conn, contact.id):
        return said
    return [*said, question]


def goodbye(service: Service, case: cases.Case) -> OutboundMessage:
    """The words that end a case, asking whether it helped unless that would be out of place."""
    words = service.answers.get("utter_case_closed", case.language)
    if service.settings.satisfaction != "on" or case.urgent or case.sensitive or case.outcome == "spam":
        return words
    question = _question(service, "utter_rate_case", case.language, f"c{case.id}")
    return replace(question, text=f"{words.text}\n\n{question.text}")


def taken_before(conn: Connection, contact_id: str, about: str) -> bool:
    """Whether this was rated already: the thanks for it are there."""
    query = sa.select(outbox.c.id).where(outbox.c.once_key == f"{once_key(contact_id, about)}:0")
    return conn.execute(query).first() is not None


def once_key(contact_id: str, about: str) -> str:
    """The key of the thanks for one rating."""
    return f"rated:{contact_id}:{about.partition(':')[0]}"


def topic(about: str) -> str:
    """The topic of the answer that was rated; empty for a case, where people answered."""
    return about.partition(":")[2]


def _fits(contact: contacts.Contact, said: list[OutboundMessage], intent: str | None) -> bool:
    if intent is None or contact.notice_at is None or not said:
        return False
    if intent in DELICATE or is_alarming(intent) or tables.group_of().get(intent, tables.OTHER) in NOT_QUESTIONS:
        return False
    tappable = any(one.buttons or one.request_location or one.media for one in said)
    return not tappable and not said[-1].text.rstrip().endswith(_ASKS)


_ASKED_SINCE = (
    sa.select(outbox.c.id)
    .where(outbox.c.contact_id == sa.bindparam("contact"), outbox.c.kind == ASKED)
    .where(outbox.c.created_at > sa.bindparam("since"))
    .limit(1)
)
"""Asked for nearly every answer, so made once."""


def _asked_lately(conn: Connection, contact_id: str) -> bool:
    since = clock.now() - APART_SECONDS
    return conn.execute(_ASKED_SINCE, {"contact": contact_id, "since": since}).first() is not None


def _question(service: Service, key: str, language: str | None, about: str) -> OutboundMessage:
    """The question; its buttons name what is rated, so that each can be counted once."""
    asked = service.answers.get(key, language)
    return replace(asked, buttons=tuple(replace(one, payload=f"{one.payload}:{about}") for one in asked.buttons))
