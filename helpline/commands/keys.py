"""`helpline keys rotate | check`: everything under the newest SECRET_KEY, so that an old one can go."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from helpline import keys, service
from helpline.errors import HelplineError


def add_commands(subparsers: Any) -> None:
    """Register the noun."""
    noun = subparsers.add_parser("keys", help="the key that encrypts what is stored")
    verbs = noun.add_subparsers(dest="verb", required=True, metavar="verb")
    rotate = verbs.add_parser("rotate", help="seal everything with SECRET_KEY that PREVIOUS_SECRET_KEYS still open")
    rotate.add_argument("--json", action="store_true")
    rotate.set_defaults(run=_rotate)
    check = verbs.add_parser("check", help="count what still needs an old key; 1 if anything does")
    check.add_argument("--json", action="store_true")
    check.set_defaults(run=_check)


def _rotate(arguments: argparse.Namespace) -> None:
    opened = service.start()
    if not opened.settings.previous_secret_keys.strip():
        raise HelplineError("PREVIOUS_SECRET_KEYS is empty. Put the old key there and a new one in SECRET_KEY.")
    passed = 0

    def told(_name: str, rows: int) -> None:
        nonlocal passed
        passed += rows
        if sys.stderr.isatty():
            print(f"\r{passed} rows", end="", file=sys.stderr)

    done = keys.rotate(opened, told)
    if arguments.json:
        print(json.dumps(done))
        return
    unknown = done.pop("unknown", 0)
    print("\n".join(f"{name}: {number}" for name, number in done.items()) or "Everything was under the newest key.")
    if unknown:
        print(f"{unknown} rows of the voucher list are of people who never wrote: import the list once more.")
    print("When every process runs with the new key, remove the old one from PREVIOUS_SECRET_KEYS.")


def _check(arguments: argparse.Namespace) -> int:
    number = keys.left(service.start())
    said = f"{number} values need an old key." if number else "SECRET_KEY alone opens everything."
    print(json.dumps({"left": number}) if arguments.json else said)
    return 1 if number else 0
