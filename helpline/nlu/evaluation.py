"""How well messages are understood: figures of a table of messages, each with its language and what it means."""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from helpline import language
from helpline.errors import HelplineError
from helpline.nlu import classifier, encoder, features, groups
from helpline.nlu.classifier import Classifier
from helpline.nlu.examples import Example
from helpline.nlu.thresholds import ANSWER, EMERGENCY, HANDOFF, OUT_OF_SCOPE, SUGGEST
from helpline.nlu.understand import Outcome, judge, understand

_KINDS = {"medical", "violence", "suicidal", "police", "trafficking", "child_alone", "yes", "true", "1", "alarm"}
_NO_EMERGENCY = {"none", "no", "harmless", "safe", "ok", "false", "0", "not_emergency", "no_emergency", "calm"}


@dataclass(frozen=True)
class Message:
    """One row of a table."""

    text: str
    language: str
    intent: str
    expect: str = ""
    """`emergency` or its kind; a word for none marks an alarming-sounding harmless message. Other words say nothing."""

    @property
    def emergency(self) -> bool:
        """Whether an alarm is due."""
        said = self.expect.strip().lower()
        named = said == "emergency" or said.removeprefix(EMERGENCY) in _KINDS
        return named or (self.intent.startswith(EMERGENCY) and said not in _NO_EMERGENCY)

    @property
    def tempting(self) -> bool:
        """Whether it sounds alarming and is not."""
        return self.expect.strip().lower() in _NO_EMERGENCY and not self.intent.startswith(EMERGENCY)


Judged = tuple[Message, Outcome]


@dataclass(frozen=True)
class Figures:
    """Of one language, or of all."""

    messages: int
    right: float
    top3: float
    answered: float
    suggested: float
    handed_off: float
    wrong: int
    answers: int
    strangers: int
    strangers_kept_out: int
    emergencies: int
    emergencies_seen: int
    tempting: int
    tempting_alarms: int
    ordinary: int
    ordinary_alarms: int

    @property
    def wrong_share(self) -> float:
        """Wrong answers among answers, answers to strangers included."""
        return self.wrong / self.answers if self.answers else 0.0


