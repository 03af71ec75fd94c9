"""The full measurement of messages: `make benchmark`; writes docs/benchmarks/messages.md, .json and .svg."""

from __future__ import annotations

import asyncio
import json
import os
import platform
import tempfile
import time
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from benchmarks import conversation, messages, rasa_projects
from helpline import inbox
from helpline.db import schema
from helpline.db.engine import connect
from helpline.db.vault import Vault
from tests import postgres

FOLDER = Path("docs/benchmarks")
ROWS = 1_000_000


def run() -> None:
    """Measure everything, write as it goes along."""
    figures: dict[str, Any] = {
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
        "date": time.strftime("%Y-%m-%d"),
        "runs": {},
    }
    with postgres.running(fsync=True) as url:
        for name, work in _runs(url):
            print(f"  {name} ...", flush=True)
            figures["runs"][name] = asyncio.run(work)
            _write(figures)
    print("  turns of one conversation ...", flush=True)
    figures["turns_ms"] = conversation.measure()
    print(f"  inbox with {ROWS:,} rows ...", flush=True)
    figures["full_inbox_ms"] = full_inbox(ROWS)
    _write(figures)


def _runs(postgres_url: str) -> Iterator[tuple[str, Coroutine[Any, Any, dict[str, Any]]]]:
    yield "rasa init", rasa_projects.measure(50, 10)
    yield "50 contacts, SQLite", messages.measure(50, 10, 50.0, "")
    yield "50 contacts, PostgreSQL", messages.measure(50, 10, 50.0, postgres_url)
    yield "lean Rasa", rasa_projects.measure(50, 10, rasa_projects.LEAN)
    yield "2,000 contacts, SQLite", messages.measure(2000, 1, 50.0, "")
    yield "1 contact, SQLite", messages.measure(1, 50, 5.0, "")


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
        took = []
        for _ in range(10):
            began = time.perf_counter()
            with engine.begin() as conn:
                assert inbox.claim(conn, vault, 1)
            took.append(1000 * (time.perf_counter() - began))
        engine.dispose()
        return {"rows": rows, "claim_p50": round(sorted(took)[5], 2), "claim_worst": round(max(took), 2)}


def _write(figures: dict[str, Any]) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "messages.json").write_text(json.dumps(figures, indent=2) + "\n")
    (FOLDER / "messages.md").write_text(_page(figures))
    _picture(figures, FOLDER / "messages.svg")


def _page(figures: dict[str, Any]) -> str:
    runs = figures["runs"]
    base = runs.get("rasa init", {})
    lines = [
        "# How many messages, how fast", "",
        f"Measured by `make benchmark` on {figures['machine']}, {figures['date']}: signed webhooks from a second",
        "process, the real channel and worker, a stand-in for the Graph API, all on the same cores. Every message is",
        "stored with fsync before its webhook is answered; the two projects of Rasa store and sign nothing.", "",
        "Processor time per message does not depend on what else the machine does; messages a second do.", "",
        "| | messages/s | processor ms a message | acknowledged p95 | answered p50 / p95 | memory |",
        "|---|---|---|---|---|---|",
    ]  # fmt: skip
    for name, one in runs.items():
        cpu = one.get("cpu_ms")
        shown = " + ".join(f"{part} {ms}" for part, ms in cpu.items()) if isinstance(cpu, dict) else cpu
        rate = f"{one['messages_per_s']}"
        if base and isinstance(cpu, dict):
            rate += f" ({one['messages_per_s'] / base['messages_per_s']:.1f} x rasa init)"
        answered = f"{one.get('p50_ms', one.get('alone_p50_ms'))} / {one.get('p95_ms', one.get('alone_p95_ms'))} ms"
        acknowledged = f"{one['ack_p95_ms']} ms" if "ack_p95_ms" in one else ""
        memory = one["resident_mb"]
        memory = ", ".join(f"{part} {mb} MB" for part, mb in memory.items()) if isinstance(memory, dict) else memory
        lines.append(f"| {name} | {rate} | {shown} | {acknowledged} | {answered} | {memory} |")
    if "turns_ms" in figures:
        listed = ", ".join(f"turn {turn} {ms} ms" for turn, ms in figures["turns_ms"].items())
        lines += ["", f"Processor time of one turn of a long conversation: {listed}."]
    if "full_inbox_ms" in figures:
        one = figures["full_inbox_ms"]
        lines += ["", f"Claiming a message from an inbox of {one['rows']:,} rows: {one['claim_p50']} ms."]
    return "\n".join([*lines, "", "![Messages a second](messages.svg)", ""])


def _picture(figures: dict[str, Any], path: Path) -> None:
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    names = list(figures["runs"])
    rates = [figures["runs"][name]["messages_per_s"] for name in names]
    figure, axes = pyplot.subplots(figsize=(8, 0.6 * len(names) + 1))
    ours = ["#1b6e53" if "contact" in name else "#9aa5a0" for name in names]
    bars = axes.barh(names, rates, color=ours)
    axes.bar_label(bars, padding=3)
    axes.invert_yaxis()
    axes.set_xlabel("messages a second")
    axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
