"""`helpline content import | set | lint`: answers, from data/ or one by one; what is wrong with the examples."""

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
    check = verbs.add_parser("lint", help="find repeats, wrong languages and personal data among the examples")
    check.add_argument("--folder", type=Path, default=Path(content.DATA))
    check.add_argument("--json", action="store_true")
    check.set_defaults(run=_lint)


def _lint(arguments: argparse.Namespace) -> int:
    """Print every finding with file and line; 1 if there is any."""
    from helpline.nlu import lint  # scikit-learn takes a second to load, and no other verb needs it

    report = lint.check(arguments.folder)
    if arguments.json:
        found = [{"place": str(one.place), "what": one.what} for one in report.findings]
        print(json.dumps({"examples": report.examples, "findings": found, "repeats": report.repeats}))
    else:
        for one in report.findings:
            print(one)
        print(
            f"{report.examples} examples, {len(report.findings)} to mend; "
            f"{report.repeats} say again what another of their intent says (allowed)."
        )
    return 1 if report.findings else 0


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
