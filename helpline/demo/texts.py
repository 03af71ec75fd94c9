"""What editors have in hand: changes of answers on their way, and a fact that must be checked soon."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict

import sqlalchemy as sa
import yaml
from sqlalchemy.engine import Connection

from helpline import clock
from helpline.content import changes, fact_sheets
from helpline.db.schema import draft_answers
from helpline.demo.figures import FOLDER


def write(conn: Connection, staff: dict[str, int]) -> None:
    """Write it. A text the starter content no longer has is left out."""
    plan = yaml.safe_load((FOLDER / "texts.yml").read_text(encoding="utf-8"))
    for one in plan["changes"]:
        key, language, author = one["key"], one["language"], staff[one["by"]]
        answer, version = changes.live(conn, key, language)
        if answer is None:
            continue
        *before, last = answer.text.splitlines()  # that it is general information comes last
        wording = changes.Wording(
            "\n".join([*before, one["add"], last] if before else [last, one["add"]]), answer.buttons
        )
        change = changes.save(conn, key, language, wording, author, changes.Seen(0, version))
        if one["state"] == "review":
            changes.submit(conn, key, language, author, change.version)
    for one in plan["drafts"]:
        conn.execute(sa.insert(draft_answers).values(**one, state="draft", created_at=clock.now()))
    for one in plan["facts"]:
        fact = fact_sheets.get(conn, one["name"])
        if fact is not None:
            until = clock.today() + dt.timedelta(days=one["days_left"])
            typed = {**{name: str(value or "") for name, value in asdict(fact).items()}, "review_by": until.isoformat()}
            fact_sheets.save(conn, fact.name, typed, staff["eva"], fact.version)
