"""Starts the training that is due, as a process of its own: it lives on when the worker restarts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from helpline import logs
from helpline.db.engine import reading
from helpline.releases import queue
from helpline.service import Service

CACHE = str(Path("var") / "pycache")
QUIET = {
    "RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "3", "TF_INTRA_OP_PARALLELISM_THREADS": "1",
    "OMP_NUM_THREADS": "1", "PYTHONPYCACHEPREFIX": CACHE, "PYTHONWARNINGS": "ignore", "LOG_LEVEL": "WARNING",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
}  # fmt: skip
"""One core for the training, and nothing sent anywhere."""
log = logs.get(__name__)
_started: dict[int, subprocess.Popen[bytes]] = {}
"""Trainings of this worker, by number."""


def begin_due(service: Service) -> int | None:
    """Start the oldest training that waits, unless one runs; its number."""
    for ended in [number for number, child in _started.items() if child.poll() is not None]:
        del _started[ended]
        with service.engine.begin() as conn:
            queue.ended(conn, ended)  # a process that fell over need not be waited for
    with reading(service.engine) as conn:
        if not queue.anything_open(conn):
            return None
    with service.engine.begin() as conn:
        release_id = queue.begin_next(conn)
    if release_id is None:
        return None
    command = [sys.executable, "-m", "helpline", "release", "work", str(release_id)]
    environment = {**os.environ, **QUIET}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # compiling Rasa and TensorFlow anew takes ten seconds
    _started[release_id] = subprocess.Popen(  # noqa: S603 - our own command
        command, env=environment, start_new_session=True, stdout=subprocess.DEVNULL
    )
    logs.event(log, "training_begun", release_id=release_id)
    return release_id
