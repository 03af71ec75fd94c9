"""The same events and the same sending through both carriers; and what only Twilio has."""

from __future__ import annotations

import base64
import dataclasses
import json
from urllib.parse import parse_qsl, urlencode

import pytest
import sqlalchemy as sa

from helpline import clock, contacts, inbox, outbox, settings
from helpline.assistant import reception
from helpline.db import schema
from helpline.messages import Author, Button, Identity, Media, OutboundMessage
from helpline.service import Service
from helpline.whatsapp import carrier, client, render, signature, twilio
from helpline.whatsapp.twilio_client import TEXT, TwilioClient
from helpline.worker.delivery import Worker
from tests.conftest import SECRET, count
from tests.people import AMINA
from tests.wires import Reply, StandIn

SID, TOKEN, OURS = "AC00000000000000000000000000000001", "a-token-of-twilio", "+31970000000"
HOOK = "https://desk.example.org/webhooks/whatsapp/twilio"


class Meta:
    """The Cloud API, as it posts and is posted to."""

    name = "meta"

    def __init__(self, service: Service) -> None:
        self.service = service

    def post(self, value, sign=True):
        body = {"object": "whatsapp_business_account", "entry": [{"changes": [{"field": "messages", "value": value}]}]}
        raw = json.dumps(body).encode()
        signed = signature.sign(raw, self.service.settings.app_secrets[0] if sign else "x")
        return reception.receive(self.service, raw, signed)[0]

    def _value(self, **more):
        return {"metadata": {"phone_number_id": "100000000000001"}, "contacts": [{"wa_id": AMINA.phone}], **more}

    def text(self, words, number="1", **more):
        one = {"from": AMINA.phone, "id": f"wamid.{number}", "timestamp": str(clock.now()), "type": "text"}
        return self.post(self._value(messages=[{**one, "text": {"body": words}}]), **more)

    def pin(self):
        place = {"latitude": 52.09, "longitude": 5.12, "name": "Station"}
        one = {"from": AMINA.phone, "id": "wamid.pin", "timestamp": str(clock.now()), "type": "location"}
        return self.post(self._value(messages=[{**one, "location": place}]))

    def tap(self, button_id):
        reply = {"type": "button_reply", "button_reply": {"id": button_id, "title": "Food"}}
        one = {"from": AMINA.phone, "id": "wamid.tap", "timestamp": str(clock.now()), "type": "interactive"}
        return self.post(self._value(messages=[{**one, "interactive": reply}]))

    def receipt(self, status, message_id, code=None):
        errors = {"errors": [{"code": code}]} if code else {}
        one = {"id": message_id, "status": status, "timestamp": str(clock.now()), "recipient_id": AMINA.phone, **errors}
        return self.post(self._value(statuses=[one]))

    accepted, refused, shut = None, (400, {"error": {"code": 131026}}), 131047

    def sent(self, call):
        return call["body"]["to"], call["body"]["text"]["body"]


class Twilio(Meta):
    """Twilio, as it posts forms and is posted forms."""

    name = "twilio"

    def post(self, form, sign=True):
        sent = {"AccountSid": SID, "ApiVersion": "2010-04-01", **form}
        raw = urlencode(sent).encode()
        status, parcels = reception.unpack_twilio(self.service, raw, twilio.sign(raw, HOOK, TOKEN if sign else "x"))
        for parcel in parcels:
            with self.service.engine.begin() as conn:
                parcel.store(conn)
        return {204: 200, 403: 401}.get(status, status)

    def _message(self, number, **more):
        sid = f"SM{number:0>32}"
        return {"MessageSid": sid, "SmsStatus": "received", "From": f"whatsapp:+{AMINA.phone}",
                "To": f"whatsapp:{OURS}", "WaId": AMINA.phone,
                "ProfileName": "Amina", "NumMedia": "0", "Body": "", **more}  # fmt: skip

    def text(self, words, number="1", **more):
        return self.post(self._message(number, Body=words, MessageType="text"), **more)

    def pin(self):
        return self.post(
            self._message("2", Latitude="52.09", Longitude="5.12", Label="Station", MessageType="location")
        )

    def tap(self, button_id):
        return self.post(
            self._message("3", ButtonPayload=button_id, ButtonText="Food", Body="Food", MessageType="button")
        )

    def receipt(self, status, message_id, code=None):
        told = {"failed": "undelivered"}.get(status, status)
        return self.post({"MessageSid": message_id, "MessageStatus": told, "From": f"whatsapp:{OURS}",
                          "To": f"whatsapp:+{AMINA.phone}", **({"ErrorCode": str(code)} if code else {})})  # fmt: skip

    accepted, refused, shut = (201, {"sid": "SM" + "9" * 32}), (400, {"code": 63024, "status": 400}), 63016

    def sent(self, call):
        form = dict(parse_qsl(call["raw"].decode(), keep_blank_values=True))
        assert form["From"] == f"whatsapp:{OURS}" and form["StatusCallback"] == HOOK
        login = base64.b64decode(call["headers"]["Authorization"].removeprefix("Basic ")).decode()
        assert login == f"{SID}:{TOKEN}" and call["path"] == f"/2010-04-01/Accounts/{SID}/Messages.json"
        return form["To"].removeprefix("whatsapp:"), form["Body"]


