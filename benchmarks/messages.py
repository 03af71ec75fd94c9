"""Messages a second and time from webhook to Graph call, beside `rasa init`'s default project in the same run.

    python -m benchmarks.messages [--contacts 50] [--each 10] [--rate 50] [--channels 1] [--database URL]
    python -m benchmarks.messages --full                # `make benchmark`: all parts, about ten minutes
    python -m benchmarks.messages --only SQLite         # one part, put into the same report

Starts the real channel and worker on free ports with a stand-in Graph API; drives them from this process. Bounded in
count and in time: what is not answered after three minutes is reported as such.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from benchmarks import graph

SECRET = "demo-app-secret"
QUESTIONS = (
    "When does my voucher come?",
    "Can I go to the doctor without papers?",
    "I have a bad toothache",
    "can my son go to school?",
    "can my daughter go to school without papers?",
)
GREETINGS = ("", "Hello,", "Hi,", "Good morning,", "Good afternoon,", "Good evening,", "Please,", "Good day,", "Hey,")
ENDINGS = ("", "please", "today", "tomorrow", "this week", "in Utrecht", "in Amsterdam", "in Rotterdam")


def text_of(number: int) -> str:
    """A question with an answer, in one of 360 wordings: so many that remembering a text saves nobody work."""
    question = QUESTIONS[number % len(QUESTIONS)]
    greeting = GREETINGS[number // len(QUESTIONS) % len(GREETINGS)]
    ending = ENDINGS[number // (len(QUESTIONS) * len(GREETINGS)) % len(ENDINGS)]
    mark = "?" if question.endswith("?") else ""
    return f"{greeting} {question.rstrip('?')} {ending}".strip() + mark


def free_port() -> int:
    """A port nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Service:
    """The project's own processes."""

    def __init__(self, folder: Path, database: str, graph_port: int, channels: int = 1) -> None:
        self.ports = [free_port() for _ in range(channels)]
        self.port = self.ports[0]
        self.environment = {
            **os.environ,
            "DATABASE_URL": database or f"sqlite:///{folder}/load.db",
            "RASA_PORT": str(self.port),
            "ACTIONS_PORT": str(free_port()),
            "WORKER_PORT": str(free_port()),
            "WHATSAPP_API_URL": f"http://127.0.0.1:{graph_port}/v24.0",
        }
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.folder = folder

    def start(self) -> None:
        """Migrate, load the starter content, start the processes."""
        for command in (["migrate"], ["content", "import"]):
            subprocess.run(
                [sys.executable, "-m", "helpline", *command],
                env=self.environment,
                check=True,
                stdout=subprocess.DEVNULL,
            )
        for number, port in enumerate(self.ports, 1):
            self._start(f"channel {number}" if number > 1 else "channel", "channel", RASA_PORT=str(port))
        self._start("worker", "worker")

    def _start(self, name: str, command: str, **settings: str) -> None:
        with (self.folder / f"{name}.log").open("wb") as log:
            self.children[name] = subprocess.Popen(
                [sys.executable, "-m", "helpline", command],
                env=self.environment | settings,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    async def ready(self, seconds: float = 240) -> tuple[list[str], float]:
        """The addresses of the webhooks and the seconds until all of them were up."""
        took = [await ready(f"http://127.0.0.1:{port}/health", seconds) for port in self.ports]
        return [f"http://127.0.0.1:{port}/webhooks/whatsapp/webhook" for port in self.ports], sum(took)

    def cpu(self) -> dict[str, float]:
        """Processor time of each so far; `load` is this process, which drives them and stands in for WhatsApp."""
        return {**{name: cpu_seconds(child.pid) for name, child in self.children.items()}, "load": time.process_time()}

    def memory(self) -> dict[str, int]:
        """Megabytes of each."""
        return {name: round(resident_mb(child.pid)) for name, child in self.children.items()}

    def stop(self) -> None:
        """End them."""
        for child in self.children.values():
            os.killpg(child.pid, signal.SIGTERM)
        for child in self.children.values():
            child.wait(30)


def _family(pid: int) -> list[Path]:
    """A process and its children in /proc."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
        if int(stat.parent.name) == pid or parent == pid:
            found.append(stat.parent)
    return found


def resident_mb(pid: int) -> float:
    """Memory of a process and its children, in MB."""
    total = 0
    for one in _family(pid):
        facts = dict(line.split(":", 1) for line in (one / "status").read_text().splitlines() if ":" in line)
        total += int(facts.get("VmRSS", "0 kB").split()[0])
    return total / 1024


def cpu_seconds(pid: int) -> float:
    """Processor time of a process and its children: unlike a rate, it does not depend on what else the machine does."""
    ticks = 0
    for one in _family(pid):
        fields = (one / "stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


async def ready(url: str, seconds: float) -> float:
    """Seconds until the address answers 200."""
    began = time.perf_counter()
    async with aiohttp.ClientSession() as session:
        while time.perf_counter() - began < seconds:
            try:
                async with session.get(url) as answer:
                    if answer.status == 200:
                        return time.perf_counter() - began
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.2)
    raise RuntimeError(f"{url} is not ready after {seconds} s.")


class Load:
    """Signed webhooks to a running service, and the answers that come to the stand-in Graph API."""

    def __init__(
        self, session: aiohttp.ClientSession, service: Service, urls: list[str], stand_in: graph.Graph
    ) -> None:
        self._session, self._service, self._urls, self._stand_in = session, service, urls, stand_in
        self._series = 0
        self._posted = 0
        self.messages = 0

    async def both(self, contacts: int, each: int, rate: float, burst: int) -> dict[str, Any]:
        """Paced for the times, then `burst` messages of each contact at once for the rate."""
        return {**await self.paced(contacts, each, rate), **await self.burst(contacts, burst)}

    async def paced(self, contacts: int, each: int, rate: float) -> dict[str, Any]:
        """One message after another at `rate` a second, whether the last is answered or not."""
        phones = self._phones(contacts)
        sent_at: dict[str, list[float]] = {phone: [] for phone in phones}
        began = time.perf_counter()
        tasks = []
        for number in range(each):
            for index, phone in enumerate(phones):
                due = began + (number * len(phones) + index) / rate
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                sent_at[phone].append(time.perf_counter())
                tasks.append(asyncio.ensure_future(self._post(phone, number)))
        acknowledged = list(await asyncio.gather(*tasks))
        complete = await self._answered(phones, each, 60)
        answered = [
            got - sent
            for phone in phones
            for sent, got in zip(sent_at[phone], self._stand_in.sent.get(phone, ()), strict=False)
        ]
        return {
            "rate": rate,
            "complete": complete,
            "ack_p50_ms": milliseconds(acknowledged, 50),
            "ack_p95_ms": milliseconds(acknowledged, 95),
            "ack_p99_ms": milliseconds(acknowledged, 99),
            "p50_ms": milliseconds(answered, 50),
            "p95_ms": milliseconds(answered, 95),
            "p99_ms": milliseconds(answered, 99),
        }

    async def burst(self, contacts: int, each: int) -> dict[str, Any]:
        """Everything as fast as it is taken; messages a second until the last answer left."""
        phones, gate = self._phones(contacts), asyncio.Semaphore(32)

        async def one(phone: str, number: int) -> None:
            async with gate:
                await self._post(phone, number)

        before, used, began = self._stand_in.total, self._service.cpu(), time.perf_counter()
        await asyncio.gather(*(one(phone, number) for number in range(each) for phone in phones))
        stored = time.perf_counter() - began
        complete = await self._answered(phones, each, 180)
        seconds, wanted = time.perf_counter() - began, len(phones) * each
        spent = {name: 1000 * (now - used[name]) / wanted for name, now in self._service.cpu().items()}
        return {
            "messages": wanted,
            "stored_per_s": round(wanted / stored, 1),
            "messages_per_s": round((self._stand_in.total - before) / seconds, 1),
            "burst_complete": complete,
            "cpu_ms": {name: round(one, 2) for name, one in spent.items()},
            "resident_mb": self._service.memory(),
        }

    def _phones(self, contacts: int) -> list[str]:
        self._series += 1
        return [f"3169{self._series:02d}{number:05d}" for number in range(contacts)]

    async def _post(self, phone: str, number: int) -> float:
        # Of one contact always to the same process: WhatsApp's own order is kept that way.
        self.messages += 1
        self._posted += 1
        body = graph.webhook(phone, number, text_of(self._posted))
        return await graph.post(self._session, self._urls[int(phone) % len(self._urls)], body, SECRET)

    async def _answered(self, phones: list[str], each: int, seconds: float) -> bool:
        wanted = len(phones) * each
        return await graph.until(lambda: sum(len(self._stand_in.sent.get(p, ())) for p in phones) >= wanted, seconds)


@asynccontextmanager
async def running(database: str, channels: int = 1) -> AsyncIterator[tuple[Service, Load, float]]:
    """The service on an empty database, a warm load for it, and how many seconds it took to start."""
    with tempfile.TemporaryDirectory(prefix="helpline-load-") as name:
        stand_in = graph.Graph()
        graph_port = free_port()
        runner = await stand_in.start(graph_port)
        service = Service(Path(name), database, graph_port, channels)
        service.start()
        try:
            urls, up = await service.ready()
            async with aiohttp.ClientSession() as session:
                load = Load(session, service, urls, stand_in)
                await load.paced(len(urls) * 4, 5, 10.0)  # warm
                yield service, load, round(up, 1)
        finally:
            service.stop()
            await runner.cleanup()


async def measure(contacts: int, each: int, rate: float, database: str, channels: int = 1) -> dict[str, Any]:
    """Figures of this project: paced (latency), then all at once (throughput)."""
    async with running(database, channels) as (_service, load, up):
        return {"start_s": up, **await load.both(contacts, each, rate, 2 * each)}


def milliseconds(values: list[float], percentile: int) -> float:
    """A percentile of seconds."""
    if len(values) < 2:
        return round(1000 * values[0], 1) if values else 0.0
    return round(1000 * statistics.quantiles(values, n=100)[percentile - 1], 1)


def main() -> None:
    """Run and print, or measure all and write the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--contacts", type=int, default=50)
    parser.add_argument("--each", type=int, default=10)
    parser.add_argument("--rate", type=float, default=50.0)
    parser.add_argument("--channels", type=int, default=1)
    parser.add_argument("--database", default="")
    parser.add_argument("--full", action="store_true", help="every part, or those named with --only, into the report")
    parser.add_argument("--only", action="append", default=[], help="a part of the report; may be given several times")
    chosen = parser.parse_args()
    if chosen.full or chosen.only:
        from benchmarks import messages_report

        messages_report.run(chosen.only)
        return
    figures = asyncio.run(measure(chosen.contacts, chosen.each, chosen.rate, chosen.database, chosen.channels))
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
