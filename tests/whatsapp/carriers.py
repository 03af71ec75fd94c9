"""Both carriers as they post to us and are posted to, in front of the real reception."""

from __future__ import annotations

import base64
import dataclasses
import json
from urllib.parse import parse_qsl, urlencode

from helpline import clock, settings
from helpline.assistant import reception
from helpline.service import Service
from helpline.whatsapp import signature, twilio
from tests.conftest import SECRET
from tests.people import AMINA

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


def chosen(service, url, name):
    environment = {"SECRET_KEY": SECRET, "WHATSAPP_API_URL": url, "TWILIO_API_URL": url, "CARRIER": name}
    if name == "twilio":
        environment |= {"TWILIO_ACCOUNT_SID": SID, "TWILIO_AUTH_TOKEN": f"{TOKEN},older", "TWILIO_NUMBER": OURS,
                        "TWILIO_WEBHOOK_URL": HOOK, "TWILIO_TEMPLATE": "HX1"}  # fmt: skip
    return dataclasses.replace(service, settings=settings.read(environment))
