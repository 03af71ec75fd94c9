"""After an end-to-end run with two hundred people, nothing of them can be read in any file, log, metric or export."""

import asyncio
import io
import json
import logging
import uuid
from pathlib import Path

import pytest
import sqlalchemy as sa
from prometheus_client import REGISTRY, generate_latest

from helpline import accounts, clock, inbox, logs, queue, turn
from helpline.assistant import reception
from helpline.console import app
from helpline.db.columns import metadata
from helpline.messages import OutboundMessage
from helpline.turn import Heard
from helpline.whatsapp.client import Client
from helpline.whatsapp.signature import sign
from helpline.worker.delivery import Worker
from tests.console.conftest import Browser
from tests.wires import StandIn

PEOPLE = 200
ANSWER = Heard(said=(OutboundMessage("A doctor must see you. Zwartkop is not the place."),), intent="greet")
OURS = ("Zwartkop", "Antwoordvogel", "Notitievogel", "Conceptvogel")
"""Words of the assistant and of agents, who may repeat what somebody said."""


def number(one):
    return f"3168{one:03}{one * 7 % 10000:04}"


def name(one):
    return f"Naamvogel{one}qx"


def word(one):
    return f"woordvogel{one}qx"


def bodies(one):
    """What somebody sends: a question, a photo with words, a place, an address book entry, an emergency."""
    base = {"from": number(one), "timestamp": str(clock.now())}
    text = f"I am {name(one)}, {word(one)}, my phone is +{number(one)} and my bsn is 123456782"
    yield {**base, "id": f"wamid.a{one}", "type": "text", "text": {"body": text}}
    if one % 4 == 0:
        picture = {"id": str(one), "mime_type": "image/jpeg", "caption": f"{word(one)} in a photo"}
        yield {**base, "id": f"wamid.b{one}", "type": "image", "image": picture}
    if one % 5 == 0:
        place = {"latitude": 52.123456, "longitude": 5.123456, "name": word(one), "address": f"{word(one)} 12"}
        yield {**base, "id": f"wamid.c{one}", "type": "location", "location": place}
    if one % 6 == 0:
        card = {"name": {"formatted_name": name(one)}, "phones": [{"phone": f"+{number(one)}"}]}
        yield {**base, "id": f"wamid.d{one}", "type": "contacts", "contacts": [card]}
    if one % 7 == 0:
        yield {**base, "id": f"wamid.e{one}", "type": "text", "text": {"body": f"my husband beats me, {word(one)}"}}
    if one % 9 == 0:
        yield {**base, "id": f"wamid.f{one}", "type": word(one), word(one): {"x": name(one)}}


def post(service, one):
    listed = list(bodies(one))
    contact = {"profile": {"name": name(one), "username": f"{word(one)}"}, "wa_id": number(one)}
    value = {"metadata": {"phone_number_id": "100000000000001"}, "messages": listed, "contacts": [contact]}
    change = {"field": "messages", "value": value}
    raw = json.dumps({"object": "whatsapp_business_account", "entry": [{"changes": [change]}]}).encode()
    assert reception.receive(service, raw, sign(raw, "demo-app-secret"))[0] == 200
    forged = raw.replace(b"woordvogel", b"woordvogels")
    assert reception.receive(service, forged, sign(raw, "demo-app-secret"))[0] == 401
    broken = raw[:-5]
    reception.receive(service, broken, sign(broken, "demo-app-secret"))


def drain(service, store):
    """Every turn as the drain does it, with the tracker that Rasa would keep."""
    while True:
        with service.engine.begin() as conn:
            taken = inbox.claim(conn, service.vault, 50)
        if not taken:
            return
        for received in taken:
            with service.engine.begin() as conn:
                begun = turn.begin(conn, service, received)
            if begun is not None:
                asyncio.run(store.save(_tracker(begun)))
                with service.engine.begin() as conn:
                    turn.end(conn, service, begun, ANSWER if received.id % 3 else None)


def _tracker(begun):
    from rasa.shared.core.events import UserUttered
    from rasa.shared.core.trackers import DialogueStateTracker

    return DialogueStateTracker.from_events(begun.sender_id, [UserUttered(begun.text)])


