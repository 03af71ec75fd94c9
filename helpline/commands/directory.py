"""`helpline directory import | nearest`: services and what is near."""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path
from typing import Any

from helpline import clock, directory, places, service
from helpline.db.engine import reading
from helpline.errors import InputError


def add_commands(subparsers: Any) -> None:
    """Register the noun."""
    noun = subparsers.add_parser("directory", help="services near a place")
    verbs = noun.add_subparsers(dest="verb", required=True, metavar="verb")
    load = verbs.add_parser("import", help="read a list of services: CSV, Helpful Information sheets, Overpass JSON")
    load.add_argument("file", type=Path, help="a file, or a folder of sheets")
    load.add_argument("--origin", help="name of the list; a later list of the same name retires what it lacks")
    load.add_argument("--dry-run", action="store_true", help="only say what would change")
    load.add_argument("--json", action="store_true")
    load.set_defaults(run=_import)
    near = verbs.add_parser("nearest", help="the nearest services of a kind")
    near.add_argument("--kind", required=True, choices=directory.kinds())
    near.add_argument("--near", required=True, help="a town or postcode, or latitude,longitude")
    near.add_argument("--limit", type=int, default=3)
    near.add_argument("--now", action="store_true", help="prefer what is open now and surely suitable")
    near.add_argument("--json", action="store_true")
    near.set_defaults(run=_nearest)


def _import(arguments: argparse.Namespace) -> int:
    listing = directory.read_file(arguments.file, arguments.origin)
    opened = service.start()
    if arguments.dry_run:
        with reading(opened.engine) as conn:
            planned = directory.plan(conn, listing)
    else:
        with opened.engine.begin() as conn:
            planned = directory.plan(conn, listing)
            directory.apply(conn, planned)
    if arguments.json:
        print(json.dumps({**planned.as_dict(), "dry_run": arguments.dry_run}, ensure_ascii=False, indent=1))
        return 0
    _print_plan(planned)
    print("Nothing was written." if arguments.dry_run else "Written.")
    return 0


def _print_plan(planned: directory.Plan) -> None:
    for draft in planned.added:
        print(f"+ {draft.values['name']} ({draft.values['kind']}, {draft.values['town']})")
    for change in planned.changed:
        print(f"~ {change.name}: " + "; ".join(f"{name} {old!r} -> {new!r}" for name, old, new in change.fields))
    for _, name in planned.removed:
        print(f"- {name}")
    for _, name in planned.kept:
        print(f"= {name}: edited here, left as it is")
    for fault in planned.listing.faults:
        print(f"! {fault}")
    print(
        f"{len(planned.added)} added, {len(planned.changed)} changed, {len(planned.removed)} removed, "
        f"{planned.unchanged} unchanged, {len(planned.listing.faults)} errors, {planned.questions} draft answers."
    )


def _nearest(arguments: argparse.Namespace) -> int:
    latitude, longitude = _point(arguments.near)
    with reading(service.start().engine) as conn:
        at = clock.now() if arguments.now else None
        found = directory.nearest(conn, arguments.kind, latitude, longitude, arguments.limit, at)
    if arguments.json:
        rows = [
            {**dataclasses.asdict(one.entry), "km": round(one.km, 3), "open": one.opening.state,
             "changes_at": one.opening.changes_at, "reason": one.reason, "expired": one.expired,
             "map": one.entry.map_link}
            for one in found
        ]  # fmt: skip
        print(json.dumps(rows, ensure_ascii=False, indent=1))
        return 0
    for one in found:
        expired = "; please phone first" if one.expired else ""
        print(
            f"{one.km:6.1f} km  {one.entry.name}, {one.entry.address or one.entry.town} ({one.opening.state}{expired})"
        )
    if not found:
        print(f"Nothing of this kind within {directory.WITHIN_KM:.0f} km.")
    return 0


def _point(text: str) -> tuple[float, float]:
    parts = text.replace(";", ",").split(",")
    if len(parts) == 2:
        try:
            latitude, longitude = (float(part) for part in parts)
        except ValueError:
            pass
        else:
            if places.of_pin(latitude, longitude).broken:
                raise InputError(f"{text} is no position: latitude is -90 to 90, longitude -180 to 180, and not 0,0.")
            return latitude, longitude
    found = places.find(text)
    if not found:
        raise InputError(f"{text!r} is no place in the Netherlands that is known here.")
    return found[0].latitude, found[0].longitude
