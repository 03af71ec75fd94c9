"""What WhatsApp makes of the marks in a text: bold, italic, struck, code, lists and quotes, as a tree and as HTML.

For pages that show a message as its reader will see it. Source: WhatsApp's help page "How to format your messages",
2025-12. A mark counts only around words, within one line; a mark that is never closed stays a character.
"""

from __future__ import annotations

import html as escaping
import re
from collections.abc import Iterator
from dataclasses import dataclass

_CODE = re.compile(r"```(.+?)```", re.DOTALL)
_INLINE = re.compile(
    r"`(?P<code>[^`\n]+)`"
    r"|(?<![\w*])\*(?P<b>(?=\S)[^*\n]*?[^\s*])\*(?![\w*])"
    r"|(?<![\w_])_(?P<i>(?=\S)[^_\n]*?[^\s_])_(?![\w_])"
    r"|(?<![\w~])~(?P<s>(?=\S)[^~\n]*?[^\s~])~(?![\w~])"
    r"|(?P<link>https?://[^\s<>\"]*[^\s<>\".,;:!?)\]])"
    r"|(?P<phone>(?<!\w)(?:\+|0)\d[\d \u00a0-]{6,}\d)"
)
_LINES = (
    ("quote", re.compile(r"> ?(?=\S)(.*)")),
    ("ul", re.compile(r"[-*] (?=\S)(.*)")),
    ("ol", re.compile(r"\d{1,3}\. (?=\S)(.*)")),
)
_BLOCK = {"quote": ("blockquote", "p"), "ul": ("ul", "li"), "ol": ("ol", "li"), "p": ("p", "")}


@dataclass(frozen=True)
class Node:
    """A part of a message: `tag` is p, b, i, s, code, pre, blockquote, ul, ol, li, link, phone or br."""

    tag: str
    children: tuple[Node | str, ...] = ()
    start: int = 1
    """The first number of a numbered list."""


def parse(text: str) -> list[Node]:
    """The blocks of a text as WhatsApp shows it."""
    blocks: list[Node] = []
    for at, part in enumerate(_CODE.split(text)):
        if at % 2:
            blocks.append(Node("pre", (part.strip("\n"),)))
        else:
            blocks += _blocks(part if at == 0 else part.removeprefix("\n"))
    return blocks


def html(text: str) -> str:
    """The same as HTML; everything a person typed is escaped."""
    return "".join(_html(node) for node in parse(text))


def _blocks(text: str) -> Iterator[Node]:
    run: list[str] = []
    kind = ""
    for line in text.split("\n"):
        its_kind, said = _kind(line)
        if its_kind != kind and run:
            yield _block(kind, run)
            run = []
        kind = its_kind
        run.append(said if kind != "ol" else line)
    if run and (kind != "p" or any(run)):
        yield _block(kind, run)


def _kind(line: str) -> tuple[str, str]:
    for kind, pattern in _LINES:
        found = pattern.fullmatch(line)
        if found:
            return kind, found[1]
    return "p", line


def _block(kind: str, lines: list[str]) -> Node:
    outer, inner = _BLOCK[kind]
    if not inner:
        children: list[Node | str] = []
        for line in lines:
            children += [*([Node("br")] if children else []), *_inline(line)]
        return Node(outer, tuple(children))
    start = int(lines[0].partition(".")[0]) if kind == "ol" else 1
    said = [line.partition(". ")[2] if kind == "ol" else line for line in lines]
    return Node(outer, tuple(Node(inner, tuple(_inline(line))) for line in said), start)


def _inline(text: str) -> Iterator[Node | str]:
    at = 0
    for found in _INLINE.finditer(text):
        if found.start() > at:
            yield text[at : found.start()]
        tag = str(found.lastgroup)
        said = found[tag]
        yield Node(tag, tuple(_inline(said)) if tag in "bis" else (said,))
        at = found.end()
    if at < len(text):
        yield text[at:]


def _html(node: Node | str) -> str:
    if isinstance(node, str):
        return escaping.escape(node)
    if node.tag == "br":
        return "<br>"
    inner = "".join(_html(child) for child in node.children)
    if node.tag in ("link", "phone"):
        return f'<span class="{node.tag}" dir="ltr">{inner}</span>'
    start = f' start="{node.start}"' if node.tag == "ol" and node.start != 1 else ""
    return (
        f'<{node.tag}{start} dir="auto">{inner}</{node.tag}>'
        if node.tag in _AUTO
        else f"<{node.tag}>{inner}</{node.tag}>"
    )


_AUTO = ("p", "li", "pre")
