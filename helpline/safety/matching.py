"""Looks for the phrases of the index in one message, and weighs what speaks against them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from helpline.safety.phrases import KINDS, NEAR, Phrase, index
from helpline.safety.words import cut

_MOST_SPANS = 20
"""Places of one group that are tried at the start and at the end; repeating a word more often says nothing new."""
_BESIDE = 2
"""Other words a message may have beside a phrase that only counts alone."""
_REACH = {"past": 9, "elsewhere": 12, "asking": 7, "now": 14}
"""How many words away a marker still speaks about a phrase."""
_SPOKEN = ("en", "nl", "fr", "ar", "es", "pt")
_DENIED_BEHIND = frozenset({"nl", "fr"})
"""Languages in which the word that denies follows the verb."""
_PRONOUN = 3
"""Most letters of a pronoun between a verb and the word that denies it."""
_DOUBTED = frozenset({"police", "child_alone", "trafficking"})
"""Kinds about which people ask in general ("what if the police …")."""

Span = tuple[int, int]
"""First word, and the word after the last."""


@lru_cache(maxsize=20_000)
def _atoms(word: str) -> frozenset[int]:
    return index().atoms_of(word)


@dataclass(frozen=True)
class Findings:
    """The phrases of a message that nothing speaks against, gravest kind first, and what became of the others."""

    real: tuple[Phrase, ...]
    over: bool
    """Another phrase is said to be over, elsewhere or only asked."""
    denied: bool
    """Another phrase is denied, or part of an idiom."""


def _masked(phrase: Phrase, span: Span, harmless: Sequence[tuple[str, Span]]) -> bool:
    return any(
        start < span[1] and span[0] < end
        for language, (start, end) in harmless
        if language == phrase.language or end - start > 1
    )


class Message:
    """One message, cut into words, with the groups of words found in it."""

    def __init__(self, text: str) -> None:
        self._index = index()
        cut_text = cut(text)
        self._places, self._words = cut_text.places, cut_text.words
        self._atoms = [_atoms(word) for word in cut_text.words]
        self._spans: dict[int, list[Span]] = defaultdict(list)
        nothing: frozenset[int] = frozenset()
        for start, atoms in enumerate(self._atoms):
            following = self._atoms[start + 1] if start + 1 < len(self._atoms) else nothing
            for atom in atoms:
                for group, rest in self._index.starts.get(atom, ()):
                    # Most that need more words fail at the next one; seeing that first halves the time of a message.
                    if rest and (rest[0] not in following or not self._goes_on(start + 2, rest[1:])):
                        continue
                    self._spans[group].append((start, start + 1 + len(rest)))
        for group, spans in self._spans.items():
            if len(spans) > 2 * _MOST_SPANS:
                self._spans[group] = spans[:_MOST_SPANS] + spans[-_MOST_SPANS:]
        self._denied = {
            language: {n for start, end in self._spans.get(group, ()) for n in range(start, end)}
            for language, group in self._index.negation.items()
        }
        self._denied_spoken = {n for language in _SPOKEN for n in self._denied.get(language, ())}
        self._candidates: dict[str, list[Phrase]] = defaultdict(list)
        for group in self._spans:
            for phrase in self._index.anchored.get(group, ()):
                for wanted in phrase.groups:
                    if wanted not in self._spans:
                        break
                else:
                    self._candidates[phrase.kind].append(phrase)

    def findings(self) -> Findings:
        """What stands in the message, and what of it something speaks against."""
        if not any(kind in self._candidates for kind in (*KINDS, "harmless")):
            return Findings((), over=False, denied=False)
        harmless = [(p.language, span) for p in self._candidates["harmless"] for span in self._found(p)]
        real: dict[str, Phrase] = {}
        over, denied = False, bool(harmless)
        for kind in KINDS:
            for phrase in self._candidates[kind]:
                if phrase.text in real:
                    continue
                affirmed = set(self._found(phrase))
                for span in self._found(phrase, denials=False):
                    if phrase.alone and len(self._atoms) > span[1] - span[0] + _BESIDE:
                        continue
                    if self._explained(phrase, span):
                        over = True
                    elif _masked(phrase, span, harmless) or span not in affirmed or self._denied_after(phrase, span):
                        denied = True
                    else:
                        real[phrase.text] = phrase
                        break
        return Findings(tuple(real.values()), over, denied)

    def _goes_on(self, position: int, rest: Sequence[int]) -> bool:
        return all(self._at(position + n, after) for n, after in enumerate(rest))

    def _at(self, position: int, atom: int) -> bool:
        return position < len(self._atoms) and atom in self._atoms[position]

    def _found(self, phrase: Phrase, *, denials: bool = True) -> Iterator[Span]:
        """Where a phrase stands; with `denials`, only where no words deny it before it or inside it."""
        denied = self._denied_near(phrase) if denials else set()
        for start, end in self._spans[phrase.groups[0]]:
            just_before = range(max(0, start - 2), start)
            if start not in denied and any(
                n in denied and self._places[start] - self._places[n] <= 2 for n in just_before
            ):
                continue
            ends = {end}
            for group, gap in zip(phrase.groups[1:], phrase.gaps[1:], strict=True):
                ends = {
                    after
                    for before in ends
                    for first, after in self._spans[group]
                    if first >= before
                    and self._places[first] - self._places[before - 1] - 1 <= gap
                    and denied.isdisjoint(range(before if gap == NEAR else self._from(before, first), first))
                }
                if not ends:
                    break
            for last in ends:
                yield start, last

    def _from(self, before: int, first: int) -> int:
        """Where words that deny the part at `first` may begin: just before it, or before its pronoun ("no me pega")."""
        pronoun = first - 1 > before and len(self._words[first - 1]) <= _PRONOUN
        return max(before, first - (2 if pronoun else 1))

    def _denied_after(self, phrase: Phrase, span: Span) -> bool:
        """Whether `niet` or `pas` follows the deed at once, or after a pronoun ("slaat mij niet")."""
        denied, last = self._denied.get(phrase.language, set()), span[1] - 1
        if phrase.kind != "violence" or phrase.language not in _DENIED_BEHIND:
            return False
        return any(
            n in denied and self._places[n] - self._places[last] == n - last
            for n in (span[1], span[1] + 1)
            if n < len(self._words) and (n == span[1] or len(self._words[span[1]]) <= _PRONOUN)
        )

    def _denied_near(self, phrase: Phrase) -> set[int]:
        """Where words of denial stand; words that many languages share are also denied in the spoken ones."""
        if phrase.kind not in KINDS:
            return set()
        own = self._denied.get(phrase.language, set())
        return own if phrase.language in _SPOKEN else own | self._denied_spoken

    def _explained(self, phrase: Phrase, span: Span) -> bool:
        """Whether markers of the phrase's own language near it say that it is over, elsewhere or only asked."""
        if self._near("elsewhere", phrase, span):
            return True
        if self._near("now", phrase, span):
            return False
        return self._near("past", phrase, span) or (phrase.kind in _DOUBTED and self._near("asking", phrase, span))

    def _near(self, marker: str, phrase: Phrase, span: Span) -> bool:
        reach, first, last = _REACH[marker], self._places[span[0]], self._places[span[1] - 1]
        return any(
            self._places[start] - last <= reach and first - self._places[end - 1] <= reach
            for mark in self._candidates[marker]
            for start, end in self._found(mark)
            # One word of another language may mean anything ("les" is a lesson in Dutch); two are hardly chance.
            if mark.language == phrase.language or end - start > 1
        )
