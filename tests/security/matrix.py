"""The privilege matrix: every route of the console and who may use it, as a table people can read and decide on.

`python -m tests.security.matrix` prints what the code allows now, in the form of privileges.txt; compare, decide, and
only then write it there.
"""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from helpline import accounts
from helpline.console import access

TABLE = Path(__file__).parent / "privileges.txt"
PEOPLE = [(role, duty) for role in accounts.ROLES for duty in ("", *accounts.DUTIES)]


def decided() -> dict[str, str]:
    """Route -> who may use it, as people decided."""
    lines = [line.rstrip() for line in TABLE.read_text(encoding="utf-8").splitlines()]
    parts = [line.split(" | ") for line in lines if line and not line.startswith("#")]
    return {" ".join(route.split()): " ".join(who.split()) for route, who in parts}


def allowed(app: Flask) -> dict[str, str]:
    """Route -> who may use it, as the code has it."""
    found = {}
    for rule in app.url_map.iter_rules():
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            found[f"{method} {rule.rule.replace(chr(32), '')} {rule.endpoint}"] = _who(rule.endpoint)
    return found


def _who(endpoint: str) -> str:
    if endpoint in access.PUBLIC:
        return "everybody"
    by_role = [role for role in accounts.ROLES if access.may(role, endpoint)]
    by_duty = [
        f"{role}+{duty}"
        for role, duty in PEOPLE
        if duty and role not in by_role and access.may(role, endpoint, (duty,))
    ]
    return " ".join([*by_role, *by_duty]) or "nobody"


def written(table: dict[str, str]) -> str:
    """The table as text, one route a line, aligned."""
    routes = sorted(table, key=lambda route: (route.split()[2].partition(".")[0], route.split()[1], route))
    rows = []
    for route in routes:
        method, path, endpoint = route.split()
        rows.append(f"{method:4} {path:62} {endpoint:24} | {table[route]}".rstrip())
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    import tempfile

    from helpline import service, settings
    from helpline.console import app

    with tempfile.TemporaryDirectory() as folder:
        opened = service.start(settings.read({"DATABASE_URL": f"sqlite:///{folder}/empty.db"}))
        print(written(allowed(app.create(opened))), end="")
