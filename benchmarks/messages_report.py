"""The full measurement of messages, part by part; writes docs/benchmarks/messages.md, .json and .svg."""

from __future__ import annotations

import asyncio
import json
import os
import platform
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks import messages_parts, rasa_projects
from tests import postgres

FOLDER = Path("docs/benchmarks")
ROWS = 1_000_000
Figures = dict[str, Any]


def _on_postgres(work: Callable[[str], Any]) -> Any:
    with postgres.running(fsync=True) as url:
        return asyncio.run(work(url))


PARTS: dict[str, Callable[[], Figures]] = {
    "rasa init": lambda: {"rasa init": asyncio.run(rasa_projects.measure(50, 10))},
    "SQLite": lambda: asyncio.run(messages_parts.on_database("", to_the_end=True)),
    "PostgreSQL": lambda: _on_postgres(messages_parts.on_database),
    "two channels": lambda: _on_postgres(messages_parts.two_channels),
    "lean Rasa": lambda: {"lean Rasa": asyncio.run(rasa_projects.measure(50, 10, rasa_projects.LEAN))},
    "changes": lambda: asyncio.run(messages_parts.training_and_change_over()),
    "turns": lambda: dict(messages_parts.conversation()),
    "inbox": lambda: dict(messages_parts.full_inbox(ROWS)),
}


def run(only: Sequence[str] = ()) -> None:
    """Measure the parts, all or those named, and write after each; parts not measured now stay as they were."""
    if unknown := set(only) - set(PARTS):
        raise SystemExit(f"There is no part {', '.join(sorted(unknown))}. The parts: {', '.join(PARTS)}.")
    path = FOLDER / "messages.json"
    figures: Figures = json.loads(path.read_text()) if only and path.exists() else {}
    if "parts" not in figures:  # also where an earlier form of this file lies
        figures = {"parts": {}}
    figures["machine"] = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    for name in only or PARTS:
        began, load = time.perf_counter(), os.getloadavg()[0]
        print(f"  {name} ...", end=" ", flush=True)
        found = PARTS[name]()
        seconds = time.perf_counter() - began
        print(f"{seconds:.0f} s", flush=True)
        measured = {
            "date": time.strftime("%Y-%m-%d"),
            "seconds": round(seconds),
            "load_before": round(load, 1),
            "load_after": round(os.getloadavg()[0], 1),
        }
        figures["parts"][name] = {**measured, "figures": found}
        write(figures)


