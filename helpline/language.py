"""Which language a message is in: by its script, its words' letters, and what the contact wrote before.

Careful about changing: greetings, numbers, town names and Dutch words inside another language tell nothing, and a
language somebody chose stays. It learns from the project's own texts at first use, without Rasa and without a model.
"""

from __future__ import annotations

import math
import threading
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from helpline import letters, named_languages, scripts, second_opinion

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / "var" / "cache"
SPOKEN = ("en", "nl", "fr", "ar", "es", "pt")

_PRIOR_ODDS = 6.0
"""How many times likelier the language is that somebody wrote in before."""
_ODDS = {**dict.fromkeys(SPOKEN, 1.0), "de": 0.1, "it": 0.1}
_OTHER_ODDS = 0.8
"""How often languages are written here, against one that the assistant speaks."""
_STRANGE = 0.03
"""Share of words that are of another language: names, Dutch words, typing errors."""
_RIGHT_SPELLING = 4
"""How much more a word counts as written in the samples than as typed on another keyboard."""
_STRANGERS = 3
"""Words a message must have before it is taken for a language without samples."""
_FEWEST = 30
"""Words a language must have in a script to be learnt there: a stray word is no sample."""
_SWITCH_ABOVE = 0.9
_CLEAR = 4
"""Words from which one message by itself may change the language."""
_SURE = 0.98
"""Or two or three of them this surely: `necesito un médico` needs no second message."""
_SHARED = 0.3
"""Confidence that a greeting of all who write Arabic letters is Arabic, the one of theirs the assistant speaks."""
_UNLEARNT = frozenset({"greet", "thanks", "change_language", "affirm", "deny"})
"""Intents whose examples are in many languages at once."""


@dataclass(frozen=True)
class Language:
    """What a message looks like."""

    code: str
    confidence: float
    """0 without any evidence."""
    spoken: bool
    """Whether the assistant has answers in it."""
    switch: bool
    """Whether the evidence is strong enough to leave the language used before."""
    leans: str = ""
    """What the words look like by themselves, even where that is too little to change anything."""


@lru_cache(maxsize=128)  # asked before the assistant and by its pipeline, of the same message
def identify(text: str, *, prior: str | None = None, chosen: bool = False, before: str | None = None) -> Language:
    """The language of a message, given the one used so far and whether it was chosen explicitly.

    `before`: the message before it. Two in a row may change what one may not.
    """
    words = scripts.words(text)
    if not words:
        greeted = scripts.greeted_in(text) if prior is None else None
        if prior is None and greeted is None and scripts.script_of(text) == "Arab":
            return _language("ar", _SHARED, False)
        return _language(greeted or prior or "en", 0.5 if greeted else 0.0, False, prior)
    script = _main_script(words)
    counted = [word for word in words if word.script == script]
    shares = _shares(counted, script, prior)
    code = max(shares, key=lambda name: shares[name])
    confidence = shares[code]
    unsure = confidence < _SWITCH_ABOVE
    if unsure and _unheard_of(counted, script, code) and (other := second_opinion.other_language(text, script)):
        return _language(other[0], round(other[1], 4), not chosen)
    if prior is None and confidence < 0.5 and sum(word.weight == 1.0 for word in counted) < 2:
        code = max(
            SPOKEN, key=lambda name: shares.get(name, 0.0)
        )  # one word of several languages: one we can answer in
        confidence = shares.get(code, 0.0)
    leans = _leaning(counted, script) or prior
    if before is not None and leans != prior and _twice(before, counted, script, leans, prior):
        return _language(leans or code, round(shares.get(leans or code, 0.0), 4), not chosen, leans)
    if prior is not None and not _evident(counted, script, prior, confidence):
        return _language(prior, round(shares.get(prior, 0.0), 4), False, leans)
    clear = prior is None or code not in SPOKEN or _clear(counted, script, prior, confidence)
    switch = not chosen and code != prior and clear and confidence > _SWITCH_ABOVE
    return _language(code, round(confidence, 4), switch, leans)


