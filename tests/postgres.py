"""A PostgreSQL server of our own, on a free port, thrown away afterwards; for tests and benchmarks."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Missing(Exception):
    """PostgreSQL's initdb is not on this machine."""


def binaries() -> Path | None:
    """The folder of PostgreSQL's programs, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).resolve().parent if on_path else None


def free_port() -> int:
    """A port of the loopback nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(*, fsync: bool = False) -> Iterator[str]:
    """The server's URL. `fsync` as in life, for benchmarks. Raises Missing."""
    programs = binaries()
    if programs is None:
        raise Missing("PostgreSQL's initdb is not on this machine")
    user = "postgres" if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
    folder = Path(tempfile.mkdtemp(prefix="helpline-pg-"))
    if user:
        shutil.chown(folder, user)
    folder.chmod(0o700)
    run = {"check": True, "capture_output": True, "user": user, "cwd": "/"}
    data = folder / "data"
    subprocess.run([programs / "initdb", "-D", data, "-U", "helpline", "-A", "trust", "-E", "UTF8"], **run)
    options = f"-p {(port := free_port())} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"
    options += "" if fsync else " -c fsync=off"
    start = [programs / "pg_ctl", "-D", data, "-o", options, "-l", folder / "log", "-w", "start"]
    subprocess.run(start, **{**run, "capture_output": False, "stdout": subprocess.DEVNULL})
    try:
        yield f"postgresql://helpline@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run([programs / "pg_ctl", "-D", data, "-m", "immediate", "stop"], **run)
        shutil.rmtree(folder, ignore_errors=True)
