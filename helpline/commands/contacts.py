"""`helpline erase`: forget a contact who asked outside WhatsApp."""

from __future__ import annotations

import argparse
import json
from typing import Any

from helpline import contacts, privacy, service


def add_commands(subparsers: Any) -> None:
    """Register the noun."""
    erase = subparsers.add_parser("erase", help="delete everything about one contact, by the id the desk shows")
    erase.add_argument("contact_id")
    erase.add_argument("--json", action="store_true")
    erase.set_defaults(run=_erase)


def _erase(arguments: argparse.Namespace) -> None:
    with service.start().engine.begin() as conn:
        contacts.get(conn, arguments.contact_id)
        privacy.erase(conn, arguments.contact_id)
    print(json.dumps({"erased": arguments.contact_id}) if arguments.json else "Erased.")
