"""Two channels, two workers, two consoles and an action server on one PostgreSQL and one Redis, started once."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from helpline.commands.train import train
from tests import postgres
from tests.conftest import free_port, wait_until
from tests.faults import platform
from tests.faults.rig import Balancer, Postgres, Rig
from tests.vouchers import platform_double
from tests.wires import serving

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "3"))
"""How often something is killed; `make test-faults` does it 50 times."""
LONG = ROUNDS > 3


class Redis:
    """A Redis of our own that can be stopped."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port, self._folder = port, folder
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", self._folder]
        self._child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        client = redis.Redis(port=self.port)

        def answers() -> bool:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False

        wait_until(answers, 20, "Redis")

    def stop(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.wait(10)


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="helpline-faults-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="session")
def database(folder: Path) -> Iterator[Postgres]:
    programs = postgres.binaries()
    if programs is None:
        pytest.skip("PostgreSQL's initdb is not on this machine")
    server = Postgres(folder / "pg", programs, free_port())
    server.start()
    yield server
    server.stop("immediate")


@pytest.fixture(scope="session")
def locks(folder: Path) -> Iterator[Redis]:
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not on this machine")
    server = Redis(folder, free_port())
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def platform121() -> Iterator[platform_double.Platform]:
    """The 121 that the rig's action server and channels ask."""
    with platform_double.running() as started:
        yield started


@pytest.fixture(scope="session")
def rig(folder: Path, database: Postgres, locks: Redis, platform121: platform_double.Platform) -> Iterator[Rig]:
    train()
    balancer = Balancer()
    with serving(balancer) as front:
        more = {"REDIS_URL": locks.url, "ASSISTANT_DEADLINE": "8", **platform.settings_for(platform121)}
        made = Rig(folder, database.url, balancer, front, **more)
        with serving(made.app) as graph_url:
            made.prepare(graph_url)
            actions = made.add("actions", "actions")
            url = f"http://127.0.0.1:{actions.port}/webhook"
            try:
                for number in (1, 2):
                    made.add("channel", f"channel{number}", ACTIONS_URL=url)
                    made.add("worker", f"worker{number}")
                    made.add("console", f"console{number}")
                made.wait_ready()
                yield made
            finally:
                made.close()


def phones(series: int, number: int) -> list[str]:
    """Numbers nobody has."""
    return [f"3169{series:03d}{one:05d}" for one in range(number)]


def pause(seconds: float) -> None:
    """Let a fault last."""
    time.sleep(seconds)
