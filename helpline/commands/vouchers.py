"""`helpline vouchers import | check`: the list of registrations, and whether the voucher source answers."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from helpline import service
from helpline.vouchers import importing, source


def add_commands(subparsers: Any) -> None:
    """Register the noun."""
    noun = subparsers.add_parser("vouchers", help="voucher registrations")
    verbs = noun.add_subparsers(dest="verb", required=True, metavar="verb")
    load = verbs.add_parser(
        "import",
        help="read a CSV list of registrations",
        description=f"Columns: {', '.join(importing.COLUMNS)}. Rows with errors are listed and left out.",
    )
    load.add_argument("file")
    load.add_argument("--dry-run", action="store_true", help="only say what would change")
    load.add_argument("--replace", action="store_true", help="the file is the whole list: remove who is not in it")
    load.add_argument("--json", action="store_true")
    load.set_defaults(run=_import)
    check = verbs.add_parser("check", help="which source is asked, and whether it answers")
    check.add_argument("--json", action="store_true")
    check.set_defaults(run=_check)


def _import(arguments: argparse.Namespace) -> int:
    text = importing.read(Path(arguments.file))
    opened = service.start()
    with opened.engine.begin() as conn:
        report = importing.load(conn, opened.vault, text, dry_run=arguments.dry_run, replace=arguments.replace)
    if arguments.json:
        print(json.dumps(report.as_json()))
    else:
        _print_report(report)
    return 1 if report.errors else 0


def _print_report(report: importing.Report) -> None:
    for one in report.errors:
        print(f"Row {one.row}, {one.column}: {one.problem}.")
    said = f"{report.added} added, {report.changed} changed, {report.unchanged} unchanged, {report.removed} removed"
    print(f"{'Would be' if report.dry_run else 'Done'}: {said}; {len(report.errors)} errors.")
    if report.shared:
        print(f"{report.shared} numbers have more than one registration; a person answers them.")


def _check(arguments: argparse.Namespace) -> int:
    facts = source.health(service.start())
    if arguments.json:
        print(json.dumps(facts))
    else:
        print(f"The {facts['source']} source {'answers' if facts['answers'] else 'does not answer'}.")
        for name, value in facts.items():
            if name not in ("source", "answers"):
                print(f"  {name.replace('_', ' ')}: {value}")
    return 0 if facts["answers"] else 1
