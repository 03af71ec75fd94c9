"""How the drain saves transactions: ends of turns are written together, messages are taken several at a time."""

import asyncio

import pytest
import sqlalchemy as sa

from helpline.assistant import drain as draining
from helpline.assistant.drain import ENDED_AT_ONCE, IN_FLIGHT, TAKEN_AT_ONCE, Drain
from helpline.db import schema
from helpline.db.engine import connect
from helpline.db.together import Together
from tests.people import AMINA, BASHIR, message, write


@pytest.fixture
def engine(tmp_path, sqlite_template):
    import shutil

    shutil.copy(sqlite_template, tmp_path / "helpline.db")
    made = connect(f"sqlite:///{tmp_path}/helpline.db")
    yield made
    made.dispose()


def with_drain(service, steps):
    """Run a coroutine with a drain; how many transactions there were."""
    commits = []
    sa.event.listen(service.engine, "commit", commits.append)

    async def run():
        together = Together(service.engine)
        await steps(Drain(service, lambda: None, together))
        together.close()

    asyncio.run(run())
    return len(commits)


def nothing(conn):
    conn.execute(sa.select(schema.inbox.c.id))


def faulty(conn):
    raise ValueError("broken")


def test_ends_of_turns_are_one_transaction_while_others_are_asked(service, monkeypatch):
    monkeypatch.setattr(draining, "ENDED_SECONDS", 60)  # only company counts here

    async def steps(drain):
        drain._asked = 1
        await asyncio.gather(*(drain._write_end(nothing) for _ in range(ENDED_AT_ONCE)))

    # The thread may begin before it has seen all of them: then they are two.
    assert with_drain(service, steps) <= 2


def test_a_turn_that_ends_alone_is_written_at_once(service, monkeypatch):
    monkeypatch.setattr(draining, "ENDED_SECONDS", 3600)

    async def steps(drain):
        await asyncio.wait_for(drain._write_end(nothing), 60)

    assert with_drain(service, steps) == 1


def test_an_end_does_not_wait_for_a_turn_that_hangs(service, monkeypatch):
    monkeypatch.setattr(draining, "ENDED_SECONDS", 0.001)

    async def steps(drain):
        drain._asked = 1
        await asyncio.wait_for(drain._write_end(nothing), 60)
        await asyncio.wait_for(drain._write_end(nothing), 60)

    assert with_drain(service, steps) == 2


def test_a_faulty_end_costs_nobody_elses(service):
    async def steps(drain):
        drain._asked = 1
        ended = await asyncio.gather(*(drain._write_end(w) for w in (nothing, faulty, nothing)), return_exceptions=True)
        assert [type(one) for one in ended] == [type(None), ValueError, type(None)]

    with_drain(service, steps)


def test_messages_are_taken_when_there_is_room_for_several_or_nothing_is_in_work(service):
    with service.engine.begin() as conn:
        for sender in (AMINA, BASHIR):
            write(conn, service, message("hello", sender=sender))

    async def steps(drain):
        drain._working = {object() for _ in range(IN_FLIGHT - TAKEN_AT_ONCE + 1)}
        assert await drain._claim() == []
        drain._working.pop()
        assert len(await drain._claim()) == 2

    with_drain(service, steps)
