"""How long a text is for WhatsApp, and where it may be cut.

Lengths are UTF-16 units, the strictest reading of Meta's "characters" (an emoji counts two or more), so a text that
fits here fits under every reading. Cuts never fall inside a grapheme, and splits never inside a link or a number.
"""

from __future__ import annotations

import re

import regex

ELLIPSIS = "…"
# What must stay in one piece: links and addresses, and numbers written with blanks or dashes ("+31 6 00 00 00 00").
_WHOLE = re.compile(r"https?://\S+|www\.\S+|\S+@\S+|[+(]?\d[\d\u00a0 ().,:/-]*\d")
# Best places first: between paragraphs, lines, sentences (also Arabic, Urdu, Amharic, Chinese, Hindi), words.
_BREAKS = (
    re.compile(r"\n[ \t]*\n\s*"),
    re.compile(r"\n\s*"),
    re.compile(r"(?:(?<=[.!?؟۔።॥।…])\s+|(?<=[。！？])\s*)"),
    re.compile(r"\s+"),
)


def size(value: str) -> int:
    """Length in UTF-16 units."""
    return len(value) + sum(1 for character in value if ord(character) > 0xFFFF)


def cut(value: str, limit: int) -> str:
    """`value`, or as many whole graphemes of it as fit into `limit` with an ellipsis at the end."""
    if size(value) <= limit:
        return value
    kept, room = "", limit - size(ELLIPSIS)
    for cluster in regex.findall(r"\X", value[: limit * 2]):
        if size(cluster) > room:
            break
        kept, room = kept + cluster, room - size(cluster)
    return kept.rstrip() + ELLIPSIS


def split(value: str, limit: int) -> list[str]:
    """Pieces of at most `limit`, ending where a reader pauses; together they say everything, in order."""
    pieces: list[str] = []
    rest = value.strip()
    while size(rest) > limit:
        end, following = _last_break(rest, limit)
        pieces.append(rest[:end].rstrip())
        rest = rest[following:].lstrip()
    return [*pieces, rest] if rest else pieces


def tail(value: str, limit: int) -> tuple[str, str]:
    """Split off the end, at most `limit` long, at the earliest good place; ("", value) when all of it fits."""
    value = value.strip()
    if size(value) <= limit:
        return "", value
    whole = _whole(value)
    for breaks in _BREAKS:
        for found in breaks.finditer(value):
            end = value[found.end() :]
            if found.start() and end and size(end) <= limit and not _inside(found.start(), found.end(), whole):
                return value[: found.start()].rstrip(), end
    pieces = split(value, limit)
    return "\n".join(pieces[:-1]), pieces[-1]


def _last_break(value: str, limit: int) -> tuple[int, int]:
    """The last good place at or before `limit`, as (end of this piece, start of the next)."""
    window = _prefix(value, limit)
    whole = _whole(value)
    for breaks in _BREAKS:
        # A break in the first quarter would leave a stump; a worse kind of break further on reads better.
        places = [
            (found.start(), found.end())
            for found in breaks.finditer(value[: window + 1])
            if window // 4 < found.start() <= window and not _inside(found.start(), found.end(), whole)
        ]
        if places:
            return places[-1]
    # No pause at all: stop before a link or number that straddles the limit, else anywhere between graphemes.
    for start, end in whole:
        if start < window < end and start > window // 4:
            return start, start
    kept = 0
    for cluster in regex.finditer(r"\X", value[: window + 64]):
        if cluster.end() > window:
            break
        kept = cluster.end()
    kept = kept or window
    return kept, kept


def _prefix(value: str, limit: int) -> int:
    """How many characters of `value` fit into `limit` units."""
    used = 0
    for index, character in enumerate(value):
        used += 2 if ord(character) > 0xFFFF else 1
        if used > limit:
            return index
    return len(value)


def _whole(value: str) -> list[tuple[int, int]]:
    return [found.span() for found in _WHOLE.finditer(value)]


def _inside(start: int, end: int, spans: list[tuple[int, int]]) -> bool:
    return any(first < end and start < last for first, last in spans if not (end <= first or last <= start))