def read_table(path: Path) -> list[Message]:
    """A TSV with a header; columns `text lang intent`, perhaps `expect`, in any order."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    except (OSError, UnicodeDecodeError) as error:
        raise HelplineError(f"{path} cannot be read ({type(error).__name__}).") from None
    if rows and not {"text", "lang"} <= set(rows[0]):
        raise HelplineError(f"{path} needs a header line with the columns text, lang, intent (and expect), by tabs.")
    return [
        Message(row["text"], (row["lang"] or "").strip(), (row.get("intent") or "").strip(), row.get("expect") or "")
        for row in rows
        if row.get("text")
    ]


def judge_all(model: Classifier, messages: Iterable[Message]) -> list[Judged]:
    """Every message as if a stranger had written it."""
    return [(message, understand(model, message.text)) for message in messages]


def folds(examples: Sequence[Example], count: int = 5) -> list[Judged]:
    """The examples themselves, each read by a model that saw neither it nor its near-duplicates."""
    read = [features.read(one.text, one.language) for one in examples]
    vectoriser, matrix, _ = features.fit(read)
    fold = groups.folds(groups.near_duplicates(features.words_of(matrix, vectoriser.offsets)), count)
    judged: list[Judged] = []
    for number in range(count):
        learn = [one for one, k in zip(examples, fold, strict=True) if k != number]
        model = train(learn)
        for one, k in zip(examples, fold, strict=True):
            if k == number:
                chances = language.probabilities(one.text)
                code = language.identify(one.text).code
                judged.append((Message(one.text, one.language, one.intent), judge(model, one.text, code, chances)))
    return judged


def left_out(examples: Sequence[Example], code: str, messages: Iterable[Message]) -> list[Judged]:
    """Held-out messages of one language, read through its dictionary by a model that saw no example of it."""
    model = train([one for one in examples if one.language != code], limits=False)
    return [(one, judge(model, one.text, code, {code: 1.0})) for one in messages]


def train(examples: Sequence[Example], *, limits: bool = True) -> Classifier:
    """A model of these examples."""
    return classifier.train(
        [one.text for one in examples],
        [one.intent for one in examples],
        [one.language for one in examples],
        encoder.configured(),
        limits=limits,
    )


def figures(judged: Sequence[Judged]) -> Figures:
    """Count."""
    scope = [(m, o) for m, o in judged if m.intent and m.intent != OUT_OF_SCOPE]
    strangers = [(m, o) for m, o in judged if m.intent == OUT_OF_SCOPE]
    answers = [(m, o) for m, o in judged if o.decision == ANSWER and m.intent]
    calm = [(m, o) for m, o in judged if not m.emergency]
    tempting = [(m, o) for m, o in calm if m.tempting]
    ordinary = [(m, o) for m, o in calm if not m.tempting]
    due = [(m, o) for m, o in judged if m.emergency]
    share = _share(scope)
    return Figures(
        messages=len(judged),
        right=share(lambda m, o: o.intent == m.intent),
        top3=share(lambda m, o: m.intent in [name for name, _ in o.ranking[:3]]),
        answered=share(lambda _, o: o.decision == ANSWER),
        suggested=share(lambda _, o: o.decision == SUGGEST),
        handed_off=share(lambda _, o: o.decision == HANDOFF),
        wrong=sum(o.intent != m.intent for m, o in answers),
        answers=len(answers),
        strangers=len(strangers),
        strangers_kept_out=sum(o.decision != ANSWER for _, o in strangers),
        emergencies=len(due),
        emergencies_seen=sum(o.emergency is not None for _, o in due),
        tempting=len(tempting),
        tempting_alarms=sum(o.emergency is not None for _, o in tempting),
        ordinary=len(ordinary),
        ordinary_alarms=sum(o.emergency is not None for _, o in ordinary),
    )


def _share(judged: Sequence[Judged]) -> Callable[[Callable[[Message, Outcome], bool]], float]:
    return lambda test: sum(bool(test(m, o)) for m, o in judged) / len(judged) if judged else 0.0


def interval(hits: int, whole: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    if not whole:
        return 0.0, 1.0
    z, share = 1.96, hits / whole
    middle = share + z * z / (2 * whole)
    spread = z * math.sqrt(share * (1 - share) / whole + z * z / (4 * whole * whole))
    return max(0.0, (middle - spread) / (1 + z * z / whole)), min(1.0, (middle + spread) / (1 + z * z / whole))


def curve(judged: Sequence[Judged]) -> list[tuple[float, float]]:
    """Share answered and share wrong among them, as the limit falls; strangers count as wrong when answered."""
    known = sorted((o.confidence, o.intent == m.intent and m.intent != OUT_OF_SCOPE) for m, o in judged if m.intent)[
        ::-1
    ]
    right = np.cumsum([hit for _, hit in known]) if known else np.empty(0)
    return [((i + 1) / len(known), 1 - float(right[i]) / (i + 1)) for i in range(len(known))]


def confusions(judged: Sequence[Judged], count: int = 10) -> list[tuple[str, str, int, list[Message]]]:
    """The commonest mistakes: meant, read as, how often, examples."""
    wrong = [(m, o) for m, o in judged if m.intent and m.intent != OUT_OF_SCOPE and o.intent != m.intent]
    pairs = Counter((m.intent, o.intent) for m, o in wrong)
    return [
        (meant, seen, times, [m for m, o in wrong if (m.intent, o.intent) == (meant, seen)][:3])
        for (meant, seen), times in sorted(pairs.items(), key=lambda item: (-item[1], item[0]))[:count]
    ]


def language_by_length(
    messages: Sequence[Message], lengths: Sequence[int] = (1, 2, 3, 4, 6)
) -> dict[int, dict[str, float]]:
    """Share of messages, cut to their first words, whose language is found. Length 0 is the whole message."""
    found: dict[int, dict[str, float]] = {}
    for length in (*lengths, 0):
        hits: dict[str, list[bool]] = {}
        for message in messages:
            words = message.text.split()
            if length <= len(words):
                text = " ".join(words[:length]) if length else message.text
                hits.setdefault(message.language, []).append(language.identify(text).code == message.language)
        found[length] = {code: sum(seen) / len(seen) for code, seen in sorted(hits.items())}
    return found
