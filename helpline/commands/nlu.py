"""`helpline evaluate`: how well messages are understood. `helpline encoder fetch`: an optional sentence encoder."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from helpline.nlu import classifier, evaluation, examples, fetching, report, understand
from helpline.nlu.evaluation import Judged

REPORT = Path("docs/benchmarks/nlu.md")
HELD_OUT = Path("tests/heldout")
LEFT_OUT = ("nl", "fr", "es", "pt", "ar")


def add_commands(subparsers: Any) -> None:
    """Register the nouns."""
    evaluate = subparsers.add_parser("evaluate", help="how well messages are understood")
    evaluate.add_argument("--messages", type=Path, help="a TSV with columns text, lang, intent (and expect)")
    evaluate.add_argument("--models", type=Path, default=Path("models"), help="folder of trained models")
    evaluate.add_argument("--json", action="store_true", help="with --messages: one line of JSON a message")
    evaluate.add_argument("--folds", type=int, default=5, help="without --messages: how many grouped folds; 0: none")
    evaluate.add_argument("--report", type=Path, default=REPORT, help="where to write the report")
    evaluate.set_defaults(run=_evaluate)
    verbs = subparsers.add_parser("encoder", help="an optional sentence encoder").add_subparsers(
        dest="verb", required=True, metavar="verb"
    )
    fetch = verbs.add_parser("fetch", help="fetch a published one and check its hash")
    fetch.add_argument("name", nargs="?", default=fetching.DEFAULT, help=f"one of {', '.join(fetching.ENCODERS)}")
    fetch.add_argument("folder", type=Path, help="where to put it")
    fetch.set_defaults(run=_fetch)


def _fetch(arguments: argparse.Namespace) -> int:
    folder = fetching.fetch(arguments.name, arguments.folder)
    print(f"{arguments.name} is in {folder}. Set SEMANTIC_ENCODER={folder} and train: helpline train.")
    return 0


def _evaluate(arguments: argparse.Namespace) -> int:
    if arguments.messages is None:
        return _measure(arguments.folds, arguments.report)
    messages = evaluation.read_table(arguments.messages)
    judged = evaluation.judge_all(understand.current(arguments.models), messages)
    if arguments.json:
        for message, outcome in judged:
            said = {"text": message.text, "lang": message.language, "expected": message.intent, **outcome.as_json()}
            print(json.dumps(said, ensure_ascii=False))
        return 0
    print(_section(f"{arguments.messages.name}", judged))
    return 0


def _measure(count: int, path: Path) -> int:
    """Train on grouped folds, then on everything for the held-out tables; print and write the report."""
    shipped = examples.read()
    model = evaluation.train(shipped)
    tables = {table.stem: evaluation.read_table(table) for table in sorted(HELD_OUT.glob("*.tsv"))}
    held_out = {name: evaluation.judge_all(model, messages) for name, messages in tables.items()}
    drawn = [one for name, judged in held_out.items() if name != "other" for one in judged]
    sections = ["## Held out, the six languages together\n\n" + report.table(drawn)]
    if count:
        judged = evaluation.folds(shipped, count)
        drawn = judged
        sections.append(_section("Grouped folds of the training examples", judged))
    sections += [_section(f"Held out: {name}", judged) for name, judged in held_out.items()]
    without = [one for code in LEFT_OUT for one in evaluation.left_out(shipped, code, tables.get(code, ()))]
    sections.append("## Held out, by models without an example of their language\n\n" + report.guesses(without))
    sections.append("## Limits of this model\n\n" + _limits(model))
    body = "\n".join(sections)
    print(body)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_suffix(".svg").write_text(report.picture(drawn), encoding="utf-8")
    path.write_text(_preface(path.with_suffix(".svg").name, len(shipped)) + body, encoding="utf-8")
    return 0


def _preface(picture: str, count: int) -> str:
    return (
        "# How well messages are understood\n\n"
        f"Written by `make evaluate` from {count} examples. In grouped folds no message is read by a model that saw "
        "it or a near-duplicate of it; the examples are written to differ as much as possible, so these figures are "
        "lower than those of messages by other writers (held out, below them; their mistakes have been looked at when "
        "examples and words were added, without taking a sentence over, so they flatter a little). Language, safety "
        "net and classifier run as they do in service. Beside others, on a public set and with a sentence encoder: "
        "[nlu-compared.md](nlu-compared.md).\n\n"
        f"![Share of wrong answers against share of messages answered, per language]({picture})\n\n"
    )


def _section(title: str, judged: Sequence[Judged]) -> str:
    found = evaluation.language_by_length([message for message, _ in judged])
    return (
        f"## {title}\n\n{report.table(judged)}\n### Language by number of words\n\n{report.languages(found)}\n"
        f"### The commonest mistakes\n\n{report.confusions(judged)}"
    )


def _limits(model: classifier.Classifier) -> str:
    lines = ["| language | answer from | suggest from | emergency from |\n|---|---|---|---|\n"]
    for code, one in sorted(model.thresholds.items()):
        lines.append(f"| {code} | {one.answer:.3f} | {one.suggest:.3f} | {one.emergency:.3f} |\n")
    return "".join(lines)
