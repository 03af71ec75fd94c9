"""The stand-in for WhatsApp's Graph API: same addresses, same refusals, and receipts as webhooks.

POST /v24.0/<number>/messages   a message, or {"status": "read"} with or without a typing indicator
POST /v24.0/<number>/media      a file (multipart: file, type, messaging_product) -> {"id"}
GET  /v24.0/<number>            {"id"}: whether the token is taken
GET  /v24.0/<media id>          {"url", "mime_type", "sha256", "file_size"}; DELETE forgets it
GET  /v24.0/files/<media id>    the bytes; the token is asked for here too

POST /stand-in/faults           tests script the next calls: a list of {"status", "code"}, {"code"} for a receipt that
                                tells of failure ("late": true), {"hang": seconds} for a call that is taken and not
                                answered in time, {"drop": true} for a connection cut after the message was taken
GET  /stand-in/calls            the payloads that were taken, newest last
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import deque
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, jsonify, request

from helpline import clock
from helpline.simulator import limits, payloads
from helpline.simulator.phones import Contact, File, Message, Phones, new_id
from helpline.simulator.poster import Poster

PAIR_BURST, PAIR_SECONDS = 45, 6
CALLS = 5000


class Graph:
    """The API behind the routes."""

    def __init__(self, phones: Phones, poster: Poster, number: str, token: str) -> None:
        self._phones = phones
        self._poster = poster
        self.number = number
        self._token = token
        self._lock = threading.Lock()
        self._recent: dict[str, deque[float]] = {}
        self.faults: deque[dict[str, Any]] = deque(maxlen=1000)
        self.calls: deque[dict[str, Any]] = deque(maxlen=CALLS)

    def authorised(self) -> bool:
        """Whether the request carries our token."""
        return request.headers.get("Authorization") == f"Bearer {self._token}"

    def send(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Take a message; the answer. Raises limits.Fault."""
        to, recipient = payload.get("to"), payload.get("recipient")
        contact = self._phones.owner(to, recipient)
        self._require_pace(str(to or recipient))
        message_id = new_id()
        self.calls.append({"id": message_id, "at_ms": clock.now_ms(), "payload": dict(payload)})
        callback = payload.get("biz_opaque_callback_data")
        if contact is None:
            # Meta takes it and tells later: nobody with this number is on WhatsApp.
            stranger = Contact(str(to or recipient), "", str(to).lstrip("+") if to else None, str(recipient or "NL.0"))
            self._tell(stranger, message_id, "failed", callback, 131026)
        else:
            self._show(contact, payload, message_id, callback)
        input_ = {"input": to or recipient}
        known = {"wa_id": contact.phone} if contact and contact.phone else {}
        return {
            "messaging_product": "whatsapp",
            "contacts": [{**input_, **known, **({"user_id": contact.bsuid} if contact else {})}],
            "messages": [{"id": message_id}],
        }

    def fail_later(self, payload: Mapping[str, Any], code: int) -> dict[str, Any]:
        """Take a message and tell by receipt that it failed."""
        contact = self._phones.owner(payload.get("to"), payload.get("recipient"))
        message_id = new_id()
        if contact is not None:
            self._tell(contact, message_id, "failed", payload.get("biz_opaque_callback_data"), code)
        return {"messaging_product": "whatsapp", "contacts": [], "messages": [{"id": message_id}]}

    def tell_read(self, contact: Contact, messages: list[Message]) -> None:
        """The contact looked at these: receipts."""
        for message in messages:
            self._tell(contact, message.id, "read", message.content.get("callback"))

    def _show(self, contact: Contact, payload: Mapping[str, Any], message_id: str, callback: str | None) -> None:
        kind = str(payload.get("type", "text"))
        content = dict(payload[kind])
        context = payload.get("context")
        quote = context.get("message_id") if isinstance(context, Mapping) else None
        if kind == "reaction":
            found = self._phones.find(str(content.get("message_id")))
            if found is not None:
                self._phones.react(found[1], content.get("emoji"))
        else:
            message = Message(
                message_id, False, kind, clock.now(), {kind: content, "callback": callback}, "sent", quote
            )
            self._phones.add(contact, message)
        self._tell(contact, message_id, "sent", callback)
        self._tell(contact, message_id, "delivered", callback)

    def _tell(
        self, contact: Contact, message_id: str, word: str, callback: str | None, code: int | None = None
    ) -> None:
        payload = payloads.status(self.number, contact, message_id, word, callback, code)
        self._poster.post(f"{contact.key} statuses", payload)

    def _require_pace(self, recipient: str) -> None:
        """Meta takes bursts of 45 within six seconds to one person."""
        at = time.monotonic()
        with self._lock:
            recent = self._recent.setdefault(recipient, deque(maxlen=PAIR_BURST))
            if len(recent) == PAIR_BURST and at - recent[0] < PAIR_SECONDS:
                raise limits.Fault(131056, "(Business Account, Consumer Account) pair rate limit hit")
            recent.append(at)


