"""What a release would change, in figures and in examples: the page from which people decide (plain JSON).

Figures come from the folds of the training itself; golden questions and replayed messages are read by the new and by
the live model. `losses` is what one person may not publish alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from helpline import language
from helpline.nlu import evaluation
from helpline.nlu.classifier import Classifier
from helpline.nlu.progress import Folds
from helpline.nlu.thresholds import OUT_OF_SCOPE
from helpline.nlu.understand import Outcome, judge
from helpline.releases.golden import EMERGENCY, Golden, verdict
from helpline.releases.snapshot import Snapshot

PAIRS, SHOWN, EVIDENCE = 10, 100, 3
FEWEST = 60
"""Messages of a language below which a drop is said, and stops nobody."""


@dataclass(frozen=True)
class Message:
    """A message somebody wrote, without what leads to them, and the language they used before."""

    text: str
    prior: str | None


def make(
    new: Classifier,
    taken: Snapshot,
    folds: Folds | None,
    *,
    old: Classifier | None,
    before: Snapshot | None,
    old_report: Mapping[str, Any] | None,
    goldens: Sequence[Golden],
    messages: Sequence[Message],
) -> dict[str, Any]:
    """The whole report. Without a live model nothing is compared, and only goldens that fail are losses."""
    rows = sorted({(one.text, one.intent, one.language) for one in taken.examples})
    report: dict[str, Any] = {"examples": len(rows), "changes": _changes(taken, before)}
    if folds is not None:
        report["languages"] = languages(folds, rows, new)
        report["confusions"] = _confusions(folds, rows)
    figures = report.get("languages", {})
    report["before"] = dict((old_report or {}).get("languages", {}))
    report["golden"] = _golden(new, old, goldens, taken.redirects)
    report["replay"] = _replay(new, old, messages)
    report["losses"] = [*_lost_goldens(report["golden"]), *_dropped(figures, report["before"])]
    return report


def languages(folds: Folds, rows: Sequence[tuple[str, str, str]], model: Classifier) -> dict[str, Any]:
    """Per language and for all: share understood, answered and wrongly answered, each with its 95 % interval."""
    truth = np.array([rows[i][1] for i in folds.rows])
    codes = np.array([rows[i][2] for i in folds.rows])
    limits = {code: model.thresholds.get(code, model.thresholds["*"]).answer for code in set(codes)}
    answered = (folds.chance >= np.array([limits[code] for code in codes])) & (folds.first != OUT_OF_SCOPE)
    right = folds.first == truth
    known = ~folds.stranger
    found = {}
    for code in [*sorted(set(codes)), "all"]:
        here = np.ones(len(codes), bool) if code == "all" else codes == code
        answers = here & answered
        found[code] = {
            "messages": int((here & known).sum()),
            "right": _share(int((here & known & right).sum()), int((here & known).sum())),
            "answered": _share(int((here & known & answered).sum()), int((here & known).sum())),
            "wrong": _share(int((answers & ~right).sum()), int(answers.sum())),
        }
    return found


def _share(hits: int, whole: int) -> list[float]:
    low, high = evaluation.interval(hits, whole)
    return [round(hits / whole, 4) if whole else 0.0, round(low, 4), round(high, 4)]


def _confusions(folds: Folds, rows: Sequence[tuple[str, str, str]]) -> list[dict[str, Any]]:
    """The commonest mistakes among intents the fold's machine knew."""
    wrong: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for place, seen, stranger in zip(folds.rows, folds.first, folds.stranger, strict=True):
        text, meant, code = rows[place]
        if not stranger and seen != meant:
            wrong.setdefault((meant, str(seen)), []).append((text, code))
    ranked = sorted(wrong.items(), key=lambda item: (-len(item[1]), item[0]))[:PAIRS]
    return [
        {"meant": meant, "seen": seen, "times": len(texts), "examples": [list(one) for one in texts[:EVIDENCE]]}
        for (meant, seen), texts in ranked
    ]