def write(figures: Figures) -> None:
    """The three files."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "messages.json").write_text(json.dumps(figures, indent=2) + "\n")
    (FOLDER / "messages.md").write_text(page(figures))
    _picture(_rows(figures), FOLDER / "messages.svg")


def _rows(figures: Figures) -> dict[str, Figures]:
    """The runs with a rate, by name."""
    rows = {}
    for part, run in figures["parts"].items():
        if part not in ("changes", "turns", "inbox"):
            where = {"SQLite": ", SQLite", "PostgreSQL": ", PostgreSQL", "two channels": ", PostgreSQL"}.get(part, "")
            rows |= {f"{name}{where}": one for name, one in run["figures"].items()}
    return rows


def page(figures: Figures) -> str:
    """The page in docs/."""
    parts, rows = figures["parts"], _rows(figures)
    base = rows.get("rasa init")
    lines = [
        "# How many messages, how fast", "",
        f"Measured by `make benchmark` on {figures['machine']}: signed webhooks from a second process, the real",
        "channel and worker, a stand-in for the Graph API, all on the same cores. Each message is one of 360 wordings",
        "and is stored with fsync before its webhook is answered; the two projects of Rasa store and sign nothing and",
        "hear one word. Paced: 50 messages a second (1 contact: 5); acknowledged and answered are of these. Burst: all",
        "at once, until the last answer has left. Times are p50 / p95 / p99 in milliseconds, memory is in MB.", "",
        "| | burst, messages/s | processor ms a message | acknowledged | answered | memory |",
        "|---|---|---|---|---|---|",
        *(_row(name, one, base) for name, one in rows.items()),
    ]  # fmt: skip
    sentences = [*_changes(parts), *_turns(parts), *_inbox(parts), *_missing(rows)]
    lines += ["", *(f"- {sentence}" for sentence in sentences), ""] if sentences else [""]
    lines.append(
        "Other work on the machine lowers the rates, and by crowding its caches raises the processor time too:"
    )
    lines.append("")
    for name, run in parts.items():
        lines.append(f"- {name}: {run['date']}, {run['seconds']} s, load {run['load_before']} to {run['load_after']}")
    lines += ["", "One part alone: `python -m benchmarks.messages --only SQLite`."]
    lines += ["", "![Messages a second](messages.svg)", ""]
    return "\n".join(lines)


def _row(name: str, one: Figures, base: Figures | None) -> str:
    cpu, memory = one["cpu_ms"], one["resident_mb"]
    rate = f"{one['messages_per_s']}"
    if base is not None and isinstance(cpu, dict):
        rate += f" ({one['messages_per_s'] / base['messages_per_s']:.1f} x rasa init)"
    acknowledged = _times(one, "ack_") if "ack_p95_ms" in one else ""
    answered = _times(one, "") if "p95_ms" in one else _times(one, "alone_") if "alone_p95_ms" in one else ""
    return f"| {name} | {rate} | {_each(cpu)} | {acknowledged} | {answered} | {_each(memory)} |"


def _each(value: Any) -> str:
    return " + ".join(f"{part} {figure}" for part, figure in value.items()) if isinstance(value, dict) else str(value)


def _times(one: Figures, prefix: str) -> str:
    known = [one[f"{prefix}p{n}_ms"] for n in (50, 95, 99) if f"{prefix}p{n}_ms" in one]
    return " / ".join(str(value) for value in known)


def _changes(parts: Figures) -> list[str]:
    if "changes" not in parts:
        return []
    found = parts["changes"]["figures"]
    sentences = []
    for key, what in (("training", "During a training"), ("changes", "While the model changes over {count} times")):
        one = found[key]
        sentences.append(
            f"{what.format(**one)} ({one['rate']:.0f} messages a second, {one['messages']} in all): "
            f"{one['unanswered']} unanswered, answered p95 {one['p95_ms']} ms (idle {found['idle']['p95_ms']}), "
            f"acknowledged p95 {one['ack_p95_ms']} ms, longest pause between two answers {one['longest_pause_ms']} ms "
            f"(idle {found['idle']['longest_pause_ms']})."
        )
    return sentences


def _turns(parts: Figures) -> list[str]:
    if "turns" not in parts:
        return []
    found = parts["turns"]["figures"]
    listed = ", ".join(f"turn {turn} {ms} ms" for turn, ms in found.items())
    ratio = found["1000"] / found["10"]
    return [f"Processor time of one turn of a long conversation: {listed}; turn 1,000 is {ratio:.2f} times turn 10."]


def _inbox(parts: Figures) -> list[str]:
    if "inbox" not in parts:
        return []
    one = parts["inbox"]["figures"]
    return [
        f"In an inbox of {one['rows']:,} rows ({one['file_mb']} MB) storing a message takes {one['store_p50']} ms and "
        f"claiming one {one['claim_p50']} ms."
    ]


def _missing(rows: dict[str, Figures]) -> list[str]:
    late = [name for name, one in rows.items() if not (one.get("complete", True) and one.get("burst_complete", True))]
    return [f"Not everything was answered within its time: {', '.join(late)}."] if late else []


def _picture(rows: dict[str, Figures], path: Path) -> None:
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    if not rows:
        return
    names, rates = list(rows), [one["messages_per_s"] for one in rows.values()]
    figure, axes = pyplot.subplots(figsize=(8, 0.5 * len(names) + 1))
    ours = ["#1b6e53" if "channel" in str(rows[name]["cpu_ms"]) else "#9aa5a0" for name in names]
    bars = axes.barh(names, rates, color=ours)
    axes.bar_label(bars, padding=3)
    axes.invert_yaxis()
    axes.set_xlabel("messages a second, all at once")
    axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
