"""The same messages through Rasa's own projects: what `rasa init` makes, and the lean one of docs/decisions/."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp
import rasa.cli

from benchmarks import messages

PROJECT = Path(rasa.cli.__file__).parent / "initial_project"
"""What `rasa init` copies."""

LEAN = """recipe: default.v1
assistant_id: lean
language: en
pipeline:
- name: WhitespaceTokenizer
- name: CountVectorsFeaturizer
- name: LogisticRegressionClassifier
policies:
- name: RulePolicy
"""
"""What house.md compares with: no network is trained."""


async def measure(contacts: int, each: int, config: str = "") -> dict[str, Any]:
    """The same messages through `rasa init`'s project over its REST channel (nothing is stored or signed there)."""
    with tempfile.TemporaryDirectory(prefix="rasa-default-") as name:
        environment = {**os.environ, "RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "3"}
        began = time.perf_counter()
        if not config:
            init = [sys.executable, "-m", "rasa", "init", "--no-prompt", "--init-dir", name]
            subprocess.run(init, env=environment, check=True, capture_output=True, cwd=name)
        else:  # the same files, trained once, with the other pipeline
            shutil.copytree(PROJECT, name, dirs_exist_ok=True)
            (Path(name) / "config.yml").write_text(config)
            train = [sys.executable, "-m", "rasa", "train", "--force"]
            subprocess.run(train, env=environment, check=True, capture_output=True, cwd=name)
        trained = time.perf_counter() - began
        (Path(name) / "credentials.yml").write_text("rest:\n")
        port = messages.free_port()
        with (Path(name) / "log").open("wb") as log:
            command = [sys.executable, "-m", "rasa", "run", "--port", str(port), "--interface", "127.0.0.1"]
            child = subprocess.Popen(command, env=environment, cwd=name, stdout=log, stderr=log, start_new_session=True)
        try:
            up = await messages.ready(f"http://127.0.0.1:{port}/", 240)
            url = f"http://127.0.0.1:{port}/webhooks/rest/webhook"
            took: list[float] = []
            gate = asyncio.Semaphore(16)
            async with aiohttp.ClientSession() as session:

                async def one(sender: str, text: str) -> None:
                    async with gate:
                        start = time.perf_counter()
                        async with session.post(url, json={"sender": sender, "message": text}) as answer:
                            await answer.read()
                        took.append(time.perf_counter() - start)

                for _ in range(5):
                    await one("warm", "hello")
                took.clear()
                before = messages.cpu_seconds(child.pid)
                start = time.perf_counter()
                for _ in range(each):
                    await asyncio.gather(*(one(f"c{number}", "hello") for number in range(contacts)))
                seconds = time.perf_counter() - start
                rate = round(contacts * each / seconds, 1)
                used = 1000 * (messages.cpu_seconds(child.pid) - before) / (contacts * each)
                took.clear()
                for number in range(50):
                    await one(f"alone{number}", "hello")
            return {
                "init_and_train_s": round(trained, 1),
                "start_s": round(up, 1),
                "messages_per_s": rate,
                "cpu_ms": round(used, 2),
                "alone_p50_ms": messages.milliseconds(took, 50),
                "alone_p95_ms": messages.milliseconds(took, 95),
                "resident_mb": round(messages.resident_mb(child.pid)),
            }
        finally:
            os.killpg(child.pid, signal.SIGTERM)
            child.wait(30)
