"""`helpline erase` and `helpline inventory`: forget a contact who asked outside WhatsApp; what is kept, and why."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from helpline import contacts, privacy, service
from helpline.errors import InputError

BEGIN, END = "<!-- inventory: begin -->", "<!-- inventory: end -->"


def add_commands(subparsers: Any) -> None:
    """Register the nouns."""
    erase = subparsers.add_parser("erase", help="delete everything about one contact, by the id the desk shows")
    erase.add_argument("contact_id")
    erase.add_argument("--json", action="store_true")
    erase.set_defaults(run=_erase)
    inventory = subparsers.add_parser("inventory", help="print what is kept about whom, why and how long")
    inventory.add_argument("--write", metavar="FILE", help="write it between the markers of docs/privacy.md")
    inventory.set_defaults(run=_inventory)


def _erase(arguments: argparse.Namespace) -> None:
    opened = service.start()
    with opened.engine.begin() as conn:
        contacts.get(conn, arguments.contact_id)
        privacy.erase(conn, opened.vault, arguments.contact_id)
    print(json.dumps({"erased": arguments.contact_id}) if arguments.json else "Erased.")


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
