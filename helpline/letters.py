"""How probable a word is in each language: by its frequency where the samples hold it, else by its letters.

A language's share is an interpolated (Witten-Bell) model of letters given the letters before, so that a few
hundred short samples are enough. Everything is arrays: they train in a second and are kept in a cache file.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ORDER = 5
_ALPHABET = 4000.0
"""Letters that might follow where nothing is known."""
_MOST = 60_000.0
"""Counts are kept in two bytes, which end at 65,504."""
_BEGIN = 2
Samples = Mapping[str, Mapping[str, "Counter[str]"]]
"""How often each word occurs, by script and class."""
_Keys = NDArray[np.uint64]
_Floats = NDArray[np.float32]


@dataclass(frozen=True)
class _Table:
    """Counts of things found by key, one column a language. Keys are sorted; the last row is for what is not there."""

    keys: _Keys
    counts: NDArray[np.floating[Any]]

    def places(self, keys: _Keys) -> NDArray[np.int64]:
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[at] == keys, at, len(self.keys))

    def rows(self, keys: _Keys) -> _Floats:
        found: _Floats = self.counts[self.places(keys)].astype(np.float32)
        return found


@dataclass(frozen=True)
class Letters:
    """The trained models of the languages of one script."""

    classes: tuple[str, ...]
    words: _Table
    totals: _Floats
    kinds: _Floats
    grams: tuple[_Table, ...]
    contexts: tuple[_Table, ...]
    followers: tuple[_Table, ...]
    """How many different letters follow each context: the same keys as `contexts`."""

    def known(self, word: str) -> _Floats:
        """How often the samples of each class hold the word."""
        counts: _Floats = self.words.rows(_word_keys(_codes([word])))[0]
        return counts

    def log_probability(self, word: str) -> _Floats:
        """Natural logarithm of the word's probability in each class."""
        codes = _codes([word])
        keys = _keys(codes)
        chance = np.full((len(codes) - 1, len(self.classes)), 1 / _ALPHABET, np.float32)
        for order in range(1, ORDER + 1):
            seen = self.grams[order - 1].rows(keys[order - 1][1:])
            before = keys[order - 2][:-1] if order > 1 else np.zeros(len(codes) - 1, np.uint64)
            places = self.contexts[order - 1].places(before)
            total = self.contexts[order - 1].counts[places]
            kinds = self.followers[order - 1].counts[places]
            mixed = (seen + kinds * chance) / np.maximum(total + kinds, 1e-9)
            chance = np.where(total > 0, mixed, chance)
        spelled = np.exp(np.log(chance).sum(axis=0, dtype=np.float64))
        known = self.words.rows(_word_keys(codes))[0]
        share = (known + self.kinds * spelled) / (self.totals + self.kinds)
        result: _Floats = np.log(np.maximum(share, 1e-60)).astype(np.float32)
        return result


def train(samples: Mapping[str, Counter[str]]) -> Letters:
    """A model of every class from how often its samples hold each word."""
    classes = tuple(sorted(samples))
    spelled = [word for name in classes for word in samples[name]]
    column = np.repeat(np.arange(len(classes)), [len(samples[name]) for name in classes])
    # Letters are counted by how many words hold them, damped frequency: `the` should not make `th` English.
    times = np.array([count for name in classes for count in samples[name].values()], np.float32)
    codes = _codes(spelled)
    keys = _keys(codes)
    lengths = np.array([len(word) + 2 for word in spelled])
    starts = np.concatenate(([0], np.cumsum(lengths)[:-1])).astype(np.int64)
    inside = np.ones(len(codes), bool)
    inside[starts] = False
    owner, weight = np.repeat(column, lengths)[inside], np.repeat(np.sqrt(times), lengths)[inside]
    grams, contexts, followers = [], [], []
    previous = np.flatnonzero(inside) - 1
    for order in range(1, ORDER + 1):
        here = keys[order - 1][inside]
        before = keys[order - 2][previous] if order > 1 else np.zeros(len(here), np.uint64)
        table = _counted(here, owner, weight, len(classes))
        grams.append(table)
        contexts.append(_counted(before, owner, weight, len(classes), exact=True))
        _, first = np.unique(_mixed(here + owner.astype(np.uint64)), return_index=True)
        followers.append(_counted(before[first], owner[first], np.ones(len(first), np.float32), len(classes)))
    words = _counted(_word_keys(codes, starts, lengths), column, times, len(classes))
    totals = np.bincount(column, times, len(classes)).astype(np.float32)
    kinds = np.bincount(column, minlength=len(classes)).astype(np.float32)
    return Letters(classes, words, totals, kinds, tuple(grams), tuple(contexts), tuple(followers))


