"""Reads data/safety/phrases, one file a language, into one index of words, groups of words and phrases.

The files are written for reviewers; their README says how. A mistake in one of them stops the start of every
process that needs the net, with the file and line: a phrase silently left out could cost a life.
"""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from helpline.errors import HelplineError
from helpline.safety.words import folded, skeleton

FOLDER = Path(__file__).resolve().parent.parent.parent / "data" / "safety" / "phrases"
KINDS = ("medical", "suicidal", "violence", "trafficking", "child_alone", "police")
"""In order of precedence."""
MARKERS = ("harmless", "past", "now", "asking", "elsewhere")
NEAR, FAR, ANYWHERE = 2, 6, 8
"""Most words between two parts of a phrase: a space, `..` and `&`."""
_FUZZY_FROM = 6
"""Shortest word for which one wrong, missing or swapped letter is forgiven."""
_BONES_FROM = 4
"""Fewest consonants by which a word of Arabic in Latin letters is known whatever its vowels."""
_ALIKE = ("aeiouy", "csz", "ckq", "fv", "bv", "vw", "gj", "ij", "mn", "td", "bp", "аеоиіуыэяю", "сз", "шщ")
"""Letters written for each other."""
_ARTICLES = ("وال", "بال", "فال", "كال", "ال", "لل", "و", "ف", "ب", "ل", "ه", "ع")
_GAP = re.compile(r"\s*(\.\.|&)\s*|\s+")


class BadPhrase(HelplineError):
    """A line of the phrase files cannot be understood."""


@dataclass(frozen=True)
class Phrase:
    """Groups of words in order, with the most words that may stand between each and the one before."""

    kind: str
    text: str
    groups: tuple[int, ...]
    gaps: tuple[int, ...]
    language: str
    alone: bool
    """Only when the message is hardly more than this."""
    sure: bool = False
    """Enough by itself, whatever the classifier thinks."""


@dataclass
class Index:
    """Everything the matcher looks up: words to numbers, numbers to groups, groups to phrases."""

    exact: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    prefix: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    suffix: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    inside: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    bones: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    known: set[str] = field(default_factory=set)
    """Ordinary words that are not taken for a misspelling of a grave one."""
    near: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    atoms: dict[str, int] = field(default_factory=dict)
    starts: dict[int, list[tuple[int, tuple[int, ...]]]] = field(default_factory=lambda: defaultdict(list))
    """By first word: the group, and the words that must follow."""
    groups: dict[tuple[tuple[int, ...], ...], int] = field(default_factory=dict)
    phrases: list[Phrase] = field(default_factory=list)
    anchored: dict[int, list[Phrase]] = field(default_factory=dict)
    negation: dict[str, int] = field(default_factory=dict)

    def atom(self, word: str) -> int:
        """The number of one word of a phrase; `*` stands for any letters, `~` for Arabic in Latin letters."""
        if word in self.atoms:
            return self.atoms[word]
        number = self.atoms[word] = len(self.atoms)
        core = word.strip("*~")
        if word.startswith("~") and len(skeleton(core)) >= _BONES_FROM:
            self.bones[skeleton(core)].add(number)
        elif word.startswith("*") and word.endswith("*"):
            self.inside[core].add(number)
        elif word.endswith("*"):
            self.prefix[core].add(number)
        elif word.startswith("*"):
            self.suffix[core].add(number)
        else:
            self.exact[core].add(number)
            if len(core) >= _FUZZY_FROM and core.isalpha() and not "\u0590" < core[0] < "\u08ff":
                for shorter in _shortened(core):
                    self.near[shorter].add(core)
        return number

    def group(self, alternatives: list[tuple[int, ...]]) -> int:
        """The number of a group of alternatives, each one or more words in a row."""
        key = tuple(sorted(set(alternatives)))
        if key not in self.groups:
            number = self.groups[key] = len(self.groups)
            for first, *rest in key:
                self.starts[first].append((number, tuple(rest)))
        return self.groups[key]

    def anchor(self) -> None:
        """Find each phrase by its rarest group, so that few are tried on a message."""
        uses: dict[int, int] = defaultdict(int)
        for phrase in self.phrases:
            for group in set(phrase.groups):
                uses[group] += 1
        weights = {number: uses[number] * len(words) for words, number in self.groups.items()}
        for phrase in self.phrases:
            self.anchored.setdefault(min(phrase.groups, key=weights.__getitem__), []).append(phrase)

    def atoms_of(self, word: str) -> frozenset[int]:
        """The numbers a written word answers to."""
        found: set[int] = set()
        for form in _forms(word):
            found |= self.exact.get(form, _NONE)
            for end in range(2, len(form) + 1):
                found |= self.prefix.get(form[:end], _NONE)
            for start in range(len(form) - 1):
                found |= self.suffix.get(form[start:], _NONE)
        for start in range(len(word) - 1):
            for end in range(start + 2, len(word) + 1):
                if word[start:end] in self.inside:
                    found |= self.inside[word[start:end]]
        if word.isascii() and not word.isdigit():
            found |= self.bones.get(skeleton(word), _NONE)
        if not found and len(word) >= _FUZZY_FROM - 1 and word.isalpha() and word not in self.known:
            for known in {known for shorter in _shortened(word) for known in self.near.get(shorter, ())}:
                if _slip(known, word):
                    found |= self.exact[known]
        return frozenset(found)


