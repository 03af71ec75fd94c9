"""What one turn costs in a long conversation: the drain with the real model, in this process."""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
import time

import sqlalchemy as sa

from benchmarks.messages import text_of

AT = (10, 100, 1000)
AROUND = 9
"""Turns before and after that are measured with it."""


def measure() -> dict[str, float]:
    """Processor milliseconds of the turn with this number (the median of those around it)."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(
            DATABASE_URL=f"sqlite:///{folder}/long.db", RASA_TELEMETRY_ENABLED="false", TF_CPP_MIN_LOG_LEVEL="3"
        )
        return asyncio.run(_talk())


async def _talk() -> dict[str, float]:
    from rasa.core.agent import load_agent
    from rasa.core.utils import AvailableEndpoints
    from rasa.utils.log_utils import configure_structlog

    from helpline import contacts, content, inbox, service, turn
    from helpline.assistant import channel
    from helpline.assistant.drain import Drain
    from helpline.db import schema
    from helpline.db.together import Together
    from helpline.messages import Identity, InboundMessage

    configure_structlog(30)
    opened = service.here()
    schema.metadata.create_all(opened.engine)
    with opened.engine.begin() as conn:
        content.import_starter(conn)
    turn.warm()
    agent = await load_agent(model_path="models", endpoints=AvailableEndpoints.read_endpoints("endpoints.yml"))
    if agent is None or not agent.is_ready():
        raise SystemExit("The model in models/ cannot be loaded. Train one: helpline train.")
    channel._equip(agent, opened)
    together = Together(opened.engine)
    drain = Drain(opened, lambda: agent, together)
    took: list[float] = []
    for number in range(AT[-1] + AROUND + 1):
        with opened.engine.begin() as conn:
            sender = Identity(phone="31690000001")
            received = InboundMessage("1", f"m{number}", sender, int(time.time()), "text", "text", text=text_of(number))
            inbox.store(conn, opened.vault, received, contacts.identify(conn, opened.vault, sender))
            conn.execute(sa.update(schema.contacts).values(last_inbound_at=int(time.time())))
        began = time.process_time()
        for taken in await drain._claim():
            await drain._handle(taken)
        took.append(1000 * (time.process_time() - began))
    together.close()
    with opened.engine.connect() as conn:
        ended = set(conn.execute(sa.select(schema.inbox.c.outcome)).scalars())
    if ended != {"answered"}:
        raise SystemExit(f"Not every turn was answered: {ended}.")
    return {str(at): round(sorted(took[at - AROUND : at + AROUND])[AROUND], 2) for at in AT}


if __name__ == "__main__":
    print(json.dumps(measure()))
