"""How long the monthly report takes with 100,000 facts: `python -m benchmarks.insights [--write]`."""

from __future__ import annotations

import argparse
import json
import os
import random
import tempfile
import time
from collections import Counter
from pathlib import Path

import sqlalchemy as sa

from helpline import accounts, clock
from helpline.console import app, insights
from helpline.content import import_starter
from helpline.db import schema
from helpline.demo.figures import span
from helpline.insights import counting, tables
from helpline.insights.counting import Fact, day_of
from helpline.service import Service, start
from helpline.settings import read

FACTS = 100_000
RESULT = Path(__file__).resolve().parent.parent / "docs" / "benchmarks" / "insights.json"
LANGUAGES = ("ar", "en", "fr", "es", "nl", "pt", "ti", "so", "uk", "fa", "tr", "ru")


def fill(opened: Service, facts: int) -> int:
    """Write the facts of one month, unevenly spread as in life; how many rows they became."""
    chance, counted = random.Random(1), Counter[Fact]()
    first = span(clock.today(), 2)[0]
    topics = list(tables.group_of())
    for _ in range(facts):
        day = day_of(first) + chance.randrange(30)
        topic = topics[min(len(topics) - 1, int(chance.expovariate(0.12)))]
        language = LANGUAGES[min(len(LANGUAGES) - 1, int(chance.expovariate(0.5)))]
        outcome = chance.choices(("answered", "handed_off", "joined_case", "told"), (66, 22, 10, 2))[0]
        counted[Fact(day, "message", topic, language, outcome)] += 1
        if outcome == "handed_off":
            counted[Fact(day, "case", topic, language, "answered", chance.choice(tables.WAITS))] += 1
            counted[Fact(day, "lesson", topic, outcome=chance.choice(("human", "missing", "wrong")))] += 1
        counted[Fact(day, "hour", band=f"{chance.randrange(24):02}")] += 1
    with opened.engine.begin() as conn:
        conn.execute(sa.insert(schema.insights), [{**f._asdict(), "count": n} for f, n in sorted(counted.items())])
    return len(counted)


def measure(opened: Service) -> dict[str, float]:
    """Seconds of a process that has drawn nothing yet, and of one that has."""
    month = span(clock.today(), 2)[0]
    made = app.create(opened)
    seconds = {}
    for name in ("first_report", "report_again", "report_after_new_facts", "spreadsheet"):
        if name == "report_after_new_facts":
            with opened.engine.begin() as conn:
                fact = Fact(day_of(month), "message", "find_food", "en", "answered")
                counting.add(conn, Counter({fact: 1}))
        began, worked = time.perf_counter(), time.process_time()
        with made.app_context():
            form = "xlsx" if name == "spreadsheet" else "pdf"
            files = insights.files(month, form, "nl", alarming=True, demo=False)
        assert files and len(files[0][1]) > 5000
        seconds[name] = round(time.perf_counter() - began, 2)
        seconds[f"{name}_processor"] = round(time.process_time() - worked, 2)
    return seconds


def main() -> None:
    """Fill a database and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--facts", type=int, default=FACTS)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        opened = start(read({"DATABASE_URL": f"sqlite:///{folder}/insights.db", "SECRET_KEY": "x" * 40}))
        schema.metadata.create_all(opened.engine)
        with opened.engine.begin() as conn:
            import_starter(conn)
            accounts.ensure_demo(conn)
        rows = fill(opened, arguments.facts)
        result = {"facts": arguments.facts, "rows": rows, "cores": os.cpu_count(), "seconds": measure(opened)}
        opened.engine.dispose()
    print(json.dumps(result, indent=1))
    if arguments.write:
        RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
