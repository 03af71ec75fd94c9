"""The stand-in for the Graph API: it refuses what Meta refuses, with Meta's codes, and tells of failures late."""

import threading

import pytest

from helpline.messages import Button, Identity, OutboundMessage
from helpline.simulator import limits
from helpline.simulator.limits import MISSING, PARAMETER, WRONG, Fault
from helpline.simulator.phones import Phones
from helpline.whatsapp import client as wire
from helpline.whatsapp import render
from tests.conftest import wait_until

AMINA = "31600000101"
TO = {"messaging_product": "whatsapp", "to": f"+{AMINA}"}


def interactive(**content):
    return {**TO, "type": "interactive", "interactive": {"body": {"text": "x"}, **content}}


def buttons(*pairs):
    return interactive(
        type="button",
        action={"buttons": [{"type": "reply", "reply": {"id": id, "title": title}} for id, title in pairs]},
    )


def rows(*given, label="Kies", **section):
    return interactive(type="list", action={"button": label, "sections": [{"rows": list(given), **section}]})


def row(number, **more):
    return {"id": str(number), "title": f"rij {number}", **more}


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (None, PARAMETER),
        ([], PARAMETER),
        ({}, PARAMETER),
        ({"messaging_product": "whatsapp", "type": "text", "text": {"body": "x"}}, PARAMETER),
        ({**TO, "type": "text"}, MISSING),
        ({**TO, "type": "text", "text": {"body": ""}}, MISSING),
        ({**TO, "type": "text", "text": {"body": "a" * 4097}}, WRONG),
        ({**TO, "type": "dance", "dance": {}}, PARAMETER),
        ({**TO, "type": ["text"]}, MISSING),
        ({**TO, "biz_opaque_callback_data": "a" * 513, "type": "text", "text": {"body": "x"}}, WRONG),
        ({**TO, "type": "image", "image": {"id": "none"}}, WRONG),
        ({**TO, "type": "audio", "audio": {"id": "known", "caption": "x"}}, WRONG),
        ({**TO, "type": "image", "image": {"id": "known", "caption": "a" * 1025}}, WRONG),
        ({**TO, "type": "location", "location": {"latitude": 91, "longitude": 0}}, WRONG),
        ({**TO, "type": "location", "location": {"latitude": "52", "longitude": 0}}, MISSING),
        ({**TO, "type": "template", "template": {"name": "x"}}, MISSING),
        ({"messaging_product": "whatsapp", "status": "read"}, MISSING),
        (buttons(), WRONG),
        (buttons(("1", "a"), ("2", "b"), ("3", "c"), ("4", "d")), WRONG),
        (buttons(("1", "a" * 21)), WRONG),
        (buttons(("1", "👨‍👩‍👧‍👦" * 2)), WRONG),
        (buttons(("1", "a"), ("1", "b")), WRONG),
        (buttons(("1", "a"), ("2", "a")), WRONG),
        (buttons((" 1", "a")), WRONG),
        (buttons(("1", "a\nb")), WRONG),
        (buttons(("1", "")), MISSING),
        (buttons(("", "a")), MISSING),
        (buttons(("a" * 257, "a")), WRONG),
        (rows(), WRONG),
        (rows(*(row(n) for n in range(11))), WRONG),
        (rows(row(1), label="a" * 21), WRONG),
        (rows({"id": "1", "title": "a" * 25}), WRONG),
        (rows(row(1, description="a" * 73)), WRONG),
        (rows(row(1, description="")), MISSING),
        (rows({"id": "a" * 201, "title": "x"}), WRONG),
        (rows(row(1), title="a" * 25), WRONG),
        (interactive(type="dance", action={}), WRONG),
        (interactive(type="button"), MISSING),
        (interactive(type="location_request_message", action={"name": "x"}), WRONG),
        (
            {
                **buttons(("1", "a")),
                "interactive": {**buttons(("1", "a"))["interactive"], "body": {"text": "a" * 1025}},
            },
            WRONG,
        ),
        (
            {
                **buttons(("1", "a")),
                "interactive": {**buttons(("1", "a"))["interactive"], "footer": {"text": "a" * 61}},
            },
            WRONG,
        ),
        (
            {**buttons(("1", "a")), "interactive": {**buttons(("1", "a"))["interactive"], "header": {"type": "x"}}},
            WRONG,
        ),
    ],
)
def test_what_meta_refuses_is_refused_with_its_code(payload, code):
    with pytest.raises(Fault) as refused:
        limits.check(payload, lambda media_id: media_id == "known")
    assert refused.value.code == code


@pytest.mark.parametrize(
    "payload",
    [
        {**TO, "type": "text", "text": {"body": "a" * 4096}},
        {"messaging_product": "whatsapp", "recipient": "NL.1", "type": "text", "text": {"body": "x"}},
        {**TO, "type": "image", "image": {"id": "known", "caption": "a" * 1024}},
        {**TO, "type": "location", "location": {"latitude": 0, "longitude": 0}},
        {**TO, "type": "template", "template": {"name": "x", "language": {"code": "nl"}}},
        {**TO, "type": "reaction", "reaction": {"message_id": "wamid.1", "emoji": ""}},
        buttons(("1", "a" * 20), ("2", "ب" * 20), ("3", "👨‍👩‍👧‍👦")),
        rows(*(row(n, description="d" * 72) for n in range(10))),
        interactive(type="location_request_message", action={"name": "send_location"}),
        interactive(type="cta_url", action={"parameters": {"display_text": "Site", "url": "https://example.org"}}),
    ],
)
def test_what_meta_takes_is_taken(payload):
    assert limits.check(payload, lambda media_id: media_id == "known") is payload