@pytest.fixture
def stand_in():
    with StandIn().running() as running:
        yield running


def chosen(service, url, name):
    environment = {"SECRET_KEY": SECRET, "WHATSAPP_API_URL": url, "TWILIO_API_URL": url, "CARRIER": name}
    if name == "twilio":
        environment |= {"TWILIO_ACCOUNT_SID": SID, "TWILIO_AUTH_TOKEN": f"{TOKEN},older", "TWILIO_NUMBER": OURS,
                        "TWILIO_WEBHOOK_URL": HOOK, "TWILIO_TEMPLATE": "HX1"}  # fmt: skip
    return dataclasses.replace(service, settings=settings.read(environment))


@pytest.fixture(params=["meta", "twilio"])
def line(request, service, stand_in):
    """Either carrier in front of the real reception."""
    return {"meta": Meta, "twilio": Twilio}[request.param](chosen(service, stand_in.url, request.param))


def stored(line):
    with line.service.engine.begin() as conn:
        return [one.message for one in inbox.claim(conn, line.service.vault, 100)]


def test_text_arrives_from_the_same_person_as_ever(line):
    assert line.text("Where is a doctor? é ع") == 200
    [one] = stored(line)
    assert (one.kind, one.text, one.phone_number_id) == (
        "text",
        "Where is a doctor? é ع",
        line.service.settings.our_number,
    )
    with line.service.engine.begin() as conn:
        known = contacts.identify(conn, line.service.vault, AMINA)
    assert count(line.service.engine, schema.contacts) == 1 and known


def test_the_same_message_twice_is_stored_once(line):
    assert [line.text("hello", number="7") for _ in range(3)] == [200] * 3
    assert count(line.service.engine, schema.inbox) == 1


def test_a_forgery_is_refused_and_nothing_kept(line):
    assert line.text("hello", sign=False) == 401
    assert count(line.service.engine, schema.inbox) == count(line.service.engine, schema.dead_letters) == 0


def test_pins_and_taps_are_the_same_events(line):
    button = line.service.vault.sign_payload("/find_food")
    assert (line.pin(), line.tap(button)) == (200, 200)
    first = stored(line)
    with line.service.engine.begin() as conn:
        conn.execute(sa.update(schema.inbox).where(schema.inbox.c.state == "in_flight").values(state="done"))
    tap, pin = sorted([*first, *stored(line)], key=lambda one: one.kind)
    assert (pin.deliver, pin.location.latitude) == ("location", 52.09)
    assert (tap.deliver, tap.reply_id) == ("reply", button)


def queue(line, message):
    with line.service.engine.begin() as conn:
        contact_id = contacts.identify(conn, line.service.vault, AMINA)
        contacts.wrote(conn, contact_id, clock.now())
        epoch = contacts.get(conn, contact_id).epoch
        outbox.put(
            conn, line.service.vault, contact_id, message, author=Author.SYSTEM, kind="x",
            once_key=f"k{clock.now()}{message.text[:5]}", epoch=epoch,
        )  # fmt: skip


def deliver(line):
    worker = Worker(line.service, carrier.client_of(line.service.settings))
    while worker.deliver():
        pass
    worker.stop()
    worker.run()


def state(line):
    with line.service.engine.connect() as conn:
        return conn.execute(sa.select(schema.outbox.c.state, schema.outbox.c.message_id, schema.outbox.c.error)).one()


