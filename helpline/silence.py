"""A contact who fell silent after a person answered: asked once whether that was all, then the case is closed.

Never while their own message is the last word, never for an urgent case, and by day only: a phone that lights up at
night is seen by others in the room.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import cases, clock, contacts, holding, outbox, rating
from helpline.db.schema import cases as table
from helpline.db.schema import outbox as sent
from helpline.errors import HelplineError
from helpline.messages import Author
from helpline.service import Service

DAY_HOURS = range(9, 20)
"""When it may be asked, Dutch time."""


@dataclass(frozen=True)
class _Quiet:
    case_id: int
    contact_id: str
    language: str | None
    account_id: int
    last_word: int
    last_row: int


def tend(conn: Connection, service: Service) -> int:
    """The timed job: ask those who are due, close those who did not answer; how many cases it touched.

    Hours after which it is asked, and after which the case is closed then: CASE_NUDGE_HOURS (0: never) and
    CASE_CLOSE_HOURS.
    """
    nudge_after = service.settings.case_nudge_hours * 3600
    if not nudge_after:
        return 0
    touched = 0
    for quiet in _quiet(conn, clock.now() - nudge_after):
        asked_at = conn.execute(sa.select(sent.c.created_at).where(sent.c.once_key == f"{_key(quiet)}:0")).scalar()
        try:
            with conn.begin_nested():
                if asked_at is None:
                    touched += _ask(conn, service, quiet)
                elif asked_at + service.settings.case_close_hours * 3600 <= clock.now():
                    _close(conn, service, quiet)
                    touched += 1
        except HelplineError:
            continue  # somebody was faster
    return touched


def _quiet(conn: Connection, before: int) -> list[_Quiet]:
    """Answered cases in which an agent had the last word before a moment."""
    last = (
        sa.select(sent.c.case_id, sa.func.max(sent.c.id).label("row"), sa.func.max(sent.c.created_at).label("at"))
        .where(sent.c.author == Author.AGENT.value)
        .group_by(sent.c.case_id)
        .subquery()
    )
    query = (
        sa.select(table.c.id, table.c.contact_id, table.c.language, table.c.account_id, last.c.at, last.c.row)
        .join(last, last.c.case_id == table.c.id)
        .where(table.c.state == "active", table.c.waiting_since.is_(None), last.c.at <= before)
        .where(~table.c.urgent, ~table.c.sensitive)
        .order_by(table.c.id)
    )
    return [_Quiet(*row) for row in conn.execute(query)]


def _key(quiet: _Quiet) -> str:
    """One question for one last word."""
    return f"still-there:{quiet.case_id}:{quiet.last_row}"


def _ask(conn: Connection, service: Service, quiet: _Quiet) -> bool:
    contact = contacts.get(conn, quiet.contact_id, lock=True)
    by_day = clock.local(clock.now()).hour in DAY_HOURS
    if not by_day or not outbox.window_open(contact) or contact.stopped_at is not None:
        # Outside the window only a template could go, and this question is not worth one: the case is closed in time.
        return False
    words = service.answers.get("utter_still_there", quiet.language)
    state = outbox.put(
        conn, service.vault, contact.id, words, author=Author.SYSTEM, kind="still_there", once_key=f"{_key(quiet)}:0",
        case_id=quiet.case_id, language=quiet.language,
    )  # fmt: skip
    cases.record(conn, quiet.case_id, "asked_still_there", None)
    return state is not None


def _close(conn: Connection, service: Service, quiet: _Quiet) -> None:
    cases.close(conn, quiet.case_id, quiet.account_id, "no_reply")
    if outbox.window_open(contacts.get(conn, quiet.contact_id)):
        words = rating.goodbye(service, cases.get(conn, quiet.case_id))
        holding.say_goodbye(conn, service.vault, quiet.case_id, words)