def _send(world, text="Dag", to=AMINA):
    [payload] = render.render(OutboundMessage(text), Identity(phone=to), outbox_id="9")
    return world.client.send(payload)


def test_wrong_token_and_wrong_number_are_refused(world):
    stranger = wire.Client(world.url + "/v24.0", "100000000000001", "another-token")
    with pytest.raises(wire.AccountTrouble) as refused:
        stranger.send({**TO, "type": "text", "text": {"body": "x"}})
    assert (refused.value.code, refused.value.status) == (190, 401)
    with pytest.raises(wire.AccountTrouble):
        stranger.fetch("1")
    with pytest.raises(wire.OurFault):
        wire.Client(world.url + "/v24.0", "5", "demo-token").send({**TO, "type": "text", "text": {"body": "x"}})


def test_refusal_reaches_the_client_as_its_class(world):
    with pytest.raises(wire.OurFault) as refused:
        world.client.send(buttons(("1", "a" * 21)))
    assert refused.value.code == WRONG
    assert world.talk(AMINA) == []


def test_number_without_a_phone_is_taken_and_fails_by_receipt(world):
    _send(world, to="31600009999")
    wait_until(lambda: world.channel.statuses == [200])


def test_burst_to_one_contact_is_throttled_and_others_are_not(world):
    for _ in range(45):
        _send(world)
    with pytest.raises(wire.ThrottledPair):
        _send(world)
    _send(world, to="31600000102")


def test_file_goes_up_and_comes_down(world):
    media_id = world.client.upload(b"%PDF-1.4", "application/pdf", "brief.pdf")
    assert world.client.fetch(media_id).content == b"%PDF-1.4"
    world.client.send({**TO, "type": "document", "document": {"id": media_id, "filename": "brief.pdf"}})
    assert world.talk(AMINA)[0]["document"]["filename"] == "brief.pdf"
    with pytest.raises(wire.FileUnusable):
        world.client.fetch("123")


def test_document_is_never_shown_inline(world):
    media_id = world.client.upload(b"<script>alert(1)</script>", "text/html", 'a"\r\n.html')
    answer = world.app.test_client().get(f"/phone/files/{media_id}")
    assert answer.mimetype == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_scripted_faults_come_in_order_and_then_all_is_well(world):
    script = [{"code": 130429, "status": 429}, {"status": 503}, {"drop": True}, {"hang": 0.8}]
    assert world.call("/stand-in/faults", script) == (200, {"waiting": 4})
    impatient = wire.Client(world.url + "/v24.0", "100000000000001", "demo-token", timeout=0.3)
    for expected in (wire.ThrottledNumber, wire.Retryable, wire.UnknownOutcome, wire.UnknownOutcome):
        with pytest.raises(expected):
            impatient.send({**TO, "type": "text", "text": {"body": expected.__name__}})
    _send(world, "goed")
    wait_until(lambda: len(world.talk(AMINA)) == 3)
    calls = world.call("/stand-in/calls")[1]
    assert calls[0]["payload"]["text"]["body"] == "UnknownOutcome"


def test_failure_can_be_scripted_to_come_late(world):
    world.call("/stand-in/faults", [{"code": 131047, "late": True}])
    assert _send(world).message_id.startswith("wamid.")
    wait_until(lambda: world.channel.statuses == [200])
    assert world.talk(AMINA) == []


def test_reaction_of_the_helpdesk_shows_on_the_message(world):
    sent = world.call(f"/phone/{AMINA}/text", {"text": "dank u"})[1]["id"]
    world.client.send({**TO, "type": "reaction", "reaction": {"message_id": sent, "emoji": "❤️"}})
    assert world.talk(AMINA)[0]["reaction"] == "❤️"


def test_reading_a_message_that_does_not_exist_is_refused(world):
    with pytest.raises(wire.OurFault):
        world.client.mark_read("wamid.none")


def test_many_senders_at_once_lose_nothing(world):
    def send(number):
        payloads = render.render(
            OutboundMessage(f"n{number}", (Button("a", "/a"),)), Identity(phone=f"316000001{number % 7 + 1:02}")
        )
        world.client.send(payloads[0])

    threads = [threading.Thread(target=send, args=(number,)) for number in range(60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = [one["interactive"]["body"]["text"] for n in range(1, 8) for one in world.talk(f"316000001{n:02}")]
    assert sorted(found) == sorted(f"n{number}" for number in range(60))
    wait_until(lambda: world.channel.statuses.count(200) == 120, what="two receipts for each message")


def test_asking_for_our_number_proves_that_the_token_is_taken(world):
    world.client.check()
    with pytest.raises(wire.AccountTrouble):
        wire.Client(f"{world.url}/v24.0", "100000000000001", "revoked").check()


def test_a_made_up_contact_of_the_demo_has_a_phone_from_their_first_message_on():
    phones = Phones()
    assert phones.owner(None, "NL.DEMO0001").bsuid == "NL.DEMO0001"
    assert phones.owner(None, "NL.134") is None and phones.owner("+31600009999", "NL.DEMO0002") is None
