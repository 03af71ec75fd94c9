"""The classifier on CLINC150, which is not shipped: `CLINC=path/to/data_full.json make benchmark-clinc`.

Limits are set on the in-scope validation messages; no out-of-scope example is used in training.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import numpy as np

from helpline.nlu import classifier


def main() -> None:
    """Train, read the test messages, print accuracy and what is recognised as out of scope."""
    path = os.environ.get("CLINC", "")
    if not Path(path).is_file():
        sys.exit("CLINC names no file. Set it to the path of CLINC150's data_full.json.")
    data = json.loads(Path(path).read_text(encoding="utf-8"))
    texts, intents = zip(*data["train"], strict=True)
    began = time.monotonic()
    model = classifier.train(texts, intents, ["en"] * len(texts))
    training = time.monotonic() - began
    sure = np.array([one.confidence for one in _read(model, data["val"])])
    began = time.monotonic()
    tested = _read(model, data["test"])
    reading = time.monotonic() - began
    strangers = np.array([one.confidence for one in _read(model, data["oos_test"])])
    right = np.array([one.intent == intent for one, (_, intent) in zip(tested, data["test"], strict=True)])
    chance = np.array([one.confidence for one in tested])
    print(f"CLINC150: accuracy {100 * right.mean():.1f} %, training {training:.0f} s, ", end="")
    print(f"{1000 * reading / len(tested):.2f} ms a message\n")
    print("| in-scope coverage asked | kept | right among kept | out of scope recognised |\n|---|---|---|---|")
    for coverage in (0.95, 0.9):
        limit = np.quantile(sure, 1 - coverage)
        kept = chance >= limit
        print(
            f"| {100 * coverage:.0f} % | {100 * kept.mean():.1f} % | {100 * right[kept].mean():.1f} % "
            f"| {100 * (strangers < limit).mean():.1f} % |"
        )


def _read(model: classifier.Classifier, rows: list[list[str]]) -> list[classifier.Reading]:
    return model.read_many([text for text, _ in rows], ["en"] * len(rows))


if __name__ == "__main__":
    main()
