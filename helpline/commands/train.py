"""`helpline train`: run `rasa train` when something it is made from changed."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from helpline import settings
from helpline.commands import processes
from helpline.errors import HelplineError
from helpline.nlu import encoder

MADE_FROM = ("config.yml", "domain.yml", "data", "helpline/assistant", "helpline/nlu", "helpline/places")
SUFFIXES = (".yml", ".tsv", ".py", ".txt", ".json")
KEPT = 3
"""Models kept in models/, the newest included: to go back to."""


def add_commands(subparsers: Any) -> None:
    """Register the noun."""
    noun = subparsers.add_parser("train", help="train the assistant if its examples changed")
    noun.add_argument("--force", action="store_true", help="train also if nothing changed")
    noun.set_defaults(run=lambda arguments: print(train(force=arguments.force)))


def train(*, force: bool = False, out: Path = Path("models")) -> str:
    """Train unless the newest model in `out` was made from exactly these files; what was done, in one line.

    Raises HelplineError with the end of what `rasa train` said when it failed.
    """
    mark, fingerprint = out / ".made_from", _fingerprint()
    models = sorted(out.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)
    if not force and models and mark.exists() and mark.read_text() == fingerprint:
        return f"trained already ({models[-1].name})"
    began = time.monotonic()
    environment = {**os.environ, **processes.rasa_environment(settings.read())}
    command = [sys.executable, "-m", "rasa", "train", "--out", str(out)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise HelplineError(f"Training failed. `rasa train` says:\n{(done.stderr or done.stdout)[-3000:]}")
    models = sorted(out.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)
    for old in models[:-KEPT]:
        old.unlink(missing_ok=True)
    mark.write_text(fingerprint)
    return f"trained in {time.monotonic() - began:.0f} s ({models[-1].name})"


def _fingerprint() -> str:
    digest = hashlib.sha256(encoder.identity().encode())
    for name in MADE_FROM:
        root = Path(name)
        for path in sorted(root.rglob("*")) if root.is_dir() else [root]:
            if path.suffix in SUFFIXES and "__pycache__" not in path.parts:
                digest.update(str(path).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