def work(service):
    """Agents take cases, write, note, leave drafts and close; the pages they saw."""
    console = app.create(service)
    sara, seen = Browser(console, "sara"), []
    with service.engine.connect() as conn:
        waiting = [case.id for case in queue.listed(conn, queue.Filter(("waiting",)))][:24]
    for place, case_id in enumerate(waiting):
        sara.post(f"/cases/{case_id}/claim")
        seen.append(sara.get(f"/cases/{case_id}").text)
        sara.post(f"/cases/{case_id}/note", text=f"Notitievogel {place}")
        sara.post(f"/cases/{case_id}/reply", text=f"Antwoordvogel {place}", once=str(uuid.uuid4()))
        sara.post(f"/cases/{case_id}/draft", kind="reply", text=f"Conceptvogel {place}")
        form = {"outcome": "answered", "topic": "health_right_to_care", "lesson": "missing", "unanswered": "yes"}
        if place % 2:
            sara.post(f"/cases/{case_id}/close", **form)
        else:
            sara.post(f"/cases/{case_id}/release")
    seen += [sara.get(path).text for path in ("/cases", "/cases?show=closed", "/search?q=woordvogel5qx", "/assistant")]
    return console, seen


def everything_shown(console):
    """Every page and file without an argument, for everybody who sees no conversation, and for machines."""
    for username in ("eva", "ruben", "vera"):
        browser = Browser(console, username)
        for rule in console.url_map.iter_rules():
            if "GET" in rule.methods and not rule.arguments and rule.endpoint != "static":
                answer = browser.get(rule.rule)
                if answer.status_code == 200:
                    yield f"{username} {rule.rule}", answer.get_data()
    yield "metrics", Browser(console).get("/metrics").data


def found_in(content, secrets):
    return sorted({one for one in secrets if one in content})[:3]


@pytest.mark.slow
def test_nothing_of_two_hundred_people_is_readable_anywhere(service, monkeypatch, caplog):
    from helpline import service as services

    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.setFormatter(logs._JsonLines())
    logging.getLogger("helpline").addHandler(handler)
    # Not `start`: the service of the process is opened once, and would be that of an earlier test of this worker.
    monkeypatch.setattr(services, "here", lambda: service)
    from helpline.assistant.trackers import StretchTrackerStore

    store = StretchTrackerStore()
    caplog.set_level(logging.INFO)
    with service.engine.begin() as conn:
        accounts.ensure_demo(conn)
    for one in range(PEOPLE):
        post(service, one)
    drain(service, store)
    console, seen = work(service)
    with StandIn().running() as running:
        worker = Worker(service, Client(running.url, "100000000000001", "token", timeout=2))
        for _ in range(6):
            worker.deliver()
            worker.settle()
        worker.stop()
    logging.getLogger("helpline").removeHandler(handler)

    people = [(number(one), name(one), word(one)) for one in range(PEOPLE)]
    secrets = [secret for person in people for secret in person] + ["123456782", "52.123456", *OURS]
    places = {"log file": lines.getvalue(), "log records": caplog.text, "metrics": generate_latest(REGISTRY).decode()}
    with service.engine.connect() as conn:
        for table in metadata.sorted_tables:
            for row in conn.execute(sa.select(table)).mappings():
                clear = {key: value for key, value in row.items() if not key.endswith("_sealed")}
                places[f"table {table.name}"] = places.get(f"table {table.name}", "") + str(clear)
    leaks = {place: hits for place, content in places.items() if (hits := found_in(content, secrets))}
    assert leaks == {}
    for place, content in everything_shown(console):
        assert not found_in(content.decode("utf-8", "replace"), secrets), place
    if service.engine.dialect.name == "sqlite":
        path = service.engine.url.database
        for suffix in ("", "-wal", "-shm"):
            file = Path(path + suffix)
            content = file.read_bytes() if file.exists() else b""
            assert not [secret for secret in secrets if secret.encode() in content], path + suffix
    # Agents see words, and still neither numbers nor names of WhatsApp's profile.
    assert "woordvogel" in "".join(seen)
    assert not found_in("".join(seen), [secret for person in people for secret in person[:1]])
    with service.engine.connect() as conn:  # and all of it is there, sealed: the search had something to find
        rows = conn.execute(sa.select(metadata.tables["inbox"].c.body_sealed)).scalars().all()
        assert sum("woordvogel" in str(service.vault.open(row)) for row in rows) >= PEOPLE
        assert conn.execute(sa.select(sa.func.count()).select_from(metadata.tables["trackers"])).scalar() > 0