def test_an_answer_goes_out_and_its_receipts_come_back(line, stand_in):
    if line.accepted:
        stand_in.script.append(Reply(*line.accepted))
    queue(line, OutboundMessage("The doctor is open."))
    deliver(line)
    assert [line.sent(call) for call in stand_in.calls] == [(f"+{AMINA.phone}", "The doctor is open.")]
    assert state(line).state == "sent"
    for status, expected in (("delivered", "delivered"), ("read", "read"), ("sent", "read")):
        assert line.receipt(status, state(line).message_id) == 200
        assert state(line).state == expected


def test_a_refusal_means_the_same(line, stand_in):
    stand_in.script.append(Reply(*line.refused))
    queue(line, OutboundMessage("hello"))
    deliver(line)
    assert state(line).state == "failed" and state(line).error.startswith("Undeliverable")


def test_a_shut_window_told_late_holds_the_message(line, stand_in):
    if line.accepted:
        stand_in.script.append(Reply(*line.accepted))
    queue(line, OutboundMessage("hello"))
    deliver(line)
    line.receipt("failed", state(line).message_id, line.shut)
    assert state(line).state == "held"


@pytest.mark.parametrize("status", [500, 503, 429, 401])
def test_trouble_keeps_the_message(line, stand_in, status):
    stand_in.script.append(Reply(status, {}))
    queue(line, OutboundMessage("hello"))
    deliver(line)
    assert state(line).state == "queued"


def test_only_the_chosen_carrier_s_webhook_is_there(line):
    form = urlencode({"MessageSid": "SM1", "From": "whatsapp:+31600000001", "Body": "x"}).encode()
    if line.name == "meta":
        assert reception.unpack_twilio(line.service, form, twilio.sign(form, HOOK, TOKEN)) == (404, [])
    else:  # or the demo's secret would open it
        assert reception.unpack(line.service, b"{}", signature.sign(b"{}", "demo-app-secret")) == (404, [])


# From here on: Twilio alone.


@pytest.fixture
def wire(service, stand_in):
    made = carrier.client_of(chosen(service, stand_in.url, "twilio").settings)
    assert isinstance(made, TwilioClient)
    return made


@pytest.mark.parametrize(
    ("caller", "expected"),
    [("+14158675309", "RSOYDt4T1cUTdK1PDd93/VVr8B8="), ("+12349013030", "0/KCTR6DLpKmkAf8muzZqo1nDgQ=")],
)
def test_signature_is_the_one_of_twilio_s_own_examples(caller, expected):
    form = {"CallSid": "CA1234567890ABCDE", "Caller": caller, "Digits": "1234", "From": caller, "To": "+18005551212"}
    raw, url = urlencode(form).encode(), "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert twilio.sign(raw, url, "12345") == expected
    assert twilio.verify(raw, expected, url, ("other", "12345"))
    assert not twilio.verify(raw, expected, url.replace("https", "http"), ("12345",))
    assert not twilio.verify(raw + b"&Extra=", expected, url, ("12345",))
    for header in (None, "", "x", "ä", "\ud800"):
        assert not twilio.verify(raw, header, url, ("12345",))
    assert not twilio.verify(raw, twilio.sign(raw, url, ""), url, ("",))
    assert not twilio.verify(b"&".join(b"a%d=" % n for n in range(600)), "x", url, ("12345",))


def test_blank_parameters_are_part_of_the_signature(service, stand_in):
    opened = chosen(service, stand_in.url, "twilio")
    raw = b"Body=&From=whatsapp%3A%2B31600000001&MediaUrl0=&MessageSid=SM5&NumMedia=0&To=whatsapp%3A%2B31970000000"
    assert reception.unpack_twilio(opened, raw, twilio.sign(raw, HOOK, "older"))[0] == 204
    assert reception.unpack_twilio(opened, raw * 5000, "x")[0] == 413


def test_what_can_be_tapped_is_written_out_with_numbers(wire):
    buttons = tuple(Button(title, f"/{title}") for title in ("Food", "Doctor", "Shelter", "Lawyer"))
    payloads = render.render(OutboundMessage("What do you need?", buttons=buttons, list_title="Choose"), AMINA)
    [only] = wire.fit(payloads)
    assert only["type"] == "text"
    assert [line for line in only["text"]["body"].splitlines() if line] == [
        "What do you need?", "1. Food", "2. Doctor", "3. Shelter", "4. Lawyer",
    ]  # fmt: skip