def routes(phones: Phones, graph: Graph) -> Blueprint:
    """The API's addresses, for any version."""
    api = Blueprint("graph", __name__)

    @api.post("/v<version>/<number>/messages")
    def messages(version: str, number: str) -> Any:
        refused = _refuse(graph, number)
        if refused:
            return refused
        fault = graph.faults.popleft() if graph.faults else {}
        if "hang" in fault:
            time.sleep(float(fault["hang"]))
        elif "code" in fault and not fault.get("late") and not fault.get("drop"):
            return _error(int(fault["code"]), "scripted", int(fault.get("status", 400)))
        elif "status" in fault:
            return Response("scripted", int(fault["status"]))
        try:
            payload = limits.check(request.get_json(silent=True), lambda media_id: phones.file(media_id) is not None)
            if payload.get("status") == "read":
                typing = isinstance(payload.get("typing_indicator"), Mapping)
                if not phones.seen_by_desk(str(payload["message_id"]), typing):
                    raise limits.Fault(limits.WRONG, "message_id is not a message of the last 30 days.")
                return jsonify({"success": True})
            if fault.get("late"):
                return jsonify(graph.fail_later(payload, int(fault["code"])))
            answer = graph.send(payload)
        except limits.Fault as error:
            return _error(error.code, error.details)
        return Response("", 200) if fault.get("drop") else jsonify(answer)

    @api.post("/v<version>/<number>/media")
    def upload(version: str, number: str) -> Any:
        refused = _refuse(graph, number)
        if refused:
            return refused
        given = request.files.get("file")
        if given is None or request.form.get("messaging_product") != "whatsapp":
            return _error(limits.PARAMETER, "(#100) The parameters file and messaging_product are required.")
        kind = request.form.get("type") or given.mimetype or "application/octet-stream"
        return jsonify({"id": phones.keep(File(given.read(), kind, given.filename))})

    @api.get("/v<version>/<media_id>")
    def facts(version: str, media_id: str) -> Any:
        file = phones.file(media_id)
        if not graph.authorised():
            return _error(190, "Invalid OAuth access token.", 401)
        if media_id == graph.number:
            return jsonify({"id": graph.number})
        if file is None:
            return _error(limits.PARAMETER, f"Unsupported get request. Object with ID {media_id!r} does not exist.")
        told = {"mime_type": file.mime_type, "sha256": hashlib.sha256(file.content).hexdigest()}
        url = f"{request.host_url}v{version}/files/{media_id}"
        return jsonify({"id": media_id, "url": url, "file_size": len(file.content), **told})

    @api.get("/v<version>/files/<media_id>")
    def download(version: str, media_id: str) -> Any:
        file = phones.file(media_id)
        if not graph.authorised():
            return _error(190, "Invalid OAuth access token.", 401)
        return Response("", 404) if file is None else Response(file.content, mimetype=file.mime_type)

    @api.post("/stand-in/faults")
    def script() -> Any:
        wanted = request.get_json(silent=True)
        graph.faults.extend(one for one in (wanted if isinstance(wanted, list) else []) if isinstance(one, dict))
        return jsonify({"waiting": len(graph.faults)})

    @api.get("/stand-in/calls")
    def calls() -> Any:
        return jsonify(list(graph.calls))

    return api


def _refuse(graph: Graph, number: str) -> Any:
    if not graph.authorised():
        return _error(190, "Invalid OAuth access token.", 401)
    if number != graph.number:
        return _error(100, f"Unsupported post request. Object with ID {number!r} does not exist.")
    return None


def _error(code: int, details: str, status: int = 400) -> Any:
    body = {
        "message": f"(#{code}) {details}",
        "type": "OAuthException",
        "code": code,
        "error_data": {"messaging_product": "whatsapp", "details": details},
        "fbtrace_id": new_id("A")[:20],
    }
    return jsonify({"error": body}), status
