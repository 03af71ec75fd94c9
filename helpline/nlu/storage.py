"""A model on disk: one compressed file of arrays and one of JSON. Nothing in it can run code, and no text is kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ARRAYS, FACTS = "arrays.npz", "facts.json"


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