def probabilities(text: str, prior: str | None = None) -> dict[str, float]:
    """How likely each language is; they sum to one."""
    words = scripts.words(text)
    if words:
        script = _main_script(words)
        return _shares([word for word in words if word.script == script], script, prior)
    guess = (scripts.greeted_in(text) if prior is None else None) or prior
    weights = {code: _PRIOR_ODDS * 3 if code == guess else 1.0 for code in {*SPOKEN, guess or "en"}}
    return {code: weight / sum(weights.values()) for code, weight in sorted(weights.items())}


def named_in(text: str) -> str | None:
    """The language a person asks to be answered in, if the message is such a request."""
    return named_languages.asked_for(text)


def is_known(code: str) -> bool:
    """Whether this is the code of a language people may ask for."""
    return named_languages.known(code)


def _language(code: str, confidence: float, switch: bool, leans: str | None = None) -> Language:
    return Language(code, confidence, code in SPOKEN, switch, leans or code)


def _main_script(words: list[scripts.Word]) -> str:
    weights: dict[str, float] = {}
    for word in words:
        weights[word.script] = weights.get(word.script, 0.0) + word.weight * (1.0 if word.script == "Latn" else 1.5)
    return max(weights, key=lambda name: (weights[name], name != "Latn"))


def _evident(words: list[scripts.Word], script: str, prior: str | None, confidence: float) -> bool:
    """Whether there is enough to leave `prior`: two words, or a long one in a script that `prior` is not written in."""
    whole = [word for word in words if word.weight == 1.0]
    if script in scripts.ONLY_LANGUAGE:
        return len(whole) > 0
    if len(whole) >= 2:
        return True
    foreign = prior is None or script not in _model().scripts_of.get(prior, ())
    return bool(whole) and foreign and script != "Latn" and len(whole[0].text) > 3 and confidence > _SWITCH_ABOVE


def _leaning(words: list[scripts.Word], script: str) -> str | None:
    """The language the words would be in if nobody had written before, where one is likelier than all others."""
    shares = _shares(words, script, None)
    code = max(shares, key=lambda name: shares[name])
    return code if any(word.weight == 1.0 for word in words) and shares[code] > 0.5 else None


def _twice(before: str, words: list[scripts.Word], script: str, leans: str | None, prior: str | None) -> bool:
    """Whether the message before leans the same way, and both together are sure."""
    earlier = [word for word in scripts.words(before) if word.script == script]
    if not earlier or _leaning(earlier, script) != leans:
        return False
    return _shares([*earlier, *words], script, prior).get(leans or "", 0.0) > _SWITCH_ABOVE


def _clear(words: list[scripts.Word], script: str, prior: str, confidence: float) -> bool:
    """Whether one message of a spoken language is enough: many words, fewer very surely, another script."""
    whole = sum(word.weight == 1.0 for word in words)
    return whole >= _CLEAR or confidence >= _SURE or script not in _model().scripts_of.get(prior, ())


def _unheard_of(words: list[scripts.Word], script: str, code: str) -> bool:
    """Whether hardly a word of the message is in the samples of the language it looks like."""
    model = _model().letters.get(script)
    whole = [word.text for word in words if word.weight == 1.0]
    if model is None or len(whole) < _STRANGERS:
        return False
    places = [place for place, one in enumerate(_model().codes[script]) if one == code]
    known = sum(bool(model.known(word)[places].any()) for word in whole)
    return known * 4 <= len(whole)


def _shares(words: list[scripts.Word], script: str, prior: str | None) -> dict[str, float]:
    if script in scripts.ONLY_LANGUAGE:
        return {scripts.ONLY_LANGUAGE[script]: 1.0}
    codes = _model().codes.get(script)
    if codes is None:
        return {prior or "en": 1.0}
    total = np.zeros(len(codes))
    for word in words:
        total += word.weight * _evidence(word.text, script)
    total += _odds(script, prior)
    share = np.exp(total - total.max())
    result: dict[str, float] = {}
    for code, one in zip(codes, share / share.sum(), strict=True):
        result[code] = result.get(code, 0.0) + float(one)
    return result


