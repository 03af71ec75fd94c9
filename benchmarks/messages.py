"""Messages a second and time from webhook to Graph call, beside `rasa init`'s default project in the same run.

    python -m benchmarks.messages [--contacts 200] [--each 5] [--rate 20] [--database URL] [--without-default]

Starts the real channel and worker on free ports with a stand-in Graph API; drives them from this process. Bounded:
contacts x each messages, twice. `make benchmark` runs it in full and writes docs/benchmarks/messages.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp

from benchmarks import graph

SECRET = "demo-app-secret"
TEXTS = (
    "When does my voucher come?",
    "Can I go to the doctor without papers?",
    "I have a bad toothache",
    "are you a robot",
    "how can I get the food card",
)


def free_port() -> int:
    """A port nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Service:
    """The project's own processes."""

    def __init__(self, folder: Path, database: str, graph_port: int) -> None:
        self.port = free_port()
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
        """Migrate, load the starter content, start three processes."""
        for command in (["migrate"], ["content", "import"]):
            subprocess.run(
                [sys.executable, "-m", "helpline", *command],
                env=self.environment,
                check=True,
                stdout=subprocess.DEVNULL,
            )
        for name in ("channel", "worker"):
            log = (self.folder / f"{name}.log").open("wb")
            self.children[name] = subprocess.Popen(
                [sys.executable, "-m", "helpline", name],
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def cpu(self) -> dict[str, float]:
        """Processor time of each so far; `load` is this process, which drives them and stands in for WhatsApp."""
        return {**{name: cpu_seconds(child.pid) for name, child in self.children.items()}, "load": time.process_time()}

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


async def measure(contacts: int, each: int, rate: float, database: str) -> dict[str, Any]:
    """Figures of this project: paced (latency), then all at once (throughput)."""
    with tempfile.TemporaryDirectory(prefix="helpline-load-") as name:
        stand_in = graph.Graph()
        graph_port = free_port()
        runner = await stand_in.start(graph_port)
        service = Service(Path(name), database, graph_port)
        service.start()
        try:
            base = f"http://127.0.0.1:{service.port}"
            up = await ready(f"{base}/health", 180)
            url = f"{base}/webhooks/whatsapp/webhook"
            async with aiohttp.ClientSession() as session:
                await _paced(session, url, stand_in, ["31610000000"], len(TEXTS), 2.0)  # warm
                paced = await _paced(session, url, stand_in, _phones(contacts, 1), each, rate)
                before = service.cpu()
                burst = await _burst(session, url, stand_in, _phones(contacts, 2), each)
                used = {name: seconds - before[name] for name, seconds in service.cpu().items()}
                burst["cpu_ms"] = {name: round(1000 * one / burst["messages"], 2) for name, one in used.items()}
            memory = {process: round(resident_mb(child.pid)) for process, child in service.children.items()}
            return {"start_s": round(up, 1), **paced, **burst, "resident_mb": memory}
        finally:
            service.stop()
            await runner.cleanup()


def _phones(contacts: int, series: int) -> list[str]:
    return [f"3169{series}{number:06d}" for number in range(contacts)]


async def _paced(
    session: aiohttp.ClientSession, url: str, stand_in: graph.Graph, phones: list[str], each: int, rate: float
) -> dict[str, Any]:
    """One message after another at `rate` a second; each contact writes again once answered."""
    acknowledged: list[float] = []
    sent_at: dict[str, list[float]] = {phone: [] for phone in phones}
    began = time.perf_counter()
    tasks = []
    for number in range(each):
        for index, phone in enumerate(phones):
            due = began + (number * len(phones) + index) / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            sent_at[phone].append(time.perf_counter())
            body = graph.webhook(phone, number, TEXTS[(number + index) % len(TEXTS)])
            tasks.append(asyncio.ensure_future(graph.post(session, url, body, SECRET)))
    acknowledged = list(await asyncio.gather(*tasks))
    complete = await graph.until(lambda: all(len(stand_in.sent.get(p, ())) >= each for p in phones), 120)
    answered = [
        got - sent for phone in phones for sent, got in zip(sent_at[phone], stand_in.sent.get(phone, ()), strict=False)
    ]
    return {
        "rate": rate,
        "complete": complete,
        "ack_p50_ms": milliseconds(acknowledged, 50),
        "ack_p95_ms": milliseconds(acknowledged, 95),
        "p50_ms": milliseconds(answered, 50),
        "p95_ms": milliseconds(answered, 95),
    }


async def _burst(
    session: aiohttp.ClientSession, url: str, stand_in: graph.Graph, phones: list[str], each: int
) -> dict[str, Any]:
    """Everything as fast as it is taken; messages a second until the last answer left."""
    before, wanted = stand_in.total, len(phones) * each
    gate = asyncio.Semaphore(32)

    async def one(phone: str, number: int) -> None:
        async with gate:
            await graph.post(session, url, graph.webhook(phone, number, TEXTS[number % len(TEXTS)]), SECRET)

    began = time.perf_counter()
    await asyncio.gather(*(one(phone, number) for number in range(each) for phone in phones))
    stored = time.perf_counter() - began
    complete = await graph.until(lambda: stand_in.total - before >= wanted, 240)
    seconds = time.perf_counter() - began
    return {
        "messages": wanted,
        "stored_per_s": round(wanted / stored, 1),
        "messages_per_s": round((stand_in.total - before) / seconds, 1),
        "burst_complete": complete,
    }


def milliseconds(values: list[float], percentile: int) -> float:
    """A percentile of seconds."""
    if len(values) < 2:
        return round(1000 * values[0], 1) if values else 0.0
    return round(1000 * statistics.quantiles(values, n=100)[percentile - 1], 1)


def main() -> None:
    """Run all and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--contacts", type=int, default=200)
    parser.add_argument("--each", type=int, default=5)
    parser.add_argument("--rate", type=float, default=20.0)
    parser.add_argument("--database", default="")
    parser.add_argument("--without-default", action="store_true")
    parser.add_argument("--full", action="store_true", help="1, 50 and 2,000 contacts on both databases, and a report")
    chosen = parser.parse_args()
    if chosen.full:
        from benchmarks import messages_report

        messages_report.run()
        return
    figures: dict[str, Any] = {
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
        "helpline": asyncio.run(measure(chosen.contacts, chosen.each, chosen.rate, chosen.database)),
    }
    if not chosen.without_default:
        from benchmarks import rasa_projects

        figures["rasa_init_default"] = asyncio.run(rasa_projects.measure(chosen.contacts, chosen.each))
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
