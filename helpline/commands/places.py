"""`helpline places find | import-postcodes`: place names to coordinates."""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path
from typing import Any

from helpline import places
from helpline.places import postcodes


def add_commands(subparsers: Any) -> None:
    """Register the noun."""
    noun = subparsers.add_parser("places", help="towns, districts and postcodes")
    verbs = noun.add_subparsers(dest="verb", required=True, metavar="verb")
    find = verbs.add_parser("find", help="which place a text names")
    find.add_argument("text")
    find.add_argument("--json", action="store_true")
    find.set_defaults(run=_find)
    load = verbs.add_parser("import-postcodes", help="use an official file of all postcodes instead of our ranges")
    load.add_argument("file", type=Path)
    load.add_argument("--dry-run", action="store_true")
    load.add_argument("--json", action="store_true")
    load.set_defaults(run=_import_postcodes)


def _find(arguments: argparse.Namespace) -> int:
    found = places.find(arguments.text)
    if arguments.json:
        print(json.dumps([dataclasses.asdict(place) for place in found], ensure_ascii=False, indent=1))
        return 0
    for place in found:
        print(f"{place.name}  {place.latitude:.4f},{place.longitude:.4f}  {place.kind}")
    if not found:
        print("No place.")
    return 0


def _import_postcodes(arguments: argparse.Namespace) -> int:
    count, faults = postcodes.import_official(arguments.file, dry_run=arguments.dry_run)
    if arguments.json:
        print(json.dumps({"postcodes": count, "errors": faults, "dry_run": arguments.dry_run}, ensure_ascii=False))
        return 0
    for fault in faults:
        print(f"! {fault}")
    print(f"{count} postcodes {'can be read' if arguments.dry_run else 'are used from now on'}.")
    return 0
