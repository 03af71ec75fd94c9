"""Our pipeline beside Rasa's default (DIET) and its built-in logistic regression, on the same grouped folds.

    python -m benchmarks.nlu_pipelines [--folds 1] [--epochs 100] [--language en] [--every 1] [--only ours,lr,diet]

Each training and reading runs in a process of its own, so that memory is its own.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from helpline.nlu import examples, features, groups
from helpline.nlu.examples import Example

OURS = [
    {"name": "helpline.assistant.languages.LanguageIdentifier"},
    {"name": "helpline.assistant.intents.MessageClassifier"},
]
WORDS = [
    {"name": "WhitespaceTokenizer"},
    {"name": "RegexFeaturizer"},
    {"name": "LexicalSyntacticFeaturizer"},
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
]


def pipelines(epochs: int) -> dict[str, list[dict[str, Any]]]:
    """Configurations by short name."""
    return {
        "ours": OURS,
        "lr": [*WORDS, {"name": "LogisticRegressionClassifier"}],
        "diet": [*WORDS, {"name": "DIETClassifier", "epochs": epochs, "constrain_similarities": True}],
    }


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folds", type=int, default=1, help="how many of the five folds to run")
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--language", help="only this language's examples")
    parser.add_argument("--every", type=int, default=1, help="take one example of so many; DIET needs hours for all")
    parser.add_argument("--only", default="ours,lr,diet")
    parser.add_argument("--in-process", nargs=2, metavar=("NAME", "FOLDER"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.in_process:
        print(json.dumps(_measure(*chosen.in_process)))
        return
    shipped = [one for one in examples.read() if chosen.language in (None, one.language)][:: chosen.every]
    vectoriser, matrix, _ = features.fit([features.read(one.text, one.language) for one in shipped])
    fold = groups.folds(groups.near_duplicates(features.words_of(matrix, vectoriser.offsets)), 5)
    print(
        f"{len(shipped)} examples, {chosen.folds} of 5 grouped folds, {os.cpu_count()} processors, "
        f"{chosen.epochs} epochs of DIET\n"
    )
    print("| pipeline | right | training s | ms a message | model MB | memory MB |\n|---|---|---|---|---|---|")
    for name in chosen.only.split(","):
        runs = [_run(name, shipped, fold == number, chosen.epochs) for number in range(chosen.folds)]
        mean = {key: float(np.mean([run[key] for run in runs])) for key in runs[0]}
        print(
            f"| {name} | {100 * mean['right']:.1f} % | {mean['training']:.1f} | {mean['reading']:.2f} "
            f"| {mean['size']:.1f} | {mean['memory']:.0f} |",
            flush=True,
        )


def _run(name: str, shipped: Sequence[Example], test: np.ndarray[Any, Any], epochs: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        learn = [one for one, out in zip(shipped, test, strict=True) if not out]
        asked = [one for one, out in zip(shipped, test, strict=True) if out]
        (root / "nlu.yml").write_text(yaml.safe_dump(_as_rasa(learn), allow_unicode=True), encoding="utf-8")
        config = {"recipe": "default.v1", "assistant_id": "x", "language": "en", "pipeline": pipelines(epochs)[name]}
        (root / "config.yml").write_text(yaml.safe_dump({**config, "policies": []}), encoding="utf-8")
        (root / "asked.json").write_text(json.dumps([[one.text, one.intent, one.language] for one in asked]))
        environment = {**os.environ, "RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "3"}
        command = [sys.executable, "-m", "benchmarks.nlu_pipelines", "--in-process", name, folder]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(done.stderr[-2000:])
        return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def _as_rasa(learn: Sequence[Example]) -> dict[str, Any]:
    listed: dict[tuple[str, str], list[str]] = {}
    for one in learn:
        listed.setdefault((one.intent, one.language), []).append(one.text)
    items = [
        {"intent": intent, "metadata": {"language": code}, "examples": "".join(f"- {text}\n" for text in texts)}
        for (intent, code), texts in listed.items()
    ]
    return {"version": "3.1", "nlu": items}


def _measure(_name: str, folder: str) -> dict[str, float]:
    from rasa.core.agent import Agent
    from rasa.model_training import train_nlu

    logging.disable(logging.CRITICAL)
    root = Path(folder)
    began = time.monotonic()
    model = train_nlu(str(root / "config.yml"), str(root / "nlu.yml"), str(root / "models"))
    training = time.monotonic() - began
    agent = Agent.load(model)
    asked = json.loads((root / "asked.json").read_text())

    async def read() -> list[str]:
        found = []
        for text, _, _code in asked:
            parsed = await agent.parse_message(text)
            ranking = [one["name"] for one in parsed["intent_ranking"] if one["name"] != "nlu_fallback"]
            found.append(ranking[0] if ranking else "")
        return found

    asyncio.run(agent.parse_message("hello"))  # type: ignore[arg-type]
    began = time.monotonic()
    found = asyncio.run(read())
    reading = time.monotonic() - began
    return {
        "right": float(np.mean([one == wanted for one, (_, wanted, _) in zip(found, asked, strict=True)])),
        "training": training,
        "reading": 1000 * reading / len(asked),
        "size": Path(str(model)).stat().st_size / 1e6,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


if __name__ == "__main__":
    main()