_NONE: frozenset[int] = frozenset()


@lru_cache(maxsize=1)
def index() -> Index:
    """The phrases of every language, read once."""
    return read(FOLDER)


def read(folder: Path) -> Index:
    """The phrases of a folder. Raises BadPhrase naming file and line."""
    found = Index()
    for path in sorted(folder.glob("*.txt")):
        _read_file(path, found)
    found.anchor()
    return found


def _read_file(path: Path, found: Index) -> None:
    named: dict[str, list[tuple[int, ...]]] = {}
    section = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        line = line.partition("#")[0].strip()
        try:
            if not line:
                continue
            if line.startswith("["):
                section = line.strip("[]")
                if section not in (*KINDS, *MARKERS, "words", "negation", "known"):
                    raise BadPhrase(f"There is no section {section}.")
            elif section == "words":
                name, _, words = line.partition("=")
                group = named.setdefault(name.strip().removeprefix("@"), [])
                for word in words.split(","):
                    group += _alternatives(word.strip().replace(" ", "_"), named, found)
            elif section == "known":
                found.known.update(folded(word).strip() for word in line.split(","))
            elif section == "negation":
                words_of = [pair for word in line.split(",") for pair in _alternatives(word.strip(), named, found)]
                found.negation[path.stem] = found.group(words_of)
            elif section:
                found.phrases += _phrases(line, section, path.stem, named, found)
            else:
                raise BadPhrase("A phrase stands before the first section.")
        except (BadPhrase, ValueError) as error:
            raise BadPhrase(f"{path.name}, line {number}: {error}") from error


def _phrases(
    line: str, kind: str, language: str, named: dict[str, list[tuple[int, ...]]], found: Index
) -> Iterator[Phrase]:
    alone, sure = line.startswith("^"), line.startswith("!")
    pieces = _GAP.split(line.lstrip("^!").strip())
    groups = [found.group(_alternatives(piece, named, found)) for piece in pieces[::2]]
    marks = pieces[1::2]
    if "&" not in marks:
        gaps = (0, *(FAR if mark == ".." else NEAR for mark in marks))
        yield Phrase(kind, line, tuple(groups), gaps, language, alone, sure)
        return
    blocks: list[list[int]] = [[groups[0]]]
    between: list[list[int]] = [[0]]
    for mark, group in zip(marks, groups[1:], strict=True):
        if mark == "&":
            blocks.append([group])
            between.append([0])
        else:
            blocks[-1].append(group)
            between[-1].append(FAR if mark == ".." else NEAR)
    for order in itertools.permutations(range(len(blocks))):
        in_order = [group for block in order for group in blocks[block]]
        gaps_of = [gap or ANYWHERE for block in order for gap in between[block]]
        yield Phrase(kind, line, tuple(in_order), (0, *gaps_of[1:]), language, alone, sure)


def _alternatives(piece: str, named: dict[str, list[tuple[int, ...]]], found: Index) -> list[tuple[int, ...]]:
    result: list[tuple[int, ...]] = []
    for choice in piece.split("|"):
        if choice.startswith("@"):
            if choice[1:] not in named:
                raise BadPhrase(f"There is no group {choice}.")
            result += named[choice[1:]]
            continue
        words = [word for part in choice.split("_") for word in _written(part)]
        if not words:
            raise BadPhrase(f"Nothing can be read in {piece!r}.")
        result.append(tuple(found.atom(word) for word in words))
    return result


def _written(part: str) -> list[str]:
    head, tail = part[: len(part) - len(part.lstrip("*~"))], "*" if part.endswith("*") else ""
    words = folded(part.strip("*~")).split()
    if words:
        words[0], words[-1] = head + words[0], words[-1] + tail if len(words) > 1 else head + words[0] + tail
    return words


def _forms(word: str) -> Iterator[str]:
    yield word
    if "\u0600" < word[0] < "\u06ff":
        for article in _ARTICLES:
            if word.startswith(article) and len(word) - len(article) >= 3:
                yield word[len(article) :]


def _slip(known: str, word: str) -> bool:
    """Whether a word is likely the other, with one letter missing, doubled, swapped or heard differently."""
    if known[0] != word[0]:
        return False
    if len(known) != len(word):
        return True
    wrong = [place for place, (one, other) in enumerate(zip(known, word, strict=True)) if one != other]
    if len(wrong) == 2:
        first, second = wrong
        return second == first + 1 and known[first] == word[second] and known[second] == word[first]
    return len(wrong) == 1 and any(known[wrong[0]] in alike and word[wrong[0]] in alike for alike in _ALIKE)


def _shortened(word: str) -> Iterator[str]:
    yield word
    for position in range(len(word)):
        yield word[:position] + word[position + 1 :]
