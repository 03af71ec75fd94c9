"""The parts of the report on messages that are more than a load on one service."""

from __future__ import annotations

import asyncio
import itertools
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import sqlalchemy as sa

from benchmarks import graph
from benchmarks.messages import SECRET, Load, Service, milliseconds, running, text_of
from helpline import examples, inbox
from helpline import service as opened_service
from helpline import settings as all_settings
from helpline.db import schema
from helpline.db.engine import connect
from helpline.db.vault import Vault
from helpline.examples import files
from helpline.releases import models, publishing, queue, snapshot

ALL = 10_000
"""Messages after which the memory is measured."""
RATE = 20.0
"""Messages a second while models change over: a pause of 200 ms between two answers is four of them."""
TRAINING_RATE = 10.0
"""Messages a second during a training, which takes one of two cores."""
CHANGES = 20
EMPTY_REPORT = {
    "examples": 0, "changes": {}, "before": {}, "losses": [],
    "golden": {"asked": 0, "lost": [], "won": [], "failing": []},
    "replay": {"messages": 0, "counts": {}, "other": [], "to_people": [], "from_people": []},
}  # fmt: skip


async def on_database(database: str, *, to_the_end: bool = False) -> dict[str, dict[str, Any]]:
    """1, 50 and 2,000 contacts on one service, and (`to_the_end`) what it holds after 10,000 messages."""
    async with running(database) as (_service, load, up):
        found = {
            "50 contacts": {"start_s": up, **await load.both(50, 10, 50.0, 20)},
            "2,000 contacts": await load.both(2000, 1, 50.0, 1),
            "1 contact": await load.both(1, 30, 5.0, 30),
        }
        if to_the_end:
            left = max(0, ALL - load.messages)
            found["after 10,000 messages"] = await load.burst(500, -(-left // 500))
        return found


async def two_channels(database: str) -> dict[str, dict[str, Any]]:
    """Two channel processes on one database."""
    async with running(database, channels=2) as (_service, load, up):
        return {"50 contacts, two channels": {"start_s": up, **await load.both(50, 10, 50.0, 20)}}


async def training_and_change_over() -> dict[str, Any]:
    """What people notice of a training, and of twenty changes of the model, while they write."""
    async with running("") as (service, load, _up):
        opened = opened_service.start(all_settings.read(service.environment))
        with opened.engine.begin() as conn:
            files.import_starter(conn)
            first = _installed_as_release(conn, opened.vault)
        steady = Steady(load, service)
        idle = await steady.during(lambda: asyncio.sleep(10), RATE)
        training = await steady.during(lambda: _train(opened), TRAINING_RATE)
        changes = await steady.during(lambda: _change_over(opened, first), RATE)
        opened.engine.dispose()
        return {"idle": idle, "training": training, "changes": {"count": CHANGES, **changes}}


class Steady:
    """Messages at a steady rate, each from somebody new, for as long as something else takes."""

    def __init__(self, load: Load, service: Service) -> None:
        self._stand_in, self._url = load._stand_in, load._urls[0]
        self._number = 0

    async def during(self, work: Callable[[], Awaitable[Any]], rate: float) -> dict[str, Any]:
        """The figures of the messages sent meanwhile, so many a second."""
        sent: dict[str, float] = {}
        done, began = asyncio.ensure_future(work()), time.perf_counter()
        async with aiohttp.ClientSession() as session:
            posts: list[asyncio.Future[float]] = []
            while not done.done():
                self._number += 1
                phone = f"3168{self._number:07d}"
                await asyncio.sleep(max(0.0, began + len(sent) / rate - time.perf_counter()))
                sent[phone] = time.perf_counter()
                body = graph.webhook(phone, self._number, text_of(self._number))
                posts.append(asyncio.ensure_future(graph.post(session, self._url, body, SECRET)))
            acknowledged = list(await asyncio.gather(*posts))  # raises when one was refused
        await done
        got = self._stand_in.sent
        await graph.until(lambda: all(got.get(phone) for phone in sent), 60)
        took = [got[phone][0] - at for phone, at in sent.items() if got.get(phone)]
        answered = sorted(got[phone][0] for phone in sent if got.get(phone))
        pauses = [later - earlier for earlier, later in itertools.pairwise(answered)]
        if not pauses:
            raise RuntimeError("Nobody was answered: look at the logs of channel and worker.")
        return {
            "rate": rate,
            "seconds": round(time.perf_counter() - began, 1),
            "messages": len(sent),
            "unanswered": len(sent) - len(took),
            "ack_p95_ms": milliseconds(acknowledged, 95),
            "p50_ms": round(1000 * statistics.median(took), 1),
            "p95_ms": milliseconds(took, 95),
            "longest_ms": round(1000 * max(took), 1),
            "longest_pause_ms": round(1000 * max(pauses), 1),
        }


def _installed_as_release(conn: sa.engine.Connection, vault: Vault) -> int:
    """The installed model once more, as a release that can be gone over to."""
    newest = max(models.INSTALLED.glob("*.tar.gz"))
    release_id = queue.ask(conn, None, "benchmark")
    if queue.begin_next(conn) != release_id:
        raise RuntimeError("Another training is open.")
    columns = models.store(conn, vault, release_id, snapshot.take(conn), newest.read_bytes())
    queue.end(conn, release_id, "ready", report=json.dumps(EMPTY_REPORT), **columns)
    return release_id


async def _train(opened: opened_service.Service) -> None:
    """Ask for a training with something new in it, and wait for its report."""
    from benchmarks.releases import until_trained

    with opened.engine.begin() as conn:
        examples.add(conn, "health_dental", "en", ["my filling fell out of the tooth"], account_id=None)
        release_id = queue.ask(conn, None, "benchmark")
    await until_trained(opened, release_id)


async def _change_over(opened: opened_service.Service, release_id: int) -> None:
    """From the installed model to the release and back, each time once the channel answers with it."""
    from benchmarks.releases import _until_live

    for number in range(CHANGES):
        target = release_id if number % 2 == 0 else None
        with opened.engine.begin() as conn:
            publishing._point(conn, target, "publish", None)
        await _until_live(opened, target)


def conversation() -> dict[str, float]:
    """Processor milliseconds of turns 10, 100 and 1,000, in a process of its own."""
    made = subprocess.run(
        [sys.executable, "-m", "benchmarks.conversation"], check=True, capture_output=True, text=True, timeout=300
    )
    figures: dict[str, float] = json.loads(made.stdout.strip().splitlines()[-1])
    return figures


def full_inbox(rows: int) -> dict[str, float]:
    """Milliseconds to store and to claim a message when so many are there, done ones all but 100."""
    with tempfile.TemporaryDirectory() as folder:
        engine, vault = connect(f"sqlite:///{folder}/full.db"), Vault("benchmarks-only-0123456789-0123456789")
        schema.metadata.create_all(engine)
        body = vault.seal({"phone_number_id": "1", "message_id": "m", "sent_at": 1, "kind": "text", "deliver": "text"})
        with engine.begin() as conn:
            people = [{"id": f"{n:032x}", "alias": "", "created_at": 1} for n in range(10_000)]
            conn.execute(sa.insert(schema.contacts), people)
            for start in range(0, rows, 10_000):
                conn.execute(
                    sa.insert(schema.inbox),
                    [
                        {"phone_number_id": "1", "message_id": str(n), "contact_id": f"{n % 10_000:032x}",
                         "kind": "text", "body_sealed": body, "sent_at": n, "received_at": n,
                         "state": "waiting" if n >= rows - 100 else "done"}
                        for n in range(start, start + 10_000)
                    ],
                )  # fmt: skip
        claimed, stored = [], []
        for number in range(20):
            message = inbox.unpack({**vault.open(body), "message_id": f"new{number}", "text": "hello"})
            began = time.perf_counter()
            with engine.begin() as conn:
                inbox.store(conn, vault, message, f"{number:032x}")
            stored.append(1000 * (time.perf_counter() - began))
            began = time.perf_counter()
            with engine.begin() as conn:
                assert inbox.claim(conn, vault, 1)
            claimed.append(1000 * (time.perf_counter() - began))
        size = Path(f"{folder}/full.db").stat().st_size / 1e6
        engine.dispose()
        return {
            "rows": rows, "file_mb": round(size),
            "store_p50": round(statistics.median(stored), 2), "claim_p50": round(statistics.median(claimed), 2),
            "claim_worst": round(max(claimed), 2),
        }  # fmt: skip
