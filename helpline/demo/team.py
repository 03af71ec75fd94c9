"""What colleagues left each other: roster, a handover, questions, problems without an answer, translations."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
import yaml
from sqlalchemy.engine import Connection

from helpline import accounts, clock, colleagues, looks, problems, translating
from helpline.db.schema import cases, handovers, inbox, shift_log
from helpline.db.vault import Vault
from helpline.demo.figures import FOLDER
from helpline.inbox import unpack
from helpline.shifts import hours, roster


def write(conn: Connection, vault: Vault, staff: dict[str, int], ids: dict[str, int]) -> None:
    """Write it; `ids` are cases by their name."""
    plan = yaml.safe_load((FOLDER / "team.yml").read_text(encoding="utf-8"))
    for line in plan["roster"]:
        for weekday in line["days"]:
            starts, ends = roster.minutes(line["starts"]), roster.minutes(line["ends"])
            roster.add(conn, staff[line["who"]], starts, ends, weekday=weekday, languages=line["languages"])
    _handover(conn, vault, plan["handover"], staff, ids)
    for one in plan["asks"]:
        ask_id = colleagues.ask(
            conn, vault, ids[one["case"]], staff[one["by"]], one["text"], to=staff[one["to"]]
        )  # fmt: skip
        if "reply" in one:
            colleagues.reply(conn, vault, ask_id, staff[one["to"]], one["reply"])
    for one in plan["problems"]:
        problem_id = problems.add(conn, staff[one["by"]], one["title"], one["details"])
        for _ in range(one["again"]):
            problems.again(conn, problem_id)
        if one["owner"]:
            problems.own(conn, problem_id, staff[one["owner"]])
    for one in plan["translations"]:
        _translation(conn, vault, one, staff, ids[one["case"]])
    for one in plan["looks"]:
        with clock.pretending(clock.now() - one["hours_ago"] * 3600):
            looks.record(conn, vault, one["kind"], staff[one["who"]], ids.get(one.get("case", "")), one["reason"])


def _handover(conn: Connection, vault: Vault, plan: dict[str, Any], staff: dict[str, int], ids: dict[str, int]) -> None:
    """A shift of yesterday, as it was left."""
    yesterday = clock.today() - dt.timedelta(days=1)
    begins, ends = (hours.moment(yesterday, roster.minutes(plan[name])) for name in ("starts", "ends"))
    values = {
        "account_id": staff[plan["who"]], "began_at": begins, "until": ends, "ended_at": ends, "ended_by": "self",
        "note_sealed": vault.seal(plan["note"]),
    }  # fmt: skip
    shift_id = conn.execute(sa.insert(shift_log).values(**values)).inserted_primary_key[0]
    for line in plan["lines"]:
        left = {"shift_id": shift_id, "case_id": ids[line["case"]], "choice": line["choice"], "at": ends}
        conn.execute(sa.insert(handovers).values(**left, line_sealed=vault.seal(line["line"])))


def _translation(conn: Connection, vault: Vault, plan: dict[str, Any], staff: dict[str, int], case_id: int) -> None:
    contact = sa.select(cases.c.contact_id).where(cases.c.id == case_id).scalar_subquery()
    row = conn.execute(sa.select(inbox.c.id, inbox.c.body_sealed).where(inbox.c.contact_id == contact)).first()
    assert row is not None
    text, languages = unpack(vault.open(row.body_sealed)).text or "", (plan["from"], plan["to"])
    made = translating.ask(conn, vault, case_id, staff[plan["by"]], f"in-{row.id}", text, languages)
    helper = accounts.get(conn, staff[plan["done_by"]]) if "done_by" in plan else None
    if helper is not None:
        translating.claim(conn, vault, made, helper)
        translating.finish(conn, vault, made, helper, plan["result"])
