"""Whatever WhatsApp delivers, the agent sees a line: from the signed payload to the page."""

import hashlib
import hmac
import itertools
import json
import re
import uuid

import pytest
import sqlalchemy as sa

from helpline import cases, clock, contacts, outbox
from helpline.assistant import reception
from helpline.db import schema
from helpline.whatsapp import render
from tests.people import AMINA

NUMBER = "100000000000001"
_ids = itertools.count(1)


def arrives(service, *messages, statuses=(), contact=None):
    """A signed webhook, as WhatsApp posts it."""
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "31970000000", "phone_number_id": NUMBER},
        "contacts": [contact or {"profile": {"name": "Amina"}, "wa_id": AMINA.phone}],
        **({"messages": list(messages)} if messages else {}),
        **({"statuses": list(statuses)} if statuses else {}),
    }
    body = {
        "object": "whatsapp_business_account",
        "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}],
    }
    raw = json.dumps(body).encode()
    signed = "sha256=" + hmac.new(service.settings.app_secrets[0].encode(), raw, hashlib.sha256).hexdigest()
    assert reception.receive(service, raw, signed)[0] == 200


def sent(kind, content, **more):
    return {
        "from": AMINA.phone,
        "id": f"wamid.KIND{next(_ids)}",
        "timestamp": str(clock.now()),
        "type": kind,
        kind: content,
        **more,
    }


FILE = {"id": "900", "mime_type": "x/y", "sha256": "abc"}
KINDS = {
    "text": (sent("text", {"body": "Where is the doctor?"}), "Where is the doctor?"),
    "image": (sent("image", {**FILE, "mime_type": "image/jpeg", "caption": "my letter"}), "Photo"),
    "video": (sent("video", {**FILE, "mime_type": "video/mp4"}), "Video"),
    "voice": (sent("audio", {**FILE, "mime_type": "audio/ogg; codecs=opus", "voice": True}), "Voice note"),
    "audio": (sent("audio", {**FILE, "mime_type": "audio/mpeg", "voice": False}), "Sound"),
    "document": (sent("document", {**FILE, "mime_type": "application/pdf", "filename": "letter.pdf"}), "Document"),
    "sticker": (sent("sticker", {**FILE, "mime_type": "image/webp", "animated": False}), "Sticker"),
    "location": (sent("location", {"latitude": 52.09, "longitude": 5.12}), "Location pin"),
    "contacts": (sent("contacts", [{"name": {"formatted_name": "Karim"}, "phones": []}]), "Contact card"),
    "reaction": (sent("reaction", {"message_id": "wamid.X", "emoji": "👍"}), "reacted with 👍"),
    "reaction removed": (sent("reaction", {"message_id": "wamid.X"}), "took a reaction back"),
    "button": (sent("button", {"text": "Yes please", "payload": "yes"}), "Yes please"),
    "tapped button": (
        sent("interactive", {"type": "button_reply", "button_reply": {"id": "b1", "title": "Find food"}}), "Find food"),
    "list choice": (
        sent("interactive", {"type": "list_reply", "list_reply": {"id": "r1", "title": "Utrecht"}}), "Utrecht"),
    "order": (sent("order", {"catalog_id": "1", "product_items": []}), "An order"),
    "unsupported": (
        sent("unsupported", {}, errors=[{"code": 131051, "title": "Message type unknown"}]), "Message we cannot show"),
    "a type nobody has seen": (sent("hologram", {"beam": 1}), "Message we cannot show"),
    "right to left": (sent("text", {"body": "‫مرحبا 112‬"}), "112"),
    "markup": (sent("text", {"body": "<script>alert(1)</script> <b>bold</b>"}), "&lt;script&gt;alert(1)"),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(KINDS))
def test_every_kind_of_message_is_a_line_on_the_page(service, sara, mine, name):
    payload, shown = KINDS[name]
    before = len(lines(sara, mine))
    arrives(service, payload)
    after = lines(sara, mine)
    assert len(after) == before + 1
    assert shown in after[-1]


def lines(browser, case_id):
    page = browser.get(f"/cases/{case_id}").text
    return re.findall(r'<li id="in-\d+".*?</li>', page, re.DOTALL)


def test_somebody_without_a_phone_number_is_answered_like_everybody(service, sara):
    person = {"profile": {"name": "zonder", "username": "zonder_nummer"}, "user_id": "NL.13491208655302741918"}
    words = {"from_user_id": person["user_id"], "id": "wamid.NOPHONE", "timestamp": str(clock.now()), "type": "text"}
    arrives(service, {**words, "text": {"body": "Can I see a doctor?"}}, contact=person)
    with service.engine.begin() as conn:
        contact_id = conn.execute(sa.select(schema.contacts.c.id)).scalar_one()
        case_id = cases.open_case(conn, service.vault, contact_id, "asked", language="en")[0]
        to = contacts.address(conn, service.vault, contact_id)
    assert (to.phone, to.bsuid) == (None, person["user_id"])
    sara.post(f"/cases/{case_id}/claim")
    page = sara.get(f"/cases/{case_id}").text
    assert "Can I see a doctor?" in page and "13491208655302741918" not in page and "zonder" not in page
    assert sara.post(f"/cases/{case_id}/reply", text="Yes, you can.", once=str(uuid.uuid4())).status_code == 303
    with service.engine.begin() as conn:
        outgoing = outbox.claim(conn, service.vault, 5)[0]
        outbox.sent(conn, outgoing.id, "wamid.OURS")
    payload = render.render(outgoing.message, to, outbox_id=str(outgoing.id), sign_payload=service.vault.sign_payload)[
        0
    ]
    assert payload["recipient"] == person["user_id"] and "to" not in payload
    status = {
        "id": "wamid.OURS",
        "status": "delivered",
        "timestamp": str(clock.now()),
        "recipient_user_id": person["user_id"],
    }
    arrives(service, statuses=[status], contact=person)
    assert 'class="ticks delivered"' in sara.get(f"/cases/{case_id}").text
