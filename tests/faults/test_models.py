"""Models that are missing, cut short, garbage, incomplete, forged, or changed while they load: a real channel."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from helpline import heartbeats
from helpline.commands.train import train
from helpline.db import schema
from helpline.db.vault import Vault
from helpline.releases import models, publishing, queue, snapshot
from tests.conftest import count, wait_until
from tests.faults.conftest import LONG, phones
from tests.faults.rig import ROOT, Balancer, Rig
from tests.wires import serving

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("service")]


def newest() -> bytes:
    return max((ROOT / "models").glob("*.tar.gz"), key=lambda path: path.stat().st_mtime).read_bytes()


def without_a_part(model: bytes) -> bytes:
    """The archive without what one component needs."""
    made = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(model)) as old, tarfile.open(fileobj=made, mode="w:gz") as new:
        for member in old.getmembers():
            if "MessageClassifier" not in member.name:
                new.addfile(member, old.extractfile(member) if member.isfile() else None)
    return made.getvalue()


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    """The checkout with a folder `models` of its own, which is empty."""
    folder = tmp_path_factory.mktemp("home")
    for path in ROOT.iterdir():
        if path.name not in ("models", "var") and not path.name.startswith("."):
            (folder / path.name).symlink_to(path)
    (folder / "models").mkdir()
    (folder / "var").mkdir()
    return folder


@pytest.fixture(scope="module")
def alone(home, tmp_path_factory) -> Iterator[Rig]:
    """One channel and one worker on SQLite."""
    train()
    folder, balancer = tmp_path_factory.mktemp("models"), Balancer()
    with serving(balancer) as front:
        made = Rig(folder, f"sqlite:///{folder}/helpline.db", balancer, front, ASSISTANT_DEADLINE="60")
        with serving(made.app) as graph_url:
            made.prepare(graph_url)
            made.add("worker", "worker")
            yield made
            made.close()


def start_channel(rig: Rig, home: Path):
    for process in [one for one in rig.processes.values() if one.kind == "channel"]:
        process.kill()
        process.start()
        break
    else:
        process = rig.add("channel", "channel", home=home)
    wait_until(lambda: (process.health() or {}).get("database"), 240, "the channel to live")
    return process


def release(rig: Rig, body: bytes, *, kept: bytes | None = None) -> int:
    """A release made of this archive, trained and sealed as ours; `kept`: what stands in its place afterwards."""
    vault = Vault(rig.environment["SECRET_KEY"])
    with rig.engine.begin() as conn:
        release_id = queue.ask(conn, None)
        assert queue.begin_next(conn) == release_id
        columns = models.store(conn, vault, release_id, snapshot.take(conn), body)
        assert columns["model_hash"] == hashlib.sha256(body).hexdigest()
        queue.end(conn, release_id, "ready", **columns)
        if kept is not None:
            table = schema.release_models
            conn.execute(sa.update(table).where(table.c.release_id == release_id).values(model=kept))
    return release_id


def publish(rig: Rig, release_id: int) -> None:
    with rig.engine.begin() as conn:
        publishing._point(conn, release_id, "publish", None)


def signs(rig: Rig) -> list[dict]:
    with rig.engine.connect() as conn:
        return [dict(one.facts) for one in heartbeats.signs(conn, "channel")]


def says(rig: Rig, **facts) -> None:
    """Wait until a sign of life of the channel holds these facts."""
    wait_until(lambda: any(facts.items() <= one.items() for one in signs(rig)), 300, f"a channel that says {facts}")


BROKEN_FILES = {
    "cut short": lambda model: model[: len(model) // 2],
    **({"missing": None, "garbage": lambda _model: os.urandom(50_000), "incomplete": without_a_part} if LONG else {}),
}


@pytest.mark.parametrize("fault", BROKEN_FILES)
def test_channel_whose_model_is_broken_lives_and_hands_each_person_to_people_once(alone, home, fault):
    for old in (home / "models").iterdir():
        old.unlink()
    if (broken := BROKEN_FILES[fault]) is not None:
        (home / "models" / "20261125-model.tar.gz").write_bytes(broken(newest()))
    channel = start_channel(alone, home)
    health = channel.health()
    assert health is not None and (health["alive"], health["ready"], health["model"]) == (True, False, False)
    before = count(alone.engine, schema.cases)
    people = phones(40 + list(BROKEN_FILES).index(fault), 4)
    alone.write(people, 2)
    alone.settle()
    alone.count().assert_good()
    assert count(alone.engine, schema.cases) - before == len(people)
    told = [to for call in alone.graph.calls if (to := call["payload"].get("to", "").lstrip("+")) in people]
    assert sorted(told) == sorted(people)  # one apology each, for two messages


BROKEN_RELEASES = {
    "garbage": (lambda _model: os.urandom(50_000), None),
    "another one than was trained": (lambda model: model, lambda model: model + b"x"),
    **(
        {
            "cut short": (lambda model: model[: len(model) // 2], None),
            "incomplete": (without_a_part, None),
            "empty": (lambda _model: b"", None),
        }
        if LONG
        else {}
    ),
}


def test_release_mends_the_channel_and_broken_ones_after_it_change_nothing(alone, home):
    channel = alone.processes["channel"]
    good = newest()
    first = release(alone, good)
    publish(alone, first)
    # While it loads, people write; whoever is too early is handed to people, nobody waits for the model.
    alone.write(phones(50, 4), 1)
    says(alone, release=first)
    wait_until(channel.ready, 240, "the channel")
    for place, (broken, kept) in enumerate(BROKEN_RELEASES.values()):
        bad = release(alone, broken(good), kept=kept(good) if kept else None)
        publish(alone, bad)
        says(alone, release=first, not_loaded=bad)
        people = phones(60 + place, 3)
        alone.write(people, 2)
        alone.settle()
        alone.count().assert_good()
        assert channel.ready()
        assert answered(alone, people) == 6
    # Two changes at once: whatever was loading when the second came, the last one answers in the end.
    second, third = release(alone, good), release(alone, good)
    publish(alone, second)
    alone.write(phones(70, 4), 1)
    publish(alone, third)
    alone.write(phones(71, 4), 1)
    says(alone, release=third)
    alone.settle()
    alone.count().assert_good()
    assert answered(alone, [*phones(70, 4), *phones(71, 4)]) == 8


def answered(rig: Rig, people: list[str]) -> int:
    """How many of their messages the assistant answered itself."""
    ids = [one for person in people for one in rig.sent[person]]
    inbox = schema.inbox.c
    return count(rig.engine, schema.inbox, inbox.message_id.in_(ids), inbox.outcome == "answered")
