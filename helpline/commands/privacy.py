"""`helpline erase | export | retain | inventory`: what may be asked outside WhatsApp; what is kept, and why."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from helpline import clock, exports, looks, privacy, retention, service
from helpline.errors import InputError

BEGIN, END = "<!-- inventory: begin -->", "<!-- inventory: end -->"


def add_commands(subparsers: Any) -> None:
    """Register the nouns."""
    erase = subparsers.add_parser("erase", help="delete everything about one contact: id, case number or phone number")
    erase.add_argument("contact", help="id, number of a case, or phone number; - reads it from standard input")
    erase.add_argument("--json", action="store_true")
    erase.set_defaults(run=_erase)
    export = subparsers.add_parser("export", help="everything that is kept about one contact, for that contact")
    export.add_argument("contact", help="id, number of a case, or phone number; - reads it from standard input")
    export.add_argument("--json", action="store_true", help="all data; without it the conversation as text")
    export.set_defaults(run=_export)
    retain = subparsers.add_parser("retain", help="delete now what is older than it may be; the worker does it too")
    retain.add_argument("--json", action="store_true")
    retain.set_defaults(run=_retain)
    inventory = subparsers.add_parser("inventory", help="print what is kept about whom, why and how long")
    inventory.add_argument("--write", metavar="FILE", help="write it between the markers of docs/privacy.md")
    inventory.set_defaults(run=_inventory)


def _asked(given: str) -> str:
    return sys.stdin.readline().strip() if given == "-" else given


def _erase(arguments: argparse.Namespace) -> None:
    opened = service.start()
    with opened.engine.begin() as conn:
        contact_id = _find(conn, opened, _asked(arguments.contact))
        privacy.erase(conn, opened.vault, contact_id)
    print(json.dumps({"erased": contact_id}) if arguments.json else "Erased.")


def _export(arguments: argparse.Namespace) -> None:
    opened = service.start()
    with opened.engine.begin() as conn:
        contact_id = _find(conn, opened, _asked(arguments.contact))
        gathered = exports.gather(conn, opened.vault, contact_id)
        lines = exports.talk(conn, opened.vault, contact_id)
        looks.record(conn, opened.vault, "exported", None)
    if arguments.json:
        print(exports.as_json(gathered))
        return
    for line in lines:
        who = "they wrote" if line.by_contact else "they got"
        print(f"{clock.local(line.at):%Y-%m-%d %H:%M} {who}: {line.text} {' '.join(line.files)}".rstrip())


def _find(conn: Any, opened: service.Service, asked: str) -> str:
    try:
        return exports.find(conn, opened.vault, asked)
    except InputError:
        raise InputError("Nobody is known by that id, case number or phone number.") from None


def _retain(arguments: argparse.Namespace) -> None:
    deleted = retention.run(service.start())
    if arguments.json:
        print(json.dumps(deleted))
        return
    print("\n".join(f"{name}: {number}" for name, number in deleted.items()) or "Nothing was older than it may be.")


def _inventory(arguments: argparse.Namespace) -> None:
    table = privacy.inventory()
    if arguments.write is None:
        print(table)
        return
    path = Path(arguments.write)
    before, found, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _, closed, after = rest.partition(END)
    if not (found and closed):
        raise InputError(f"{path} has no lines {BEGIN} and {END} to write between.")
    path.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", encoding="utf-8")
