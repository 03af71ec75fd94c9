"""Services to look at, and what a page of the directory holds."""

import datetime as dt
import io
import re

import sqlalchemy as sa

from helpline import clock
from helpline.db import schema
from tests.console.conftest import SAME

GOOD = {
    "name": "Made-up clinic", "kind": "health", "audience": "yes", "address": "Example street 1",
    "postcode": "1012 ab", "town": "Amsterdam", "latitude": "", "longitude": "",
    "phones": "020-0000000\n+31 20 0000001",
    "website": "https://clinic.example", "hours": "Mo-Fr 09:00-17:00", "languages": "nl,ar", "bring": "nothing",
    "source": "made up", "reviewed_on": "", "review_by": "",
}  # fmt: skip


def day(days: int) -> str:
    return (clock.today() + dt.timedelta(days=days)).isoformat()


def put(service, name="Made-up clinic", key=None, **values) -> int:
    """A service as an import stores it."""
    row = {
        "key": key or f"csv-list/{name}", "name": name, "kind": "health", "audience": "ask", "town": "Amsterdam",
        "address": "", "postcode": "", "latitude": 52.37, "longitude": 4.9, "phones": "", "website": "", "hours": "",
        "languages": "", "bring": "", "source": "made up", "reviewed_on": day(0), "review_by": day(30),
        "retired": False, "updated_at": clock.now(),
    }  # fmt: skip
    with service.engine.begin() as conn:
        return conn.execute(sa.insert(schema.services).values(**{**row, **values})).inserted_primary_key[0]


def stored(service, service_id):
    with service.engine.connect() as conn:
        return conn.execute(sa.select(schema.services).where(schema.services.c.id == service_id)).one()


def names(browser, query=""):
    return re.findall(r'<h2><a href="/directory/\d+" dir="auto">(.*?)</a>', browser.get(f"/directory{query}").text)


def send(browser, csv: str, origin="", name="list.csv"):
    body = {"files": (io.BytesIO(csv.encode()), name), "origin": origin}
    return browser.client.post("/directory/import", data=body, headers=SAME)


def hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(packed|origin|fingerprint)" value="(.*?)">', page))
