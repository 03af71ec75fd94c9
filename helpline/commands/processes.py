"""`helpline migrate | channel | actions | worker | console | simulator`: the processes, one command each."""

from __future__ import annotations

import argparse
import os
import sys
import time
from typing import Any

from helpline import logs, service
from helpline.db import migrate

WAIT_SECONDS = 1.0
log = logs.get(__name__)


def add_commands(subparsers: Any) -> None:
    """Register the nouns."""
    for name, run, purpose in (
        ("migrate", _migrate, "bring the database to the newest schema"),
        ("channel", _channel, "WhatsApp's webhook with the assistant (rasa run)"),
        ("actions", _actions, "the action server"),
        ("worker", _worker, "deliver messages, timed jobs"),
        ("console", _console, "the agents' console"),
        ("simulator", _simulator, "a phone and a stand-in for WhatsApp, for demo and tests"),
    ):
        subparsers.add_parser(name, help=purpose, description=purpose).set_defaults(run=run)


def _migrate(_arguments: argparse.Namespace) -> None:
    migrate.upgrade(service.start().engine)
    print("The database has the newest schema.")


def channel_command(settings: Any) -> list[str]:
    """The command line of the channel; Rasa's HTTP API stays off (CVE-2024-49375)."""
    return [
        sys.executable, "-m", "rasa", "run", "--interface", settings.bind, "--port", str(settings.rasa_port),
        "--credentials", "credentials.yml", "--endpoints", "endpoints.yml", "--model", "models",
    ]  # fmt: skip


def actions_command(settings: Any) -> list[str]:
    """The command line of the action server."""
    return [sys.executable, "-m", "rasa_sdk", "--actions", "actions", "--port", str(settings.actions_port)]


def rasa_environment(settings: Any) -> dict[str, str]:
    """What Rasa's processes need: no telemetry, quiet TensorFlow, loopback for the action server."""
    return {
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_INTRA_OP_PARALLELISM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",
        "SANIC_HOST": settings.bind,
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "PYTHONWARNINGS": "ignore",
        "LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING"),
    }


def _await_database(opened: service.Service) -> None:
    """Wait for the database and its tables, and say so: processes may be started in any order."""
    logs.to_stderr()
    said = None
    while (missing := migrate.waits_for(opened.engine)) is not None:
        if missing != said:
            logs.event(log, "waiting_for", level=30, what=missing)
            said = missing
        time.sleep(WAIT_SECONDS)


def _channel(_arguments: argparse.Namespace) -> None:
    opened = service.start()
    _await_database(opened)
    _become(channel_command(opened.settings), rasa_environment(opened.settings))


def _actions(_arguments: argparse.Namespace) -> None:
    opened = service.start()
    _become(actions_command(opened.settings), rasa_environment(opened.settings))


def _become(command: list[str], environment: dict[str, str]) -> None:
    os.environ.update(environment)
    os.execv(command[0], command)  # noqa: S606 - our own command, no shell


def _worker(_arguments: argparse.Namespace) -> None:
    from helpline.worker import process

    opened = service.start()
    _await_database(opened)
    process.serve(opened)


def _console(_arguments: argparse.Namespace) -> None:
    from helpline.console import app

    opened = service.start()
    _await_database(opened)
    app.serve(opened.settings)


def _simulator(_arguments: argparse.Namespace) -> None:
    from helpline.simulator import app

    app.serve(service.start().settings)
