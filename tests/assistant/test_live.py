"""The channel changes over to what is published, between two messages: real models, real drain, real database."""

from __future__ import annotations

import asyncio
import shutil
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from helpline import cases, examples, heartbeats, intents, outbox
from helpline import service as services
from helpline.db import schema
from helpline.db.together import Together
from helpline.messages import Identity
from helpline.releases import models, publishing, queue
from tests.conftest import SECRET
from tests.people import message, write
from tests.releases.conftest import SENTENCES

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("live")]
ASKED = "it is about the grinding thing again"
MEANINGS = ("health_dental", "child_education")
OTHERS = {
    **SENTENCES,
    "emergency_medical": [
        "he does not breathe",
        "she bleeds a lot",
        "call an ambulance",
        "unconscious",
        "heart attack",
        "cannot wake her",
    ],
}


@pytest.fixture
def running(tmp_path, sqlite_template, monkeypatch):
    """A service of this process with the starter answers."""

    shutil.copy(sqlite_template, tmp_path / "helpline.db")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/helpline.db")
    monkeypatch.setenv("SECRET_KEY", SECRET)
    services.here.cache_clear()
    opened = services.here()
    yield opened
    opened.engine.dispose()
    services.here.cache_clear()


WORDINGS = (ASKED, f"{ASKED} please", f"hello {ASKED}", f"{ASKED} today", f"sorry {ASKED}", f"{ASKED} sir")


@pytest.fixture
def released(running, tmp_path, monkeypatch):
    """Two releases, trained and judged as the worker's process does it, and what the sentence means in each."""
    from helpline.assistant import training

    monkeypatch.setattr(training, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(models, "INSTALLED", tmp_path / "no models")
    with running.engine.begin() as conn:
        intents.ensure(conn, [*OTHERS, *MEANINGS, "covid_proof"], 0)
        for intent, texts in OTHERS.items():
            examples.add(conn, intent, "en", texts, account_id=None)
        ids = examples.add(conn, MEANINGS[0], "en", WORDINGS, account_id=None)
        intents.create(conn, "bike_repair", "people", None)
        intents.merge(conn, "covid_proof", MEANINGS[0], None)
    made = {}
    for meaning in MEANINGS:
        with running.engine.begin() as conn:
            examples.move(conn, ids, meaning, None)
            release_id = queue.ask(conn, None)
            queue.begin_next(conn)
        columns = training._train(running, release_id)
        with running.engine.begin() as conn:
            assert queue.get(conn, release_id).phase == "evaluate"
            queue.end(conn, release_id, "ready", **columns)
        made[release_id] = meaning
    return made


def agent_without_model(opened):
    from rasa.core.agent import Agent

    from helpline.assistant.actions_endpoint import ActionsHere
    from helpline.assistant.answers import PublishedAnswers
    from helpline.assistant.trackers import StretchTrackerStore

    return Agent(
        generator=PublishedAnswers(), tracker_store=StretchTrackerStore(), action_endpoint=ActionsHere()
    )  # fmt: skip


def said(opened) -> list[tuple[int | None, str]]:
    """Release and text of every message of the assistant, oldest first."""
    with opened.engine.connect() as conn:
        rows = conn.execute(sa.select(schema.outbox).order_by(schema.outbox.c.id)).all()
        return [
            (row.release_id, outbox.unpack(opened.vault.open(row.body_sealed)).text)
            for row in rows
            if row.author == "assistant"
        ]


def ask(opened, number: int, text: str = ASKED) -> None:
    with opened.engine.begin() as conn:
        write(conn, opened, message(text, sender=Identity(phone=f"3160002{number:04d}")))


async def settled(opened, count: int) -> None:
    for _ in range(400):
        with opened.engine.connect() as conn:
            done = sa.select(sa.func.count()).where(schema.inbox.c.state == "done")
            if conn.execute(done).scalar_one() >= count:
                return
        await asyncio.sleep(0.05)
    raise AssertionError(f"{count} messages were not dealt with")


def publish(opened, release_id: int) -> None:
    with opened.engine.begin() as conn:
        publishing._point(conn, release_id, "publish", None)


def test_twelve_changes_under_load_and_no_reply_is_mixed(running, released):
    from helpline.assistant.drain import Drain
    from helpline.assistant.live import LiveModel

    first, second = released
    texts = {release_id: running.answers.get(f"utter_{meaning}", "en").text for release_id, meaning in released.items()}

    async def scenario() -> int:
        app = SimpleNamespace(ctx=SimpleNamespace(agent=agent_without_model(running)))
        publish(running, first)
        live = LiveModel(running, app)
        await live.look()
        together = Together(running.engine, "turns")
        drain = Drain(running, lambda: app.ctx.agent, together)
        work = asyncio.ensure_future(drain.run())
        number = 0
        for turn in range(12):
            for _ in range(4):
                await asyncio.to_thread(ask, running, number)
                number += 1
            drain.wake()
            if turn % 2:
                with running.engine.begin() as conn:
                    publishing.roll_back(conn, None)
            else:
                publish(running, second)
            await live.look()
        await settled(running, number)
        await drain.stop()
        work.cancel()
        together.close()
        return number

    with running.engine.begin() as conn:
        report = queue.get(conn, second).report
    assert report["golden"]["asked"] > 200 and report["losses"]
    count = asyncio.run(scenario())
    replies = said(running)
    assert len(replies) == count
    assert {release_id for release_id, _ in replies} == {first, second}
    assert [release_id for release_id, text in replies if texts[release_id] not in text] == []
    with running.engine.begin() as conn:
        assert cases.select(conn) == []
        (sign,) = heartbeats.signs(conn, "channel")
    assert sign.facts["release"] == first


def test_buttons_of_merged_topics_lead_on_and_a_forged_model_changes_nothing(running, released):
    from helpline.assistant.live import LiveModel, of

    first, second = released

    async def scenario() -> None:
        app = SimpleNamespace(ctx=SimpleNamespace(agent=agent_without_model(running)))
        live = LiveModel(running, app)
        await live.look()
        assert of(app.ctx.agent).release_id is None
        publish(running, first)
        await live.look()
        served = of(app.ctx.agent)
        assert served.release_id == first
        assert served.payload("/covid_proof") == "/health_dental"
        assert served.payload('/covid_proof{"place": "x"}') == '/health_dental{"place": "x"}'
        assert served.payload("/greet") == "/greet"
        assert served.payload("covid_proof") == "covid_proof"
        assert "bike_repair" in app.ctx.agent.domain.intents
        with running.engine.begin() as conn:
            conn.execute(sa.update(schema.releases).where(schema.releases.c.id == second).values(model_seal="0" * 64))
        publish(running, second)
        await live.look()
        assert of(app.ctx.agent).release_id == first
        with running.engine.begin() as conn:
            (sign,) = heartbeats.signs(conn, "channel")
        assert (sign.facts["release"], sign.facts["not_loaded"]) == (first, second)

    asyncio.run(scenario())
