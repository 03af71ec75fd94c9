"""A model on disk: one compressed file of arrays and one of JSON. Nothing in it can run code, and no text is kept."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helpline.errors import HelplineError

ARRAYS, FACTS = "arrays.npz", "facts.json"
COMPONENT = "MessageClassifier"
"""The graph component whose folder holds them."""


def write(folder: Path, arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> None:
    """Write a model into an existing folder."""
    np.savez_compressed(folder / ARRAYS, **arrays)
    text = json.dumps(facts, ensure_ascii=False, sort_keys=True, indent=1)
    (folder / FACTS).write_text(text, encoding="utf-8")


def read(folder: Path) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """The arrays and facts of a model."""
    with np.load(folder / ARRAYS, allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    return arrays, json.loads((folder / FACTS).read_text(encoding="utf-8"))


def unpack(model: Path, folder: Path) -> None:
    """Take the classifier's two files out of a model of `rasa train`, without Rasa."""
    with tarfile.open(model) as archive:
        for member in archive:
            name = Path(member.name).name
            if member.isfile() and name in (ARRAYS, FACTS) and COMPONENT in member.name:
                content = archive.extractfile(member)
                assert content is not None
                (folder / name).write_bytes(content.read())
    if not (folder / ARRAYS).exists() or not (folder / FACTS).exists():
        raise HelplineError(f"{model.name} holds no classifier of ours. Train again.")
