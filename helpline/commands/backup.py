"""`helpline backup | restore`: the whole database in one encrypted file, and back."""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path
from typing import Any

from helpline import backup, clock, service
from helpline.errors import InputError


def add_commands(subparsers: Any) -> None:
    """Register the nouns."""
    make = subparsers.add_parser("backup", help="copy the database into one encrypted file, while everything runs")
    make.add_argument("file", type=Path)
    make.add_argument("--json", action="store_true")
    make.set_defaults(run=_make)
    restore = subparsers.add_parser("restore", help="replace the database by a backup; who was erased stays erased")
    restore.add_argument("file", type=Path)
    restore.add_argument("--yes", action="store_true", help="the database that is there now is lost")
    restore.add_argument("--force", action="store_true", help="also while a process seems to run")
    restore.add_argument("--json", action="store_true")
    restore.set_defaults(run=_restore)


def _make(arguments: argparse.Namespace) -> None:
    if arguments.file.exists():
        raise InputError(f"{arguments.file} exists already; choose another name, so that no older backup is lost.")
    if not arguments.file.absolute().parent.is_dir():
        raise InputError(f"There is no folder {arguments.file.absolute().parent}.")
    facts = backup.make(service.start(), arguments.file)
    size = arguments.file.stat().st_size
    if arguments.json:
        print(json.dumps({"file": str(arguments.file), "kind": facts.kind, "at": facts.at, "bytes": size}))
        return
    print(f"{arguments.file}: {size} bytes, read back and found whole. It opens with this SECRET_KEY only: keep that")
    print("key somewhere else. Do not keep backups longer than messages (docs/security.md).")


def _restore(arguments: argparse.Namespace) -> None:
    if not arguments.file.is_file():
        raise InputError(f"There is no file {arguments.file}.")
    facts = backup.read_facts(arguments.file)
    if not arguments.yes:
        made = f"{clock.local(facts.at):%Y-%m-%d %H:%M}"
        raise InputError(f"This puts everything back to {made}; what came later is lost. Say --yes if that is wanted.")
    done = backup.restore(service.start(), arguments.file, force=arguments.force)
    if arguments.json:
        print(json.dumps(dataclasses.asdict(done)))
        return
    print(f"Restored as of {clock.local(done.at):%Y-%m-%d %H:%M}.")
    print(
        f"{done.erased} people who were erased since then were erased again."
        if done.erasures_known
        else "Who was erased since then is not known: the database that was there could not be read. "
        "Erase again whom you can name (helpline erase)."
    )
    if done.unsent:
        print(
            f"{done.unsent} messages waited to be sent then; they are marked as not sent, so that nothing comes twice."
        )
