"""What contacts are told about when a person answers. Only what the roster and the last two weeks can keep.

Without a roster the texts are those of a desk without hours.
"""

from __future__ import annotations

import sqlalchemy as sa
from babel import Locale
from babel.dates import format_date
from sqlalchemy.engine import Connection

from helpline import cases, clock, contacts, outbox, shifts
from helpline.content import SPOKEN
from helpline.db.schema import outbox as sent
from helpline.messages import Author, OutboundMessage
from helpline.notices import targets
from helpline.service import Service
from helpline.shifts import hours, wait

HUMAN_SECONDS = 30 * 60
"""Nobody hears that the desk is closed when a person wrote to them within this."""
_DAYS_NAMED = 6


def waiting(conn: Connection, service: Service, language: str | None) -> str:
    """When somebody who writes this language can expect a person, in that language; never empty."""
    return known_wait(conn, service, language) or service.answers.get("utter_wait_unknown", language).text


def known_wait(conn: Connection, service: Service, language: str | None, *, said_in: str | None = None) -> str:
    """The same, said in another language if need be; empty when nothing can be promised."""
    said_in = said_in or language
    expected = shifts.expect(conn, language)
    if expected.kind == "unknown" or said_in not in SPOKEN:
        return ""
    own = "utter_language_own" if said_in == language else "utter_language_yours"
    answers = service.answers
    facts = {"language": answers.get(own, said_in).text}
    if expected.kind == "here":
        return _here(service, said_in, expected.seconds, facts)
    if expected.at:
        facts["when"] = moment(service, said_in, expected.at)
    if expected.kind == "from":
        key = "utter_wait_from_others" if expected.others_here else "utter_wait_from"
    else:
        key = "utter_wait_other_from" if expected.at else "utter_wait_other"
    return answers.get(key, said_in, **facts).text


def _here(service: Service, language: str | None, seconds: int, facts: dict[str, str]) -> str:
    if not seconds:
        return service.answers.get("utter_wait_here", language, **facts).text
    if seconds > wait.BANDS[-1]:
        return service.answers.get("utter_wait_here_long", language, **facts).text
    if seconds <= 3600:
        return service.answers.get("utter_wait_here_minutes", language, n=str(seconds // 60), **facts).text
    return service.answers.get("utter_wait_here_hours", language, n=str(seconds // 3600), **facts).text


def moment(service: Service, language: str | None, at: int) -> str:
    """`Thursday at 10:00`, in the contact's language and Dutch time, in European figures."""
    answers, local = service.answers, clock.local(at)
    time, days = f"{local.hour:02}:{local.minute:02}", (local.date() - clock.today()).days
    if days <= 0:
        return answers.get("utter_when_today", language, time=time).text
    if days == 1:
        return answers.get("utter_when_tomorrow", language, time=time).text
    locale = Locale.parse(language if language in SPOKEN else "en")
    day = format_date(local.date(), "EEEE", locale=locale)
    if days <= _DAYS_NAMED:
        return answers.get("utter_when_day", language, day=day, time=time).text
    date = f"{local.day}-{local.month}"
    return answers.get("utter_when_date", language, day=day, date=date, time=time).text


def say_closed(conn: Connection, service: Service, contact_id: str, case_id: int) -> bool:
    """Tell somebody who writes in an open case that nobody is there now; True when it was said.

    Once for each time the desk is closed, not beside a person's words, and never in an emergency.
    """
    case, contact = cases.get(conn, case_id), contacts.get(conn, contact_id, lock=True)
    language = case.language or contact.language
    at = clock.now()
    if case.urgent or case.emergency or case.waiting_since is None or language not in SPOKEN:
        return False
    if not is_closed(conn):
        return False
    period = hours.closed_since(conn, at)
    said = sa.and_(sent.c.kind.in_(("acknowledgement", "hours")), sent.c.created_at >= period)
    human = sa.and_(sent.c.author == Author.AGENT.value, sent.c.created_at >= at - HUMAN_SECONDS)
    seen = sa.select(sent.c.id).where(sent.c.contact_id == contact_id, sa.or_(said, human)).limit(1)
    if conn.execute(seen).first() is not None:
        return False
    text = service.answers.get("utter_hours_closed", language, wait=waiting(conn, service, language))
    state = outbox.put(
        conn, service.vault, contact_id, text, author=Author.SYSTEM, kind="hours",
        once_key=f"hours:{contact_id}:{period}", case_id=case_id, language=language,
    )  # fmt: skip
    return state is not None


def is_closed(conn: Connection) -> bool:
    """Whether the roster has hours and these are none of them, and nobody came all the same."""
    return bool(shifts.entries(conn)) and not shifts.is_open(conn) and not wait.somebody_here(conn)


def in_emergency(conn: Connection, service: Service, language: str | None) -> list[OutboundMessage]:
    """What somebody in danger must know when the desk is closed: who was alerted, or that nobody was."""
    if language not in SPOKEN or not is_closed(conn):
        return []
    if any(target.audience == "on_call" for target in targets.read(service.settings)):
        return [service.answers.static("utter_hours_on_call", language)]
    slot = shifts.next_slot(conn)
    if slot is None:
        return []
    return [service.answers.static("utter_hours_emergency", language, when=moment(service, language, slot.begins))]
