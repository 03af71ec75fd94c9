"""The phone's JSON API: what a contact does arrives at the real reception as signed webhooks."""

import json

import sqlalchemy as sa

from helpline import inbox, settings
from helpline.db import schema
from helpline.errors import SettingsError
from helpline.messages import Button, Identity, OutboundMessage
from helpline.simulator import app as simulator_app
from helpline.whatsapp import render
from tests.conftest import wait_until

AMINA = "31600000101"
NOOR = "NL.10000000000000000108"


def _stored(world):
    with world.service.engine.connect() as conn:
        rows = conn.execute(sa.select(schema.inbox.c.body_sealed).order_by(schema.inbox.c.id)).all()
    return [inbox.unpack(world.service.vault.open(row.body_sealed)) for row in rows]


def _wait_stored(world, number):
    return wait_until(lambda: len(found := _stored(world)) >= number and found, what=f"{number} stored messages")


def _send(world, message, to=AMINA):
    identity = Identity(phone=to) if to.isdecimal() else Identity(bsuid=to)
    return [world.client.send(payload) for payload in render.render(message, identity, outbox_id="7")]


def test_text_is_posted_signed_and_stored_with_both_ids_of_the_contact(world):
    status, answer = world.call(f"/phone/{AMINA}/text", {"text": "Ik zoek onderdak 🏠"})
    assert status == 200
    stored = _wait_stored(world, 1)[0]
    assert (stored.text, stored.message_id) == ("Ik zoek onderdak 🏠", answer["id"])
    with world.service.engine.connect() as conn:
        kinds = conn.execute(sa.select(schema.contact_identities.c.kind)).scalars().all()
    assert sorted(kinds) == ["bsuid", "phone"]
    assert world.channel.statuses == [200]


def test_contact_without_a_number_is_known_by_the_user_id_only(world):
    world.call(f"/phone/{NOOR}/text", {"text": "hallo"})
    _wait_stored(world, 1)
    with world.service.engine.connect() as conn:
        assert conn.execute(sa.select(schema.contact_identities.c.kind)).scalars().all() == ["bsuid"]
    accepted = _send(world, OutboundMessage("Dag Noor"), NOOR)[0]
    assert accepted.bsuid == NOOR and accepted.wa_id is None
    assert world.talk(NOOR)[-1]["text"]["body"] == "Dag Noor"


def test_pin_voice_image_and_document_arrive_as_what_they_are(world):
    world.call(f"/phone/{AMINA}/location", {"latitude": 52.09, "longitude": 5.12})
    world.call(f"/phone/{AMINA}/voice", b"")
    world.call(f"/phone/{AMINA}/image", {"caption": "een voorbeeld"})
    world.call(f"/phone/{AMINA}/image?caption=mijn+brief", b"\xff\xd8jpeg", **{"Content-Type": "image/jpeg"})
    world.call(f"/phone/{AMINA}/document?filename=brief.pdf", b"%PDF", **{"Content-Type": "application/pdf"})
    pin, voice, sample, image, document = _wait_stored(world, 5)
    assert (sample.text, world.client.fetch(sample.media[0].id).mime_type) == ("een voorbeeld", "image/jpeg")
    assert (pin.location.latitude, pin.location.longitude) == (52.09, 5.12)
    assert [one.kind for one in (voice, image, document)] == ["voice", "image", "document"]
    assert (image.text, document.media[0].filename) == ("mijn brief", "file.pdf"), (
        "a file's own name may hold a person's"
    )
    fetched = world.client.fetch(image.media[0].id)
    assert (fetched.content, fetched.mime_type) == (b"\xff\xd8jpeg", "image/jpeg")
    assert world.client.fetch(voice.media[0].id).content.startswith(b"OggS")


def test_tap_on_a_button_and_on_a_row_sends_the_id_the_helpdesk_signed(world):
    choices = tuple(Button(f"Keuze {n}", f"/choice_{n}") for n in range(5))
    buttons = _send(world, OutboundMessage("Kies", choices[:2]))[0].message_id
    rows = _send(world, OutboundMessage("Kies", choices, list_title="Opties"))[0].message_id
    world.call(f"/phone/{AMINA}/tap", {"message_id": buttons, "id": "/choice_1"})
    world.call(f"/phone/{AMINA}/tap", {"message_id": rows, "id": "/choice_4"})
    first, second = _wait_stored(world, 2)
    assert (first.kind, first.reply_id, first.text, first.context["id"]) == (
        "button_reply", "/choice_1", "Keuze 1", buttons,
    )  # fmt: skip
    assert (second.kind, second.reply_id) == ("list_reply", "/choice_4")


def test_button_that_was_never_offered_is_no_tap_unless_forged_on_purpose(world):
    sent = _send(world, OutboundMessage("Kies", (Button("Ja", "/yes"),)))[0].message_id
    assert world.call(f"/phone/{AMINA}/tap", {"message_id": sent, "id": "/no"})[0] == 400
    assert world.call("/phone/31600000102/tap", {"message_id": sent, "id": "/yes"})[0] == 400
    assert world.call(f"/phone/{AMINA}/tap", {"id": "/admin~0000", "title": "x"})[0] == 200
    assert _wait_stored(world, 1)[0].reply_id == "/admin~0000"


