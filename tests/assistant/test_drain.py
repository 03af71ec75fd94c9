"""The drain with a real model: hanging, failing, missing; and what a fault of the database leaves."""

import asyncio
import time

import pytest
import sqlalchemy as sa
from rasa.core.agent import Agent

from helpline import clock, inbox, turn
from helpline.assistant import drain as draining
from helpline.assistant import trackers
from helpline.assistant.drain import Drain
from helpline.assistant.speaker import MOST_STUCK
from helpline.db import schema
from helpline.db.together import Together
from tests.assistant.test_dialogue import CONFIG, RULES, Actions, trained
from tests.conftest import count
from tests.people import AMINA, BASHIR, message, write

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("dialogue")]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return trained(tmp_path_factory.mktemp("drained"), CONFIG, RULES)


@pytest.fixture
def engine(request, tmp_path, sqlite_template):
    """On SQLite only: PostgreSQL is driven by the processes of tests/faults."""
    import shutil

    from helpline.db.engine import connect

    shutil.copy(sqlite_template, tmp_path / "helpline.db")
    made = connect(f"sqlite:///{tmp_path}/helpline.db")
    yield made
    made.dispose()


def store(service, *received):
    with service.engine.begin() as conn:
        return [write(conn, service, one) for one in received]


def settled(service):
    with service.engine.connect() as conn:
        return (
            conn.execute(sa.select(sa.func.count()).where(schema.inbox.c.state.in_(("waiting", "in_flight")))).scalar()
            == 0
        )


def work(service, agent, deadline=15.0, seconds=30.0):
    """Let the drain work until nothing waits any more; the drain."""

    async def run():
        together = Together(service.engine)
        made = Drain(service, lambda: agent, together)
        made.speaker._deadline = deadline
        task = asyncio.ensure_future(made.run())
        until = time.monotonic() + seconds
        while not settled(service):
            assert time.monotonic() < until, "messages still wait"
            await asyncio.sleep(0.05)
        made._stopping = True
        await asyncio.wait_for(task, 5)
        together.close()
        return made

    turn.warm()
    return asyncio.run(run())


def outcomes(service):
    with service.engine.connect() as conn:
        return list(conn.execute(sa.select(schema.inbox.c.outcome).order_by(schema.inbox.c.id)).scalars())


class Hanging(Actions):
    """Hangs in the loop itself, as a component that computes for ever does: nothing can interrupt it."""

    async def request(self, json=None, **more):
        time.sleep(4)
        return await super().request(json, **more)


def agent_of(model, service, actions):
    agent = Agent.load(model, action_endpoint=actions)
    store = trackers.StretchTrackerStore.__new__(trackers.StretchTrackerStore)
    store._service, store._strangers = service, {}
    trackers.TrackerStore.__init__(store, agent.domain, None)
    agent.tracker_store = agent.processor.tracker_store = store
    return agent


def test_turn_leaves_answer_and_memory_in_one_transaction(service, model):
    [contact_id] = store(service, message("hello"))
    work(service, agent_of(model, service, Actions()))
    assert outcomes(service) == ["answered"] and count(service.engine, schema.outbox) == 1
    with service.engine.connect() as conn:
        row = conn.execute(sa.select(schema.trackers)).one()
    assert row.contact_id == contact_id and row.sender_id.startswith(f"{contact_id}:")


def test_hanging_assistant_becomes_one_case_and_one_apology_and_others_go_on(service, model):
    store(service, message("tell", sender=AMINA))
    made = work(service, agent_of(model, service, Hanging()), deadline=0.5)
    assert made.speaker.stuck == 1 and made.speaker.able
    assert outcomes(service) == ["handed_off"]
    assert count(service.engine, schema.cases) == 1 and count(service.engine, schema.outbox) == 1
    store(service, message("hello", sender=BASHIR))
    work(service, agent_of(model, service, Actions()))
    assert outcomes(service) == ["handed_off", "answered"]


def test_channel_is_not_able_any_more_when_thread_after_thread_hangs(service, model):
    people = [message("tell", sender=AMINA), message("tell", sender=BASHIR)]
    agent = agent_of(model, service, Hanging())

    async def run():
        made = Drain(service, lambda: agent, Together(service.engine))
        made.speaker._deadline = 0.1
        made.speaker.stuck = MOST_STUCK - 1
        return made

    made = asyncio.run(run())
    assert made.speaker.able
    made.speaker.stuck += 1
    assert not made.speaker.able
    store(service, *people)
    work(service, None)
    assert outcomes(service) == ["handed_off", "handed_off"]


def test_failing_action_becomes_one_case(service, model):
    actions = Actions()
    actions.error = RuntimeError("down")
    store(service, message("tell"))
    work(service, agent_of(model, service, actions))
    assert outcomes(service) == ["handed_off"] and count(service.engine, schema.outbox) == 1


def test_without_a_model_every_message_goes_to_people_and_emergencies_first_get_their_text(service):
    store(service, message("hello", sender=AMINA), message("I want to kill myself", sender=BASHIR))
    work(service, None)
    assert outcomes(service) == ["handed_off", "handed_off"]
    with service.engine.connect() as conn:
        assert sorted(conn.execute(sa.select(schema.cases.c.urgent)).scalars()) == [False, True]


def test_model_may_be_swapped_while_messages_are_answered(service, model):
    agents = [agent_of(model, service, Actions()) for _ in range(2)]
    store(service, *(message("hello", sender=sender) for sender in (AMINA, BASHIR) for _ in range(20)))
    flips = iter(range(10_000))

    async def run():
        together = Together(service.engine)
        made = Drain(service, lambda: agents[next(flips) % 2], together)
        task = asyncio.ensure_future(made.run())
        while not settled(service):
            await asyncio.sleep(0.05)
        made._stopping = True
        await asyncio.wait_for(task, 5)
        together.close()

    asyncio.run(run())
    assert set(outcomes(service)) == {"answered"} and count(service.engine, schema.outbox) == 40


def test_database_that_fails_for_a_while_delays_and_loses_nothing(service, model, monkeypatch):
    monkeypatch.setattr(draining, "TROUBLE_SECONDS", 0.05)
    failing = {"left": 6}
    theirs = turn.end

    def end(conn, *given):
        if failing["left"]:
            failing["left"] -= 1
            raise sa.exc.OperationalError("UPDATE", {}, Exception("database is locked"))
        return theirs(conn, *given)

    monkeypatch.setattr(turn, "end", end)
    store(service, message("hello"))
    work(service, agent_of(model, service, Actions()))
    assert outcomes(service) in (["answered"], ["handed_off"]) and count(service.engine, schema.outbox) == 1


@pytest.mark.parametrize("jump", [-7200, 7200])
def test_clock_that_jumps_leaves_nothing_behind(service, model, jump):
    store(service, message("hello", sender=AMINA))
    clock.shift(jump)
    store(service, message("menu", sender=BASHIR))
    work(service, agent_of(model, service, Actions()))
    assert outcomes(service) == ["answered", "answered"]
    with service.engine.connect() as conn:
        assert inbox.waiting(conn)[0] == 0
