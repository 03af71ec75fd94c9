"""`helpline content import | set`: answers, from data/ or one by one."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from helpline import content, service


def add_commands(subparsers: Any) -> None:
    """Register the noun."""
    noun = subparsers.add_parser("content", help="answers")
    verbs = noun.add_subparsers(dest="verb", required=True, metavar="verb")
    load = verbs.add_parser("import", help="read the starter answers; what editors changed stays")
    load.add_argument("--folder", default=str(content.DATA))
    load.add_argument("--json", action="store_true")
    load.set_defaults(run=_import)
    one = verbs.add_parser("set", help="publish a new text for one answer and language")
    one.add_argument("key")
    one.add_argument("language")
    one.add_argument("text")
    one.add_argument("--json", action="store_true")
    one.set_defaults(run=_set)


def _import(arguments: argparse.Namespace) -> None:
    opened = service.start()
    with opened.engine.begin() as conn:
        written = content.import_starter(conn, Path(arguments.folder))
    print(json.dumps({"written": written}) if arguments.json else f"{written} answers written.")


def _set(arguments: argparse.Namespace) -> None:
    with service.start().engine.begin() as conn:
        content.change(conn, arguments.key, arguments.language, arguments.text)
    done = {"key": arguments.key, "language": arguments.language}
    print(json.dumps(done) if arguments.json else "Published; it is live within a second.")
