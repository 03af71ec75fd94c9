"""The training examples of data/, read without Rasa: for evaluation, lint and benchmarks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

DATA = Path(__file__).resolve().parent.parent.parent / "data"
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Example:
    """One message with what it means."""

    text: str
    intent: str
    language: str


def read(folder: Path = DATA) -> list[Example]:
    """Every example under the folder, once, in a fixed order."""
    found = {example: None for path in sorted(folder.rglob("*.yml")) for example in of_file(path)}
    return list(found)


def is_ours(path: Path) -> bool:
    """Whether a file holds examples."""
    return path.name.startswith("examples")


def of_file(path: Path) -> Iterator[Example]:
    """The examples of one file; none if it holds other things."""
    if not is_ours(path):
        return
    body = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a safe loader either way
    for item in (body or {}).get("nlu") or ():
        if "intent" not in item:
            continue
        language = (item.get("metadata") or {}).get("language") or "en"
        for line in str(item.get("examples") or "").splitlines():
            text = line.strip().removeprefix("- ").strip()
            if text:
                yield Example(text, str(item["intent"]), str(language))
