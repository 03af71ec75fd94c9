"""Where notices go: the setting NOTICES, one `audience=kind+address` a word.

    team=teams+https://… coordinator=mailto:desk@example.org on_call=webhook+https://… team=slack+https://…

An audience without a target of its own is told through `coordinator`, then `team`.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from helpline.settings import Settings

_INSTEAD = {"on_call": ("coordinator", "team"), "coordinator": ("team",), "translate": ("team",), "team": ()}
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Target:
    """One place notices go to."""

    audience: str
    kind: str
    """teams, slack, webhook or email."""
    address: str
    name: str
    """`team-1-teams`: what logs and pages call it; the address is a secret."""


def read(settings: Settings) -> list[Target]:
    """Every target of the setting; settings.read has refused what cannot be used."""
    found: list[Target] = []
    for word in settings.notices.split():
        audience, _, rest = word.partition("=")
        if rest.startswith("mailto:"):
            kind, address = "email", rest[len("mailto:") :]
        else:
            kind, _, address = rest.partition("+")
        number = sum(one.audience == audience for one in found) + 1
        found.append(Target(audience, kind, address, f"{audience}-{number}-{kind}"))
    return found


def of_audience(targets: list[Target], audience: str) -> list[Target]:
    """Who is told: the audience's own targets, or the nearest that has any."""
    for one in (audience, *_INSTEAD.get(audience, ())):
        chosen = [target for target in targets if target.audience == one]
        if chosen:
            return chosen
    return []


def may_reach(settings: Settings, address: str) -> bool:
    """Whether an address is https on a host of the allow-list; outside production also this machine, for trying."""
    parts = urlsplit(address)
    host = (parts.hostname or "").lower()
    if host in _LOOPBACK and not settings.production:
        return parts.scheme in ("http", "https")
    allowed = [one.strip().lower() for one in settings.notice_hosts.split(",") if one.strip()]
    return parts.scheme == "https" and any(host == one or host.endswith(f".{one}") for one in allowed)