def test_long_texts_go_in_pieces_and_nothing_is_lost(wire):
    words = " ".join(f"word{number}" for number in range(900))
    fitted = wire.fit(render.render(OutboundMessage(words), AMINA))
    assert len(fitted) > 1 and all(len(one["text"]["body"]) <= TEXT for one in fitted)
    assert " ".join(one["text"]["body"] for one in fitted).split() == words.split()


def test_template_link_and_user_id_go_as_twilio_wants_them(wire, stand_in):
    for message, to in (
        (OutboundMessage("", template="answer_waiting"), AMINA),
        (OutboundMessage("See", media=Media("image", url="https://files.example.org/a.jpg")), Identity(bsuid="NL.1")),
    ):
        for payload in wire.fit(render.render(message, to)):
            stand_in.script.append(Reply(201, {"sid": "SM1"}))
            wire.send(payload)
    forms = [dict(parse_qsl(call["raw"].decode())) for call in stand_in.calls]
    assert forms[0]["ContentSid"] == "HX1" and "Body" not in forms[0]
    assert (forms[1]["MediaUrl"], forms[1]["To"]) == ("https://files.example.org/a.jpg", "whatsapp:NL.1")


def test_a_file_of_ours_cannot_go_and_that_is_said(wire):
    with pytest.raises(client.OurFault):
        wire.upload(b"x", "image/jpeg")
    [payload] = wire.fit(render.render(OutboundMessage("", media=Media("image", id="5")), AMINA))
    with pytest.raises(client.OurFault):
        wire.send(payload)


def test_a_contact_s_file_is_fetched_with_the_token_and_followed_without(wire, stand_in):
    url = f"{stand_in.url}/2010-04-01/Accounts/{SID}/Messages/MM1/Media/ME1"
    stand_in.script.append(Reply(302, b"", {"Location": f"{stand_in.url}/elsewhere"}))
    stand_in.script.append(Reply(200, b"\xff\xd8\xffpicture", {"Content-Type": "image/jpeg"}))
    file = wire.fetch(url)
    assert (file.content, file.mime_type) == (b"\xff\xd8\xffpicture", "image/jpeg")
    assert [("Authorization" in call["headers"]) for call in stand_in.calls] == [True, False]


@pytest.mark.parametrize(
    "url",
    ["http://169.254.169.254/latest/meta-data", "https://evil.example/x", "file:///etc/passwd", "{}/other/path",
     "{}/2010-04-01/Accounts/ACother/Messages/M/Media/E", "{}/2010-04-01/Accounts/" + SID + "/Messages/../../x"],
)  # fmt: skip
def test_no_address_of_somebody_else_s_choice_is_opened(wire, stand_in, url):
    with pytest.raises(client.FileUnusable):
        wire.fetch(url.replace("{}", stand_in.url))
    assert stand_in.calls == []


@pytest.mark.parametrize(
    "target",
    ["http://127.0.0.1:1/x", "https://evil.example/x", "https://x@api.twilio.com/", "http://s.twiliocdn.com/x",
     "//169.254.169.254/"],
)  # fmt: skip
def test_no_redirect_leads_to_anybody_else(wire, stand_in, target):
    stand_in.script.append(Reply(302, b"", {"Location": target}))
    with pytest.raises(client.FileUnusable):
        wire.fetch(f"{stand_in.url}/2010-04-01/Accounts/{SID}/Messages/MM1/Media/ME1")
    assert len(stand_in.calls) == 1


def test_account_is_asked_for_to_see_whether_all_is_well(wire, stand_in):
    stand_in.script.append(Reply(200, {"sid": SID}))
    wire.check()
    stand_in.script.append(Reply(401, {"code": 20003}))
    with pytest.raises(client.AccountTrouble):
        wire.check()
    wire.mark_read("x")
    wire.typing("x")
    assert len(stand_in.calls) == 2


def test_settings_of_twilio_are_checked():
    with pytest.raises(Exception, match="TWILIO_AUTH_TOKEN is missing"):
        settings.read({"CARRIER": "twilio"})
    with pytest.raises(Exception, match="CARRIER"):
        settings.read({"CARRIER": "pigeon"})
