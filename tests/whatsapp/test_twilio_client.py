"""What only Twilio has: its signature, its forms, its limits and its way to files."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

import pytest

from helpline import settings
from helpline.assistant import reception
from helpline.messages import Button, Identity, Media, OutboundMessage
from helpline.whatsapp import carrier, client, render, twilio
from helpline.whatsapp.twilio_client import TEXT, TwilioClient
from tests.people import AMINA
from tests.whatsapp.carriers import HOOK, SID, chosen
from tests.wires import Reply, StandIn


@pytest.fixture
def stand_in():
    with StandIn().running() as running:
        yield running


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
