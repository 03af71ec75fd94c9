"""Every page of the console that holds something: cases of a hostile contact, content, people, services, problems."""

from __future__ import annotations

import json
import re

import sqlalchemy as sa

from helpline import cases, clock, contacts, inbox
from helpline.assistant import reception
from helpline.db import schema
from helpline.whatsapp import signature

OURS = "100000000000001"
FROM = "31600000001"


def post(service, *messages, contact=None, statuses=()):
    """A webhook of Meta's, signed; its status."""
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "31970000000", "phone_number_id": OURS},
        "contacts": [contact or {"profile": {"name": "Amina"}, "wa_id": FROM}],
        "messages": list(messages),
        "statuses": list(statuses),
    }
    body = {
        "object": "whatsapp_business_account",
        "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}],
    }
    raw = json.dumps(body).encode()
    return reception.receive(service, raw, signature.sign(raw, service.settings.app_secrets[0]))[0]


def sent(number, kind, content, **more):
    """One message of a contact."""
    return {
        "from": FROM,
        "id": f"wamid.ATTACK{number}",
        "timestamp": str(clock.now()),
        "type": kind,
        kind: content,
        **more,
    }


def hostile_messages(evil):
    """A message of every kind with `evil` in every field a contact fills in."""
    file = {"id": "1", "mime_type": evil, "sha256": evil, "caption": evil, "filename": evil, "url": evil, "link": evil}
    card = {
        "name": {"formatted_name": evil, "first_name": evil, "last_name": evil},
        "org": {"company": evil, "title": evil},
        "phones": [{"phone": evil, "type": evil, "wa_id": evil}], "emails": [{"email": evil, "type": evil}],
        "urls": [{"url": evil, "type": evil}], "addresses": [{"street": evil, "city": evil, "type": evil}],
        "birthday": evil,
    }  # fmt: skip
    place = {"latitude": 52.1, "longitude": 4.3, "name": evil, "address": evil, "url": evil}
    quoted = {
        "context": {"id": evil, "from": evil, "referred_product": {"catalog_id": evil, "product_retailer_id": evil}}
    }
    referral = {
        "referral": {"source_url": evil, "headline": evil, "body": evil, "source_type": evil, "source_id": evil}
    }
    bodies = [
        ("text", {"body": evil}), ("text", {"body": f"http://x/{evil} {evil}@example.org"}),
        ("image", file), ("video", file), ("audio", {**file, "voice": True}), ("document", file), ("sticker", file),
        ("location", place), ("contacts", [card]), ("reaction", {"message_id": evil, "emoji": evil}),
        ("button", {"payload": evil, "text": evil}),
        ("interactive", {"type": "button_reply", "button_reply": {"id": evil, "title": evil}}),
        ("interactive", {"type": "list_reply", "list_reply": {"id": evil, "title": evil, "description": evil}}),
        ("interactive", {"type": "nfm_reply", "nfm_reply": {"name": evil, "body": evil, "response_json": evil}}),
        ("order", {"catalog_id": evil, "text": evil, "product_items": [{"product_retailer_id": evil}]}),
        ("system", {"body": evil, "type": evil, "customer": evil}),
        ("unsupported", {"type": evil}), (f"new-{evil}"[:40], {"body": evil}),
    ]  # fmt: skip
    more = {**quoted, **referral, "errors": [{"code": 1, "title": evil, "message": evil}]}
    return [sent(number, kind, content, **more) for number, (kind, content) in enumerate(bodies)]


def attack(service, evil):
    """A contact whose every field is `evil`, with an open case; the case's id."""
    contact = {"profile": {"name": evil, "username": evil}, "wa_id": FROM, "user_id": "NL.1349120865530274"}
    assert post(service, *hostile_messages(evil), contact=contact) == 200
    return open_case(service, evil)


def open_case(service, question):
    """A case for whoever wrote, with all they wrote in it."""
    with service.engine.begin() as conn:
        contact_id = conn.execute(sa.select(schema.contacts.c.id)).scalars().first()
        card = cases.Card(question, (("find_food", 0.4),), {"registration": question[:20]})
        case_id, _ = cases.open_case(
            conn, service.vault, contact_id, "asked", topic="find_food", language="en", card=card
        )
        for received in inbox.claim(conn, service.vault, 100):
            inbox.finish(conn, service.vault, received, "joined_case", language="en", case_id=case_id)
        conn.execute(sa.update(schema.inbox).values(case_id=case_id, state="done"))
        contacts.speak(conn, contact_id, "en")
    return case_id


def reachable(browser, start, limit=400):
    """Every page that links lead to from where somebody starts, as (path, answer)."""
    todo, seen = [start], set()
    while todo and len(seen) < limit:
        path = todo.pop(0)
        shape = re.sub(r"\d+", "0", path.partition("?")[0]) + str(sorted(re.findall(r"[?&](\w+)=", path)))
        if shape in seen or path.startswith(("/static", "/metrics")):
            continue
        seen.add(shape)
        answer = browser.get(path)
        yield path, answer
        if "text/html" in (answer.content_type or ""):
            todo += [link.replace("&amp;", "&") for link in re.findall(r'(?:href|hx-get)="(/[^"#]*)', answer.text)]
        if answer.status_code in (302, 303):
            todo.append(answer.headers["Location"])