def _changes(taken: Snapshot, before: Snapshot | None) -> dict[str, Any]:
    """What differs from the content the live model was trained on."""
    if before is None:
        return {}
    now = {(one.text, one.language): one.intent for one in taken.examples}
    was = {(one.text, one.language): one.intent for one in before.examples}
    added = [key for key in now if key not in was]
    removed = [key for key in was if key not in now]
    moved = [key for key in now if key in was and now[key] != was[key]]
    return {
        "added": [[text, code, now[text, code]] for text, code in sorted(added)[:SHOWN]],
        "removed": [[text, code, was[text, code]] for text, code in sorted(removed)[:SHOWN]],
        "moved": [[text, code, was[text, code], now[text, code]] for text, code in sorted(moved)[:SHOWN]],
        "counts": {"added": len(added), "removed": len(removed), "moved": len(moved)},
        "intents": dict(Counter([now[key] for key in (*added, *moved)] + [was[key] for key in (*removed, *moved)])),
    }


def _golden(
    new: Classifier, old: Classifier | None, goldens: Sequence[Golden], redirects: Mapping[str, str]
) -> dict[str, Any]:
    lost, won, failing = [], [], []
    for one in goldens:
        after, before = _both(new, old, one.text, one.language)
        holds = one.holds(after, redirects)
        held = one.holds(before) if before is not None else True
        entry = {
            "text": one.text, "language": one.language, "intent": one.intent, "severity": one.severity,
            "after": verdict(after), "before": verdict(before) if before is not None else None, "grave": one.grave,
            "waiver": one.waiver,
        }  # fmt: skip
        if not holds:
            failing.append(entry)
        if held and not holds:
            lost.append(entry)
        elif holds and not held:
            won.append(entry)
    return {"asked": len(goldens), "lost": lost, "won": won, "failing": failing}


def _replay(new: Classifier, old: Classifier | None, messages: Sequence[Message]) -> dict[str, Any]:
    """Messages of the last weeks whose fate would change, the same texts counted together."""
    if old is None:
        return {"messages": 0, "other": [], "to_people": [], "from_people": [], "counts": {}}
    heaps: dict[tuple[str, str | None], int] = Counter((one.text, one.prior) for one in messages)
    changed: dict[str, list[dict[str, Any]]] = {"other": [], "to_people": [], "from_people": []}
    for (text, prior), times in heaps.items():
        after, before = _both(new, old, text, prior)
        was, now = verdict(before) if before else "", verdict(after)
        if was != now:
            kind = "to_people" if not now else "other" if was else "from_people"
            entry = {"text": text, "language": after.language, "before": was, "after": now, "times": times}
            changed[kind].append(entry)
    counts = {kind: sum(one["times"] for one in entries) for kind, entries in changed.items()}
    shown = {kind: sorted(entries, key=lambda one: -one["times"])[:SHOWN] for kind, entries in changed.items()}
    return {"messages": len(messages), "counts": counts, **shown}


def _both(new: Classifier, old: Classifier | None, text: str, prior: str | None) -> tuple[Outcome, Outcome | None]:
    """What the new and the old model make of it; its language is found once."""
    found = language.identify(text, prior=prior)
    chances = language.probabilities(text, prior)
    return judge(new, text, found.code, chances), judge(old, text, found.code, chances) if old is not None else None


def _lost_goldens(golden: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    for one in golden["lost"]:
        if one["grave"]:
            kind = "emergency" if one["severity"] == EMERGENCY else "must"
            yield {"kind": kind, "text": one["text"], "language": one["language"], "intent": one["intent"]}


def _dropped(now: Mapping[str, Any], before: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    """Languages that are understood less well than the interval of the live release allows."""
    for code, figures in now.items():
        was = before.get(code)
        if was and figures["messages"] >= FEWEST and figures["right"][0] < was["right"][1]:
            yield {"kind": "language", "language": code, "before": was["right"][0], "after": figures["right"][0]}
