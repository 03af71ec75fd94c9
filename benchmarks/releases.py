"""Teach, train, report and publish while people write; then publish and roll back twenty times under load.

    python -m benchmarks.releases [--rate 5] [--idle 30] [--changes 20]

Starts the real channel, action server and worker on free ports with a stand-in Graph API. Two releases are trained
that answer one sentence differently, so that a reply shows which of them wrote it: a reply whose text and release
number do not belong together would be mixed. Prints the figures and writes docs/benchmarks/releases.json.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import sqlalchemy as sa

from benchmarks import graph
from benchmarks.messages import SECRET, Service, free_port, ready
from helpline import cases, examples, heartbeats, outbox, settings
from helpline import service as opened_service
from helpline.db.engine import reading
from helpline.db.schema import cases as cases_table
from helpline.db.schema import outbox as outbox_table
from helpline.examples import files
from helpline.releases import publishing, queue

ASKED = "is there anything for the grinding thing we talked about"
"""Means nothing by itself; each release learns its own meaning for it."""
MEANINGS = ("health_dental", "child_education")
WORDINGS = (ASKED, f"{ASKED} please", f"hello, {ASKED}", f"{ASKED}?", f"sorry, {ASKED}", f"{ASKED} yesterday")
TEXTS = (
    "Can I go to the doctor without papers?",
    "I have a bad toothache",
    "are you a robot",
    "can my son go to school",
)


class Load:
    """Messages at a steady rate, each from somebody new, with the time until each was answered."""

    def __init__(self, url: str, stand_in: graph.Graph, rate: float, texts: tuple[str, ...]) -> None:
        self._url, self._stand_in, self._rate, self._texts = url, stand_in, rate, texts
        self._number = 0

    async def during(self, work: Callable[[], Awaitable[Any]]) -> tuple[Any, dict[str, Any]]:
        """Write while something happens; its result, and the figures of these messages."""
        sent: dict[str, float] = {}
        acknowledged: list[float] = []
        done = asyncio.ensure_future(work())
        began = time.perf_counter()
        async with aiohttp.ClientSession() as session:
            tasks: list[asyncio.Future[Any]] = []
            while not done.done():
                number, self._number = self._number, self._number + 1
                phone = f"3169{number:07d}"
                await asyncio.sleep(max(0.0, began + len(sent) / self._rate - time.perf_counter()))
                sent[phone] = time.perf_counter()
                body = graph.webhook(phone, number, self._texts[number % len(self._texts)])
                tasks.append(asyncio.ensure_future(graph.post(session, self._url, body, SECRET)))
            acknowledged = [float(one) for one in await asyncio.gather(*tasks)]
        complete = await graph.until(lambda: all(self._stand_in.sent.get(phone) for phone in sent), 60)
        took = [self._stand_in.sent[phone][0] - at for phone, at in sent.items() if self._stand_in.sent.get(phone)]
        answered = sorted(self._stand_in.sent[phone][0] for phone in sent if self._stand_in.sent.get(phone))
        return done.result(), {
            "messages": len(sent), "unanswered": len(sent) - len(took), "complete": complete,
            "ack_longest_ms": _ms(max(acknowledged)), "p50_ms": _ms(statistics.median(took)),
            "p95_ms": _ms(statistics.quantiles(took, n=20)[-1]), "longest_ms": _ms(max(took)),
            "longest_pause_ms": _ms(max(b - a for a, b in itertools.pairwise(answered))),
        }  # fmt: skip


async def measure(rate: float, idle: float, changes: int) -> dict[str, Any]:
    """All figures."""
    with tempfile.TemporaryDirectory(prefix="helpline-releases-") as name:
        stand_in, graph_port = graph.Graph(), free_port()
        runner = await stand_in.start(graph_port)
        service = Service(Path(name), "", graph_port)
        os.environ.update(service.environment)
        service.start()
        opened = opened_service.start(settings.read())
        with opened.engine.begin() as conn:
            files.import_starter(conn)
        try:
            base = f"http://127.0.0.1:{service.port}"
            await ready(f"{base}/health", 240)
            url = f"{base}/webhooks/whatsapp/webhook"
            calm = Load(url, stand_in, rate, TEXTS)
            await calm.during(lambda: asyncio.sleep(8))  # warm
            figures: dict[str, Any] = {"rate": rate}
            _, figures["idle"] = await calm.during(lambda: asyncio.sleep(idle))
            taught, figures["while_training"] = await calm.during(lambda: _teach(opened, MEANINGS[0]))
            figures["taught"] = taught
            second = await _teach(opened, MEANINGS[1])
            numbers = {taught["release"]: MEANINGS[0], second["release"]: MEANINGS[1]}
            with reading(opened.engine) as conn:
                begun = int(conn.execute(sa.select(sa.func.max(outbox_table.c.id))).scalar_one())
            asking = Load(url, stand_in, rate, (ASKED,))
            asking._number = 500_000
            _, swaps = await asking.during(lambda: _change_over(opened, list(numbers), changes))
            figures["changes"] = {"count": changes, **swaps, **_judge(opened, numbers, begun)}
            figures["p95_training_to_idle"] = round(figures["while_training"]["p95_ms"] / figures["idle"]["p95_ms"], 2)
            return figures
        finally:
            service.stop()
            await runner.cleanup()


async def until_trained(opened: opened_service.Service, release_id: int) -> queue.Release:
    """The release once its report is there. Raises RuntimeError when the training ended otherwise."""
    while True:
        await asyncio.sleep(0.3)
        with reading(opened.engine) as conn:
            release = queue.get(conn, release_id)
        if not release.open:
            break
    if release.state != "ready":
        raise RuntimeError(f"The training ended as {release.state}: {release.error}")
    return release


async def _teach(opened: opened_service.Service, meaning: str) -> dict[str, Any]:
    """Add examples, train, publish; seconds until the channel answers with it."""
    began = time.perf_counter()
    with opened.engine.begin() as conn:
        known = [one for text in WORDINGS if (one := examples.store.of_text(conn, "en", text))]
        if known:
            examples.move(conn, [one.id for one in known], meaning, None)
        else:
            examples.add(conn, meaning, "en", WORDINGS, account_id=None)
        release_id = queue.ask(conn, None, "benchmark")
    release = await until_trained(opened, release_id)
    trained = time.perf_counter() - began
    with opened.engine.begin() as conn:
        if publishing.losses(release):
            publishing.ask_second(conn, release_id, 1, "the benchmark publishes it")
            publishing.agree(conn, release_id, 2)
        else:
            publishing.publish(conn, release_id, None)
    await _until_live(opened, release_id)
    return {
        "release": release_id, "to_report_s": round(trained, 1), "to_live_s": round(time.perf_counter() - began, 1),
        "losses": len(publishing.losses(release)), "phases_s": _phases(release),
    }  # fmt: skip


def _phases(release: queue.Release) -> dict[str, int]:
    """Whole seconds from the request until a process began, and of each phase, from the training's own notes."""
    starts = [("wait", release.queued_at), *release.timings.items(), ("", release.finished_at or 0)]
    return {name: round(then - at) for (name, at), (_, then) in itertools.pairwise(starts)}


