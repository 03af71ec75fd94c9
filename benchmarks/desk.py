"""How fast the desk answers with a full database: `python -m benchmarks.desk [database URL]`; prints tables.

20 agents, 1,000 open and 100,000 closed cases by default. Server time is measured around the whole WSGI call.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from benchmarks.desk_people import make_service
from helpline import accounts, cases, clock
from helpline.console import answers, app
from helpline.db import schema
from helpline.errors import AlreadyClaimed
from helpline.inbox import _pack
from helpline.messages import Identity, InboundMessage
from helpline.service import Service
from tests import postgres

SAME = {"Sec-Fetch-Site": "same-origin", "HX-Request": "true"}
LANGUAGES = ("en", "nl", "fr", "ar", "es", "pt", "ti")
TOPICS = ("find_shelter", "voucher_balance", "find_health_service", "find_food", "legal_residence")
RESULT = Path(__file__).resolve().parent.parent / "docs" / "benchmarks" / "desk.json"
LINES = 20
"""Messages in the conversation of an open case."""


def fill(opened: Service, agents: int, open_cases: int, closed: int) -> None:
    """Write cases straight into the tables; texts are sealed as in life."""
    at, chance = clock.now(), random.Random(1)
    card = opened.vault.seal({"question": "Where can I sleep?", "guesses": [["find_shelter", 0.8]], "facts": {}})
    message = InboundMessage("1", "m", Identity(), at, "text", "text", text="Where can I sleep tonight?")
    body = opened.vault.seal(_pack(message))
    with opened.engine.begin() as conn:
        for number in range(agents):
            accounts.add(conn, f"agent{number}", f"Agent {number}", "agent", accounts.DEMO[0].password, "en,nl")
        first = conn.execute(sa.select(sa.func.max(schema.accounts.c.id))).scalar_one() - agents + 1
        people, rows, lines = [], [], []
        for number in range(open_cases + closed):
            open_ = number < open_cases
            contact = f"{number:032x}"
            state = chance.choice(("waiting", "waiting", "active", "parked")) if open_ else "closed"
            since = at - chance.randrange(60, 20 * 3600)
            people.append({"id": contact, "alias": f"Blue Heron {number}", "language": "en", "last_inbound_at": since,
                           "created_at": since})  # fmt: skip
            rows.append({
                "contact_id": contact, "state": state, "version": 1, "reason": "unsure", "topic": chance.choice(TOPICS),
                "urgent": open_ and chance.random() < 0.02, "language": chance.choice(LANGUAGES), "card_sealed": card,
                "account_id": None if state == "waiting" else first + number % agents, "opened_at": since,
                "waiting_since": since if state == "waiting" else None, "claimed_at": None,
                "closed_at": None if open_ else at,
                "outcome": None if open_ else "answered", "parked_until": at + 9999 if state == "parked" else None,
            })  # fmt: skip
            if open_:
                lines += [
                    {"phone_number_id": "1", "message_id": f"{number}.{one}", "contact_id": contact, "kind": "text",
                     "body_sealed": body, "sent_at": since, "received_at": since + one, "state": "done",
                     "case_id": number + 1}
                    for one in range(LINES)
                ]  # fmt: skip
        for table, values in ((schema.contacts, people), (schema.cases, rows), (schema.inbox, lines)):
            for start in range(0, len(values), 5000):
                conn.execute(sa.insert(table), values[start : start + 5000])
    with opened.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        if conn.dialect.name == "postgresql":
            conn.exec_driver_sql("ANALYZE")


class Queries:
    """Counts statements of one engine."""

    def __init__(self, engine: Any) -> None:
        self.number = 0
        sa.event.listen(engine, "before_cursor_execute", self._one)

    def _one(self, *_args: Any) -> None:
        self.number += 1


def measure(opened: Service, rounds: int) -> list[tuple[str, float, float, int]]:
    """Page, p50 and p95 in milliseconds, and queries for each of the pages agents load all day."""
    flask = app.create(opened)
    answers.warm()
    client = flask.test_client()
    client.post("/sign-in", data={"username": "agent0", "password": accounts.DEMO[0].password}, headers=SAME)
    counted = Queries(opened.engine)
    with opened.engine.begin() as conn:
        query = sa.select(schema.cases.c.id).where(schema.cases.c.state != "closed").limit(rounds)
        ids = [row.id for row in conn.execute(query)]
    pages = {
        "waiting list": lambda n: "/cases",
        "closed list": lambda n: "/cases?show=closed",
        "list, nothing new": None,
        "case page": lambda n: f"/cases/{ids[n % len(ids)]}",
        "conversation, nothing new": None,
        "with the assistant": lambda n: "/assistant",
        "answers, search": lambda n: "/answers?q=doctor&language=ar",
    }
    table = []
    for name, path in pages.items():
        times, queries = [], Counter()
        for number in range(rounds):
            where = path(number) if path else _unchanged(client, name, ids[number % len(ids)])
            before, began = counted.number, time.perf_counter()
            answer = client.get(where, headers=SAME)
            times.append((time.perf_counter() - began) * 1000)
            queries[counted.number - before] += 1
            assert answer.status_code in (200, 204), (where, answer.status_code)
        times.sort()
        table.append((name, times[len(times) // 2], times[int(len(times) * 0.95)], max(queries)))
    return table


def _unchanged(client: Any, name: str, case_id: int) -> str:
    """The address the page itself would ask, with the mark it holds."""
    path, live = (
        ("/cases", "/cases/live") if name.startswith("list") else (f"/cases/{case_id}", f"/cases/{case_id}/events")
    )
    page = client.get(path, headers=SAME).text
    piece = page[page.index('id="board"' if name.startswith("list") else 'id="live"') :]
    mark = piece.split('data-mark="')[1].split('"')[0]
    return f"{live}?after={mark}"


def race(opened: Service, agents: int) -> tuple[int, int]:
    """All agents claim one case at the same moment: how many won, how many were told who."""
    with opened.engine.begin() as conn:
        case_id = conn.execute(
            sa.select(schema.cases.c.id).where(schema.cases.c.state == "waiting").limit(1)
        ).scalar_one()
        ids = [row.id for row in conn.execute(sa.select(schema.accounts.c.id).limit(agents))]
    outcome: list[str] = []

    def claim(account_id: int) -> None:
        try:
            with opened.engine.begin() as conn:
                cases.claim(conn, case_id, account_id)
            outcome.append("won")
        except AlreadyClaimed as error:
            outcome.append(error.holder)

    threads = [threading.Thread(target=claim, args=(one,)) for one in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcome.count("won"), len(outcome) - outcome.count("won")


def run(url: str, chosen: argparse.Namespace) -> dict[str, Any]:
    """Fill one database, measure, print its table; the figures."""
    opened = make_service(url)
    fill(opened, chosen.agents, chosen.open, chosen.closed)
    kind = opened.engine.dialect.name
    print(f"{kind}: {chosen.agents} agents, {chosen.open} open cases, {chosen.closed} closed\n")
    print(f"| {'page':<26} | p50 ms | p95 ms | queries |\n|{'-' * 28}|--------|--------|---------|")
    pages = {}
    for name, middle, high, queries in measure(opened, chosen.rounds):
        print(f"| {name:<26} | {middle:6.1f} | {high:6.1f} | {queries:7} |")
        pages[name] = {"p50_ms": round(middle, 1), "p95_ms": round(high, 1), "queries": queries}
    won, told = race(opened, chosen.agents)
    print(f"\n{chosen.agents} claims of one case at once: {won} won, {told} were told who has it.\n")
    opened.engine.dispose()
    return {"pages": pages, "claims_at_once": {"won": won, "told_who": told}}


def main() -> None:
    """SQLite, then a PostgreSQL of our own where it is installed; or the database that is named."""
    parser = argparse.ArgumentParser()
    parser.add_argument("database", nargs="?", default="")
    parser.add_argument("--agents", type=int, default=20)
    parser.add_argument("--open", type=int, default=1000)
    parser.add_argument("--closed", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--write", action="store_true", help="keep the figures in docs/benchmarks/desk.json")
    chosen = parser.parse_args()
    if chosen.database:
        run(chosen.database, chosen)
        return
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        figures["sqlite"] = run(f"sqlite:///{folder}/desk.db", chosen)
    try:
        with postgres.running(fsync=True) as url:
            figures["postgresql"] = run(url, chosen)
    except postgres.Missing as error:
        print(f"No figures for PostgreSQL: {error}.")
    if chosen.write:
        sizes = {"agents": chosen.agents, "open": chosen.open, "closed": chosen.closed, "rounds": chosen.rounds}
        RESULT.write_text(json.dumps({**sizes, **figures}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
