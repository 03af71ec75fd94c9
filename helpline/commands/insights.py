"""`helpline insights export --month 2026-09 --format xlsx|csv|pdf`: figures of a month as files."""

from __future__ import annotations

import argparse
import datetime as dt
import json
from pathlib import Path
from typing import Any

from helpline import service
from helpline.errors import InputError

LANGUAGES = ("en", "nl")


def add_commands(subparsers: Any) -> None:
    """Register the noun."""
    noun = subparsers.add_parser("insights", help="figures without people: export a month")
    verbs = noun.add_subparsers(dest="verb", required=True, metavar="verb")
    export = verbs.add_parser("export", help="write the charts of a month as a spreadsheet, CSV or printable report")
    export.add_argument("--month", required=True, help="as 2026-09")
    export.add_argument("--format", choices=("xlsx", "csv", "pdf"), default="xlsx", dest="form")
    export.add_argument("--language", choices=LANGUAGES, default="en")
    export.add_argument("--out", type=Path, default=Path(), help="folder to write into")
    export.add_argument("--alarming", action="store_true", help="with emergencies, police and detention")
    export.add_argument("--demo", action="store_true", help="the made-up figures of the demo")
    export.add_argument("--json", action="store_true")
    export.set_defaults(run=_export)


def _export(arguments: argparse.Namespace) -> int:
    from helpline.console import app  # Flask is for those who export only

    try:
        month = dt.date.fromisoformat(f"{arguments.month}-01")
    except ValueError:
        raise InputError(f"{arguments.month!r} is not a month; write it as 2026-09.") from None
    from helpline.console import insights

    made = app.create(service.start())
    with made.app_context():
        files = insights.files(
            month, arguments.form, arguments.language, alarming=arguments.alarming, demo=arguments.demo
        )
    if not files:
        raise InputError(f"There are no figures of {arguments.month}.")
    arguments.out.mkdir(parents=True, exist_ok=True)
    written = []
    for name, body in files:
        path = arguments.out / name
        path.write_bytes(body)
        written.append(str(path))
    print(json.dumps({"month": arguments.month, "files": written}) if arguments.json else "\n".join(written))
    return 0
