"""`helpline demo`: set up, train and run everything on embedded defaults, with one line for each step."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from helpline import accounts, service, settings
from helpline.commands import processes
from helpline.commands.starter import load_starter
from helpline.commands.train import train
from helpline.db import migrate
from helpline.demo import loading
from helpline.errors import HelplineError, SettingsError

READY_SECONDS = 180


@dataclass(frozen=True)
class Process:
    """One process of the service and where it says that it is ready."""

    name: str
    command: list[str]
    port: int
    health: str


def add_commands(subparsers: Any) -> None:
    """Register the noun."""
    noun = subparsers.add_parser("demo", help="set up, train and run everything here")
    noun.set_defaults(run=_demo)


def _demo(_arguments: argparse.Namespace) -> int:
    began = time.monotonic()
    chosen = _demo_settings()
    _require_free_ports(chosen)
    opened = service.start(chosen)
    _step("Database", lambda: _database(opened))
    _step("Content, places and demo accounts", lambda: load_starter(opened))
    if chosen.demo_data == "on":
        _step("Two made-up months", lambda: loading.load(opened))
    _step("Assistant", train)
    running = _start_all(chosen, began)
    try:
        return _wait(running)
    finally:
        _stop_all(running)


def _demo_settings() -> settings.Settings:
    """The settings of the environment, with WhatsApp's API replaced by the simulator."""
    simulator = os.environ.get("SIMULATOR_PORT", "8090")
    os.environ.setdefault("WHATSAPP_API_URL", f"http://127.0.0.1:{simulator}/v24.0")
    chosen = settings.read()
    if chosen.production:
        raise SettingsError("ENVIRONMENT is production; the demo has open accounts and runs with ENVIRONMENT=demo.")
    return replace(chosen)


def _require_free_ports(chosen: settings.Settings) -> None:
    taken = []
    for name in ("rasa_port", "console_port", "simulator_port", "worker_port"):
        port = getattr(chosen, name)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((chosen.bind, port))
            except OSError:
                taken.append(f"{name.upper()}={port}")
    if taken:
        raise HelplineError(
            f"Another program uses {', '.join(taken)}. Stop it, or choose other ports: "
            f"{' '.join(one.split('=')[0] + '=' + str(int(one.split('=')[1]) + 1000) for one in taken)} make demo"
        )


def _database(opened: service.Service) -> str:
    migrate.upgrade(opened.engine)
    return str(opened.engine.url.render_as_string(hide_password=True))


def all_processes(chosen: settings.Settings) -> list[Process]:
    """The four processes of a running service with its simulator; actions run in the channel."""
    helpline = [sys.executable, "-m", "helpline"]
    return [
        Process("simulator", [*helpline, "simulator"], chosen.simulator_port, "/health"),
        Process("channel", processes.channel_command(chosen), chosen.rasa_port, "/health"),
        Process("worker", [*helpline, "worker"], chosen.worker_port, "/health"),
        Process("console", [*helpline, "console"], chosen.console_port, "/health"),
    ]


def _start_all(chosen: settings.Settings, began: float) -> dict[str, subprocess.Popen[bytes]]:
    environment = {**os.environ, **processes.rasa_environment(chosen)}
    logs = Path("var/log")
    logs.mkdir(parents=True, exist_ok=True)
    running: dict[str, subprocess.Popen[bytes]] = {}
    listed = all_processes(chosen)
    try:
        for process in listed:
            with (logs / f"{process.name}.log").open("ab") as log:
                # A process group of its own, so that Ctrl-C reaches it through us and in order.
                running[process.name] = subprocess.Popen(  # noqa: S603
                    process.command, env=environment, stdout=log, stderr=log, start_new_session=True
                )
        for process in listed:
            _step(process.name.capitalize(), partial(_await_ready, process, running[process.name], chosen))
    except BaseException:
        _stop_all(running)
        raise
    _print_links(chosen, began)
    return running


def _await_ready(process: Process, child: subprocess.Popen[bytes], chosen: settings.Settings) -> str:
    began = time.monotonic()
    url = f"http://{chosen.bind}:{process.port}{process.health}"
    while time.monotonic() - began < READY_SECONDS:
        if child.poll() is not None:
            raise HelplineError(
                f"The {process.name} stopped (exit {child.returncode}); see var/log/{process.name}.log."
            )
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return f"ready on port {process.port}"
        except OSError:
            time.sleep(0.2)
    raise HelplineError(
        f"The {process.name} did not become ready in {READY_SECONDS} s; see var/log/{process.name}.log."
    )


def _print_links(chosen: settings.Settings, began: float) -> None:
    base = f"http://{chosen.bind}"
    print(f"\nEverything runs ({time.monotonic() - began:.0f} s). Ctrl-C stops it.\n")
    print(f"  Phone   {base}:{chosen.simulator_port}/")
    print(f"  Desk    {base}:{chosen.console_port}/")
    for account in accounts.DEMO:
        print(f"            sign in as {account.username} / {account.password}  ({account.role})")
    print(f"  Health  {base}:{chosen.console_port}/status\n", flush=True)


def _wait(running: dict[str, subprocess.Popen[bytes]]) -> int:
    stop: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda got, _frame: stop.append(got))
    while not stop:
        for name, child in running.items():
            if child.poll() is not None:
                raise HelplineError(f"The {name} stopped (exit {child.returncode}); see var/log/{name}.log.")
        time.sleep(0.3)
    print("\nStopping.", flush=True)
    return 0


def _stop_all(running: dict[str, subprocess.Popen[bytes]]) -> None:
    for child in running.values():
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGTERM)
    until = time.monotonic() + 20
    for child in running.values():
        try:
            child.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def _step(name: str, work: Callable[[], str | None]) -> None:
    print(f"  {name:<36}", end="", flush=True)
    began = time.monotonic()
    said = work()
    print(f"{said or 'done'}  ({time.monotonic() - began:.1f} s)", flush=True)
