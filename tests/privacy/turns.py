"""Whole turns as channel and drain do them, and a case in the middle of things."""

import sqlalchemy as sa

from helpline import (
    cases,
    drafts,
    inbox,
    outbox,
    replies,
    turn,
)
from helpline.db import schema
from helpline.messages import OutboundMessage
from helpline.turn import Heard
from tests.people import agent, message, write

ANSWER = Heard(said=(OutboundMessage("A doctor must see you."),), intent="health_right_to_care")


def say(service, received, heard=ANSWER):
    """A whole turn, as channel and drain do it; the contact."""
    with service.engine.begin() as conn:
        contact_id = write(conn, service, received)
        [taken] = inbox.claim(conn, service.vault, 1)
        begun = turn.begin(conn, service, taken)
    if begun is not None:
        with service.engine.begin() as conn:
            turn.end(conn, service, begun, heard)
    return contact_id


def sent(service, contact_id, states=("queued", "held")):
    with service.engine.connect() as conn:
        query = sa.select(schema.outbox).where(schema.outbox.c.contact_id == contact_id)
        rows = conn.execute(query.where(schema.outbox.c.state.in_(states)).order_by(schema.outbox.c.id)).all()
    return [outbox.unpack(service.vault.open(row.body_sealed)) for row in rows]


def in_case(service, state="active"):
    """Amina's case, held by Sara, with a reply on its way, a note and a draft; contact, case and account."""
    with service.engine.begin() as conn:
        me = agent(conn)
        contact_id = write(conn, service, message("My name is Amina and I live at my aunt's"))
        [taken] = inbox.claim(conn, service.vault, 1)
        card = cases.Card(question="My name is Amina")
        case_id, _ = cases.open_case(conn, service.vault, contact_id, "asked", card=card, language="en")
        inbox.finish(conn, service.vault, taken, "handed_off", language="en", case_id=case_id)
        if state == "active":
            cases.claim(conn, case_id, me)
            replies.reply(conn, service.vault, case_id, me, OutboundMessage("Hello Amina"), "r1")
        replies.note(conn, service.vault, case_id, me, "lives with her aunt")
        drafts.keep(conn, service.vault, case_id, me, "reply", "Dear Amina")
    return contact_id, case_id, me