def cached(folder: Path, fingerprint: str, samples: Callable[[], Samples]) -> dict[str, Letters]:
    """A model per script from `folder`, or trained from what `samples()` gives and kept there if that can be written.

    Models of other samples are removed: what a person changes in data/ should not pile up.
    """
    path = folder / f"letters-{fingerprint}.npz"
    try:
        return _load(path)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        pass
    trained = {script: train(classes) for script, classes in sorted(samples().items())}
    try:
        _save(trained, path)
        for other in folder.glob("letters-*.npz"):
            if other != path:
                other.unlink(missing_ok=True)
    except OSError:
        pass
    return trained


def fingerprint(parts: Sequence[bytes]) -> str:
    """A name for the samples, and the code that counts them."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()[:16]


def _codes(words: Sequence[str]) -> _Keys:
    joined = "\x02" + "\x03\x02".join(words) + "\x03"
    return np.frombuffer(joined.encode("utf-32-le", "replace"), np.uint32).astype(np.uint64)


def _keys(codes: _Keys) -> list[_Keys]:
    """Keys of the 1..ORDER letters ending at each place, not reaching back over the beginning of a word."""
    single = _mixed(codes + np.uint64(1))
    result = [single]
    begins = codes == _BEGIN
    for _ in range(1, ORDER):
        longer = single.copy()
        reach = result[-1][:-1]
        longer[1:] = np.where(begins[1:], single[1:], _mixed(reach * np.uint64(31) + single[1:]))
        result.append(longer)
    return result


def _word_keys(codes: _Keys, starts: Any = None, lengths: Any = None) -> _Keys:
    place = np.arange(len(codes), dtype=np.int64)
    if starts is None:
        starts, lengths = np.array([0]), np.array([len(codes)])
    place -= np.repeat(starts, lengths)
    parts = _mixed(codes * np.uint64(1_000_003) + place.astype(np.uint64))
    return np.add.reduceat(parts, starts)


def _mixed(values: _Keys) -> _Keys:
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _counted(keys: _Keys, owner: NDArray[np.int64], weight: _Floats, width: int, *, exact: bool = False) -> _Table:
    unique, place = np.unique(keys, return_inverse=True)
    counts = np.bincount(place * width + owner, weight, (len(unique) + 1) * width)
    kept = counts if exact else np.minimum(counts, _MOST)
    return _Table(unique, kept.reshape(-1, width).astype(np.float32 if exact else np.float16))


def _save(models: Mapping[str, Letters], path: Path) -> None:
    arrays: dict[str, Any] = {"scripts": np.array(list(models))}
    for script, model in models.items():
        arrays[f"{script}_classes"] = np.array(model.classes)
        arrays[f"{script}_totals"], arrays[f"{script}_kinds"] = model.totals, model.kinds
        named = {
            "words": (model.words,),
            "grams": model.grams,
            "contexts": model.contexts,
            "followers": model.followers,
        }
        for name, tables in named.items():
            for number, table in enumerate(tables):
                arrays[f"{script}_{name}_{number}_keys"] = table.keys
                arrays[f"{script}_{name}_{number}_counts"] = table.counts
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".letters-", suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            np.savez(file, **arrays)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _load(path: Path) -> dict[str, Letters]:
    with np.load(path, allow_pickle=False) as stored:
        return {str(script): _loaded(stored, str(script)) for script in stored["scripts"]}


def _loaded(stored: Any, script: str) -> Letters:
    def tables(name: str, count: int = ORDER) -> tuple[_Table, ...]:
        parts = [f"{script}_{name}_{number}" for number in range(count)]
        return tuple(_Table(stored[f"{part}_keys"], stored[f"{part}_counts"]) for part in parts)

    classes = tuple(str(name) for name in stored[f"{script}_classes"])
    totals, kinds = stored[f"{script}_totals"], stored[f"{script}_kinds"]
    return Letters(
        classes, tables("words", 1)[0], totals, kinds, tables("grams"), tables("contexts"), tables("followers")
    )
