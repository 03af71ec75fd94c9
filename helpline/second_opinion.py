"""langdetect's opinion, for messages in none of the languages the samples hold: Hungarian, Albanian, Vietnamese.

It is confidently wrong about short texts and knows neither Tigrinya, Amharic, Kurdish nor Arabic in Latin letters,
so it is asked only about messages of words that are in no sample, and never decides for a language we can tell.
"""

from __future__ import annotations

import threading
from functools import lru_cache

import langdetect
from langdetect import detector_factory

_RIVALS = {
    "Latn": ("en", "nl", "fr", "es", "pt", "tr", "so", "pl", "ro", "id", "tl", "sw", "de", "it"),
    "Cyrl": ("ru", "uk"),
}
_ASKED = {
    "Latn": ("sq", "hr", "cs", "sk", "sl", "hu", "fi", "et", "lv", "lt", "sv", "da", "no", "vi"),
    "Cyrl": ("bg", "mk"),
}
_SURE = 0.9
_lock = threading.Lock()


@lru_cache(maxsize=2000)
def other_language(text: str, script: str) -> tuple[str, float] | None:
    """A language none of the samples are in, if langdetect is sure of one, with its confidence."""
    asked = _ASKED.get(script)
    if asked is None:
        return None
    with _lock:
        langdetect.DetectorFactory.seed = 0
        detector_factory.init_factory()
        detector = detector_factory._factory.create()
        detector.set_prior_map(dict.fromkeys((*asked, *_RIVALS[script]), 1.0))
        detector.append(text)
        try:
            best = detector.get_probabilities()[:1]
        except langdetect.LangDetectException:
            return None
    return (best[0].lang, float(best[0].prob)) if best and best[0].lang in asked and best[0].prob >= _SURE else None