async def _until_live(opened: opened_service.Service, release_id: int | None) -> None:
    for _ in range(200):
        with reading(opened.engine) as conn:
            signs = heartbeats.signs(conn, "channel")
        if signs and all(one.facts.get("release") == release_id for one in signs):
            return
        await asyncio.sleep(0.1)
    raise RuntimeError(f"No channel answers with release {release_id}.")


async def _change_over(opened: opened_service.Service, numbers: list[int], changes: int) -> None:
    """Publish and roll back in turn, each once the channel has changed over."""
    for turn in range(changes):
        with opened.engine.begin() as conn:
            if turn % 2 == 0:
                target = publishing.roll_back(conn, None)
            else:
                target = numbers[-1]
                publishing._point(conn, target, "publish", None)  # its report was accepted above
        await _until_live(opened, target)
        await asyncio.sleep(0.4)


def _judge(opened: opened_service.Service, numbers: dict[int, str], begun: int) -> dict[str, Any]:
    """Replies whose text belongs to another release than their number, and messages the assistant failed on."""
    texts = {meaning: opened.answers.get(f"utter_{meaning}", "en").text[:60] for meaning in MEANINGS}
    right = mixed = other = 0
    with reading(opened.engine) as conn:
        rows = conn.execute(sa.select(outbox_table).where(outbox_table.c.id > begun)).all()
        for row in rows:
            said = outbox.unpack(opened.vault.open(row.body_sealed)).text
            meant = next((meaning for meaning, text in texts.items() if text in said), None)
            if row.release_id in numbers and meant is not None:
                right += numbers[row.release_id] == meant
                mixed += numbers[row.release_id] != meant
            else:
                other += 1
        failed = cases.select(conn, cases_table.c.reason == "assistant_failed")
    return {"replies_right": right, "replies_mixed": mixed, "replies_other": other, "assistant_failed": len(failed)}


def _ms(seconds: float) -> float:
    return round(1000 * seconds, 1)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=5.0)
    parser.add_argument("--idle", type=float, default=30.0)
    parser.add_argument("--changes", type=int, default=20)
    chosen = parser.parse_args()
    figures = asyncio.run(measure(chosen.rate, chosen.idle, chosen.changes))
    figures["machine"] = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    print(json.dumps(figures, indent=2))
    path = Path("docs/benchmarks/releases.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
