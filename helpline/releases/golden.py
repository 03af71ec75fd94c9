"""Questions that must always be understood, per language, with how bad it would be if one were not (data/golden)."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from helpline.errors import InputError
from helpline.nlu.examples import DATA
from helpline.nlu.thresholds import ANSWER, SUGGEST
from helpline.nlu.understand import Outcome

FOLDER = DATA / "golden"
EMERGENCY, MUST, SHOULD = "emergency", "must", "should"
SEVERITIES = (EMERGENCY, MUST, SHOULD)
COLUMNS = ("text", "intent", "severity", "waiver")
_KIND = "emergency_"


@dataclass(frozen=True)
class Golden:
    """One question: it must raise the alarm, must be answered, or should at least be among the suggestions."""

    text: str
    language: str
    intent: str
    severity: str
    waiver: str = ""
    """Who accepts that it fails, and why; empty for nearly all."""

    @property
    def grave(self) -> bool:
        """Whether losing it needs a second person."""
        return self.severity in (EMERGENCY, MUST) and not self.waiver

    def holds(self, outcome: Outcome, redirects: Mapping[str, str] | None = None) -> bool:
        """Whether the outcome is what it must be; an intent merged into another counts as that one."""
        wanted = (redirects or {}).get(self.intent, self.intent)
        if self.severity == EMERGENCY:
            return outcome.emergency is not None and f"{_KIND}{outcome.emergency}" == wanted
        if verdict(outcome) == wanted:
            return True
        suggested = [name for name, _ in outcome.ranking[:3]]
        return self.severity == SHOULD and outcome.decision == SUGGEST and wanted in suggested


def verdict(outcome: Outcome) -> str:
    """What somebody gets: the intent that is answered, the emergency that is raised, or nothing for people."""
    if outcome.emergency is not None:
        return f"{_KIND}{outcome.emergency}"
    return outcome.intent if outcome.decision == ANSWER else ""


def read(folder: Path = FOLDER) -> list[Golden]:
    """All of them. Raises InputError naming file and line of one that cannot be used."""
    found = []
    for path in sorted(folder.glob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as lines:
            rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
            if tuple(rows.fieldnames or ()) != COLUMNS:
                raise InputError(f"{path.name} must begin with the columns {', '.join(COLUMNS)}, parted by tabs.")
            for number, row in enumerate(rows, 2):
                if row["severity"] not in SEVERITIES or not row["text"] or not row["intent"]:
                    raise InputError(f"{path.name}, line {number}: text, intent and a severity are needed.")
                found.append(Golden(row["text"], path.stem, row["intent"], row["severity"], row["waiver"] or ""))
    return found
