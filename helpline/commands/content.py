"""`helpline content`: answers and facts, from data/ and back to it; what may harm, what is due, what is wrong."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from helpline import content, service
from helpline.content import export, fact_sheets, harm, history
from helpline.db.engine import reading


def add_commands(subparsers: Any) -> None:
    """Register the noun."""
    noun = subparsers.add_parser("content", help="answers")
    verbs = noun.add_subparsers(dest="verb", required=True, metavar="verb")
    load = verbs.add_parser("import", help="read the starter answers; what editors changed stays")
    load.add_argument("--folder", default=str(content.DATA))
    load.add_argument("--json", action="store_true")
    load.set_defaults(run=_import)
    out = verbs.add_parser("export", help="write the live answers and facts as files like those of data/")
    out.add_argument("--to", type=Path, default=Path(content.DATA), help="folder to write to")
    out.add_argument("--json", action="store_true")
    out.set_defaults(run=_export)
    due = verbs.add_parser("facts", help="the facts that somebody should check, with their dates")
    due.add_argument("--json", action="store_true")
    due.set_defaults(run=_facts)
    seal = verbs.add_parser("verify", help="whether the history of the answers is as it was written")
    seal.add_argument("--json", action="store_true")
    seal.set_defaults(run=_verify)
    one = verbs.add_parser("set", help="publish a new text for one answer and language")
    one.add_argument("key")
    one.add_argument("language")
    one.add_argument("text")
    one.add_argument("--json", action="store_true")
    one.set_defaults(run=_set)
    check = verbs.add_parser("lint", help="find what may harm in the answers, and repeats among the examples")
    check.add_argument("--folder", type=Path, default=Path(content.DATA))
    check.add_argument("--json", action="store_true")
    check.set_defaults(run=_lint)


def _lint(arguments: argparse.Namespace) -> int:
    """Print every finding with file and line; 1 if there is any."""
    from helpline.nlu import lint  # scikit-learn takes a second to load, and no other verb needs it

    report = lint.check(arguments.folder)
    harmful = [
        {"place": f"{key} {code}", "what": f"{hit.kind}: {hit.said}"}
        for key, texts in content.read_starter(arguments.folder).items()
        for code, answer in texts.items()
        for hit in harm.hits("\n".join([answer.text, *(button.title for button in answer.buttons)]), code)
    ]
    if arguments.json:
        found = harmful + [{"place": str(one.place), "what": one.what} for one in report.findings]
        print(json.dumps({"examples": report.examples, "findings": found, "repeats": report.repeats}))
    else:
        for harm_found in harmful:
            print(f"{harm_found['place']}: {harm_found['what']}")
        for one in report.findings:
            print(one)
        print(
            f"{report.examples} examples, {len(report.findings)} to mend; "
            f"{report.repeats} say again what another of their intent says (allowed)."
        )
    return 1 if report.findings or harmful else 0


def _import(arguments: argparse.Namespace) -> None:
    opened = service.start()
    with opened.engine.begin() as conn:
        written = content.import_starter(conn, Path(arguments.folder))
    print(json.dumps({"written": written}) if arguments.json else f"{written} answers written.")


def _export(arguments: argparse.Namespace) -> None:
    with reading(service.start().engine) as conn:
        changed = export.export(conn, arguments.to)
    names = [str(path) for path in changed]
    print(json.dumps({"changed": names}) if arguments.json else "\n".join(names) or "Nothing differs.")


def _facts(arguments: argparse.Namespace) -> int:
    """Print what is due; 1 if there is anything."""
    with reading(service.start().engine) as conn:
        due = fact_sheets.due(conn)
    told = [{"name": fact.name, "review_by": fact.review_by, "owner": fact.owner} for fact in due]
    if arguments.json:
        print(json.dumps(told))
    else:
        print("\n".join(f"{one['review_by']}  {one['name']}  ({one['owner']})" for one in told) or "Every fact holds.")
    return 1 if due else 0


def _verify(arguments: argparse.Namespace) -> int:
    """Print the rows whose seal does not fit; 1 if there is any."""
    with reading(service.start().engine) as conn:
        broken = history.broken(conn)
    if arguments.json:
        print(json.dumps(broken))
    else:
        print("\n".join(f"{key} {code} {number}" for key, code, number in broken) or "The history is whole.")
    return 1 if broken else 0


def _set(arguments: argparse.Namespace) -> None:
    with service.start().engine.begin() as conn:
        content.change(conn, arguments.key, arguments.language, arguments.text)
    done = {"key": arguments.key, "language": arguments.language}
    print(json.dumps(done) if arguments.json else "Published; it is live within a second.")