def test_receipts_come_back_and_read_only_when_the_contact_looks(world):
    _send(world, OutboundMessage("Dag"))
    rows = wait_until(lambda: _receipts(world, 2), what="two receipts")
    assert [row.status for row in rows] == ["sent", "delivered"]
    assert world.talk(AMINA)[-1]["status"] == "sent"
    world.call(f"/phone/{AMINA}/messages?look=1")
    assert wait_until(lambda: _receipts(world, 3))[-1].status == "read"


def _receipts(world, number):
    with world.service.engine.connect() as conn:
        rows = conn.execute(sa.select(schema.receipts).order_by(schema.receipts.c.id)).all()
    return rows if len(rows) >= number else None


def test_ticks_tell_the_truth_about_the_channel(world):
    world.channel.down = True
    world.call(f"/phone/{AMINA}/text", {"text": "eerste"})
    world.call(f"/phone/{AMINA}/text", {"text": "tweede"})
    wait_until(lambda: len(world.channel.statuses) >= 2)
    assert {one["status"] for one in world.talk(AMINA)} == {"pending"}
    world.channel.down = False
    assert [one.text for one in _wait_stored(world, 2)] == ["eerste", "tweede"]
    wait_until(lambda: {one["status"] for one in world.talk(AMINA)} == {"delivered"})
    world.client.mark_read(world.talk(AMINA)[0]["id"])
    assert [one["status"] for one in world.talk(AMINA)] == ["read", "delivered"]


def test_typing_shows_until_the_answer_comes(world):
    sent = world.call(f"/phone/{AMINA}/text", {"text": "hallo"})[1]["id"]
    world.client.typing(sent)
    assert world.call(f"/phone/{AMINA}/messages")[1]["typing"] is True
    _send(world, OutboundMessage("Dag"))
    assert world.call(f"/phone/{AMINA}/messages")[1]["typing"] is False


def test_only_what_changed_is_told_again(world):
    world.call(f"/phone/{AMINA}/text", {"text": "een"})
    wait_until(lambda: world.talk(AMINA)[0]["status"] == "delivered")
    version = world.call(f"/phone/{AMINA}/messages")[1]["version"]
    world.call(f"/phone/{AMINA}/text", {"text": "twee"})
    changed = world.call(f"/phone/{AMINA}/messages?after={version}")[1]["messages"]
    assert [one["text"]["body"] for one in changed] == ["twee"]


def test_any_other_item_can_be_posted_as_meta_would_word_it(world):
    world.call(f"/phone/{AMINA}/webhook", {"type": "sticker", "sticker": {"id": "1", "mime_type": "image/webp"}})
    world.call(f"/phone/{AMINA}/webhook", {"type": "brand_new", "brand_new": {"a": 1}})
    assert [one.kind for one in _wait_stored(world, 2)] == ["sticker", "unsupported"]


def test_reaction_is_shown_and_taken_back(world):
    sent = _send(world, OutboundMessage("Dag"))[0].message_id
    world.call(f"/phone/{AMINA}/reaction", {"message_id": sent, "emoji": "👍"})
    assert world.talk(AMINA)[0]["reaction"] == "👍"
    world.call(f"/phone/{AMINA}/reaction", {"message_id": sent})
    assert world.talk(AMINA)[0]["reaction"] is None
    assert [one.details["emoji"] for one in _wait_stored(world, 2)] == ["👍", None]


def test_bad_requests_are_told_in_one_sentence(world):
    for path, body in (
        (f"/phone/{AMINA}/text", {}),
        (f"/phone/{AMINA}/text", ["x"]),
        (f"/phone/{AMINA}/location", {"latitude": True, "longitude": 1}),
        (f"/phone/{AMINA}/dance", {}),
        ("/phone/nobody/text", {"text": "x"}),
    ):
        status, answer = world.call(path, body)
        assert status == 400 and answer["error"].endswith("."), path
    assert world.call(f"/phone/{AMINA}/text", {"text": "x"}, Origin="https://elsewhere.example")[0] == 403


def test_number_nobody_used_yet_gets_a_phone(world):
    world.call("/phone/31600000955/text", {"text": "hoi"})
    assert _wait_stored(world, 1)[0].text == "hoi"
    _send(world, OutboundMessage("dag"), "31600000955")
    assert world.talk("31600000955")[-1]["text"]["body"] == "dag"


def test_simulator_refuses_to_run_in_production():
    chosen = settings.Settings(**{**settings.read({}).__dict__, "environment": "production"})
    try:
        simulator_app.create(chosen)
    except SettingsError as error:
        assert "production" in str(error)
    else:
        raise AssertionError("it started")


def test_page_loads_nothing_from_elsewhere_and_no_inline_script(world):
    client = world.app.test_client()
    page = client.get("/")
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert b"<script>" not in page.data and b"style=" not in page.data and b"onclick" not in page.data
    assert b"http://" not in page.data and b"https://" not in page.data
    assert json.loads(client.get("/health").data)["ready"] is True