@lru_cache(maxsize=256)
def _odds(script: str, prior: str | None) -> NDArray[np.float64]:
    """Logarithm of how likely each class is before a word is read."""
    chances = [
        _ODDS.get(code, _OTHER_ODDS) * (_PRIOR_ODDS if code == prior else 1.0) for code in _model().codes[script]
    ]
    return np.array([math.log(chance) for chance in chances])


@lru_cache(maxsize=20_000)
def _evidence(word: str, script: str) -> NDArray[np.float64]:
    """Logarithm of the word's probability per class, never much below the best: it may be a stranger."""
    chance = _model().letters[script].log_probability(word).astype(np.float64)
    return np.logaddexp(math.log(1 - _STRANGE) + chance, math.log(_STRANGE) + chance.max())


@dataclass(frozen=True)
class _Model:
    letters: dict[str, letters.Letters]
    codes: dict[str, list[str]]
    """The language of each class, by script."""
    scripts_of: dict[str, frozenset[str]]


_lock = threading.Lock()
_loaded: _Model | None = None


def _model() -> _Model:
    global _loaded
    if _loaded is None:
        with _lock:
            if _loaded is None:
                _loaded = _learn(CACHE)
    return _loaded


def _learn(cache: Path) -> _Model:
    paths = sorted((ROOT / "data").glob("*/examples.*.yml")) + sorted(scripts.FOLDER.glob("*.txt"))
    bodies = {path: path.read_bytes() for path in paths}
    texts = {path: body.decode() for path, body in bodies.items()}
    counting = [Path(module.__file__ or "").read_bytes() for module in (letters, scripts)]
    trained = letters.cached(cache, letters.fingerprint([*bodies.values(), *counting]), lambda: _samples(texts))
    own = {path.stem.partition("_")[0]: code for path, body in texts.items() if (code := _header(body))}
    codes = {script: [own.get(name, name) for name in one.classes] for script, one in trained.items()}
    written = {code for found in codes.values() for code in found}
    scripts_of = {code: frozenset(script for script, found in codes.items() if code in found) for code in written}
    return _Model(trained, codes, scripts_of)


def _header(body: str) -> str | None:
    first = body.split("\n", 1)[0]
    return first.removeprefix("# language:").split()[0] if first.startswith("# language:") else None


def _samples(texts: dict[Path, str]) -> dict[str, dict[str, Counter[str]]]:
    """Words by script and class (the file's name up to `_`); also as typed without accents or on another keyboard."""
    found: dict[str, dict[str, Counter[str]]] = {}
    for path, body in texts.items():
        if path.suffix == ".yml":
            name, lines = path.name.split(".")[1], _examples(body)
        elif _header(body):
            name, lines = path.stem.partition("_")[0], [line for line in body.splitlines() if not line.startswith("#")]
        else:
            continue
        for line in lines:
            words = list(scripts.tokens(line))
            main = scripts.script_of("".join(words))
            if not main or main in scripts.ONLY_LANGUAGE:
                continue
            counter = found.setdefault(main, {}).setdefault(name, Counter())
            for word in words:
                if scripts.script_of(word) == main:
                    counter[word] += 1 if main == "Latn" else _RIGHT_SPELLING
                    for typed in scripts.spellings(word, name) or [word] * (main == "Latn"):
                        counter[typed] += 1
    enough = {
        script: {name: c for name, c in classes.items() if len(c) >= _FEWEST} for script, classes in found.items()
    }
    return {script: classes for script, classes in enough.items() if classes}


def _examples(body: str) -> list[str]:
    """The examples of a training file, read by line: reading YAML would take longer than all the rest."""
    lines: list[str] = []
    wanted = False
    for line in body.splitlines():
        if line.startswith("- intent:"):
            wanted = line.removeprefix("- intent:").split("#")[0].strip() not in _UNLEARNT
        elif wanted and line.startswith("    - "):
            lines.append(line[6:])
    return lines
