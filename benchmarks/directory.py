"""How long a look-up takes with 50,000 services: `python -m benchmarks.directory [DATABASE_URL]`.

Services lie half in towns, half anywhere; look-ups are for random points and kinds. Prints p50, p95 and the
slowest, in milliseconds; without a URL it uses a SQLite file of its own.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time

import sqlalchemy as sa

from helpline import clock, directory
from helpline.db import schema
from helpline.db.engine import connect, reading
from helpline.places.gazetteer import gazetteer

SERVICES, LOOKUPS = 50_000, 2_000
HOURS = ("", "24/7", "Mo-Fr 09:00-17:00; PH off", "Tu,Th 10:00-12:00", "Mo-Su 18:00-22:00")


def rows(chance: random.Random) -> list[dict[str, object]]:
    """Made-up services."""
    towns = [place for place in gazetteer().provinces if place.population > 20_000]
    weights = [place.population for place in towns]
    made = []
    for number in range(SERVICES):
        if number % 2:
            town = chance.choices(towns, weights)[0]
            latitude, longitude = town.latitude + chance.gauss(0, 0.02), town.longitude + chance.gauss(0, 0.03)
        else:
            latitude, longitude = chance.uniform(50.8, 53.4), chance.uniform(3.5, 7.1)
        made.append(
            {
                "key": f"bench/{number}", "name": f"Service {number}", "kind": chance.choice(directory.kinds()),
                "audience": chance.choice(directory.AUDIENCES), "town": "x", "latitude": latitude,
                "longitude": longitude, "hours": chance.choice(HOURS), "retired": False, "updated_at": 0,
                "review_by": "2099-01-01",
            }
        )  # fmt: skip
    return made


def main() -> None:
    """Fill, look up, print."""
    chance = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        engine = connect(sys.argv[1] if len(sys.argv) > 1 else f"sqlite:///{folder}/bench.db")
        schema.metadata.create_all(engine)
        with engine.begin() as conn:
            conn.execute(sa.delete(schema.services).where(schema.services.c.key.startswith("bench/")))
            conn.execute(sa.insert(schema.services), rows(chance))
        with engine.begin() as conn:
            conn.execute(sa.text("ANALYZE"))
        for name, at in (("nearest", None), ("best now", clock.now())):
            taken = []
            with reading(engine) as conn:
                for _ in range(LOOKUPS):
                    point = chance.uniform(50.8, 53.4), chance.uniform(3.5, 7.1)
                    kind = chance.choice(directory.kinds())
                    began = time.perf_counter()
                    directory.nearest(conn, kind, *point, at=at)
                    taken.append((time.perf_counter() - began) * 1000)
            cuts = statistics.quantiles(taken, n=100)
            print(
                f"{engine.dialect.name:<11} {name:<9} p50 {cuts[49]:.2f}  p95 {cuts[94]:.2f}  max {max(taken):.1f} ms"
            )
        engine.dispose()


if __name__ == "__main__":
    main()
