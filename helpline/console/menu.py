"""Which entry of the main menu a page belongs to, also where the page is one of another module."""

from __future__ import annotations

from collections.abc import Sequence

from flask import request

from helpline.console import team

UNDER = {
    **dict.fromkeys(("cases", "composer", "media", "many", "merging"), "queue.page"),
    **dict.fromkeys(team.FEATURES, "team.page"),
    **dict.fromkeys(("writing", "facts", "imported", "links", "sheets"), "content.page"),
    **dict.fromkeys(("lessons", "ask", "releases"), "intents.page"),
}
"""Entries by the blueprints whose pages are under them."""


def entry_here(offered: Sequence[str]) -> str:
    """The route of the entry that is shown as the current one; empty when the page is under none of those offered."""
    blueprint = request.blueprint or ""
    if request.endpoint in offered:
        return str(request.endpoint)
    if blueprint in UNDER:
        return UNDER[blueprint]
    own = [one for one in offered if one.partition(".")[0] == blueprint]
    return own[0] if len(own) == 1 else ""
