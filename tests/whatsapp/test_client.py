"""The client against real HTTP: what is accepted, what is refused and how, and where the token goes."""

import base64
import hashlib
import threading

import pytest
import requests

from helpline.errors import ProviderError
from helpline.whatsapp import client as wire
from helpline.whatsapp.client import Client, FileUnusable
from helpline.whatsapp.refusals import of_code
from tests.wires import Reply, StandIn

PAYLOAD = {"messaging_product": "whatsapp", "to": "+31600000001", "type": "text", "text": {"body": "geheim"}}
PICTURE = b"\xff\xd8 a picture"


@pytest.fixture
def stand_in():
    with StandIn().running() as running:
        yield running


@pytest.fixture
def client(stand_in):
    return Client(stand_in.url + "/v24.0/", "1000", "the-token", timeout=0.6)


def _facts(stand_in, **more):
    digest = hashlib.sha256(PICTURE).hexdigest()
    url = stand_in.url + "/file"
    stand_in.script.append(
        Reply(body={"url": url, "mime_type": "image/jpeg", "sha256": digest, "file_size": 10, **more})
    )


def test_accepted_message_has_an_id(client):
    accepted = client.send(PAYLOAD)
    assert (accepted.message_id, accepted.wa_id) == ("wamid.OUT1", "31600000001")


def test_connection_is_used_again(client, stand_in):
    for _ in range(3):
        client.send(PAYLOAD)
    assert len(stand_in.calls) == 3 and len({call["port"] for call in stand_in.calls}) == 1


def test_token_is_not_replaced_by_a_netrc_of_the_machine(client, stand_in, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    client.send(PAYLOAD)
    assert stand_in.calls[0]["headers"]["Authorization"] == "Bearer the-token"


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, {"error": {"code": 131047}}, wire.WindowShut),
        (400, {"error": {"code": "131047"}}, wire.WindowShut),
        (400, {"error": {"code": 131056}}, wire.ThrottledPair),
        (429, {"error": {"code": 131056}}, wire.ThrottledPair),
        (400, {"error": {"code": 130429}}, wire.ThrottledNumber),
        (429, b"slow down", wire.ThrottledNumber),
        (400, {"error": {"code": 131050}}, wire.OptedOut),
        (400, {"error": {"code": 131026}}, wire.Undeliverable),
        (400, {"error": {"code": 100}}, wire.OurFault),
        (400, {"error": {"code": 132018}}, wire.OurFault),
        (400, {"error": {"code": 999999}}, wire.OurFault),
        (400, {"error": {"code": 999999, "is_transient": True}}, wire.Retryable),
        (500, {"error": {"code": 999999}}, wire.Retryable),
        (500, {"error": {"code": 131047}}, wire.WindowShut),
        (503, b"", wire.Retryable),
        (408, b"", wire.Retryable),
        (401, {"error": {"code": 190}}, wire.AccountTrouble),
        (400, {"error": {"code": 131042}}, wire.AccountTrouble),
        (400, {"error": {"code": 131048}}, wire.AccountTrouble),
        (403, {"error": {"code": 200}}, wire.AccountTrouble),
        (404, b"<html>", wire.AccountTrouble),
        (400, b"<html>", wire.AccountTrouble),
        (400, {"error": "no object"}, wire.AccountTrouble),
        (400, ["a", "list"], wire.AccountTrouble),
        (200, {"error": {"code": 131000}}, wire.Retryable),
        (200, {"messages": []}, wire.UnknownOutcome),
        (200, {"messages": [{"id": 7.5}]}, wire.UnknownOutcome),
        (200, b"not json", wire.UnknownOutcome),
        (200, b"[" * 5000, wire.UnknownOutcome),
    ],
)
def test_each_answer_has_its_class(client, stand_in, status, body, expected):
    stand_in.script.append(Reply(status, body))
    with pytest.raises(wire.Refusal) as refused:
        client.send(PAYLOAD)
    assert type(refused.value) is expected
    assert isinstance(refused.value, ProviderError)
    assert refused.value.status == status
    assert refused.value.retryable is (expected in (wire.Retryable, wire.ThrottledNumber, wire.ThrottledPair))


def test_refusal_tells_nothing_about_the_person(client, stand_in):
    stand_in.error(131026, message="Message to +31600000001 (geheim) failed", error_data={"details": "geheim"})
    with pytest.raises(wire.Undeliverable) as refused:
        client.send(PAYLOAD)
    said = f"{refused.value!r} {refused.value} {refused.value.__cause__} {vars(refused.value)}"
    assert "geheim" not in said and "31600000001" not in said and refused.value.code == 131026
    assert refused.value.__cause__ is None


def test_named_wait_is_kept_when_it_makes_sense(client, stand_in):
    for given, kept in (("17", 17), ("-3", None), ("soon", None), ("999999999", None)):
        stand_in.script.append(Reply(429, {}, {"Retry-After": given}))
        with pytest.raises(wire.ThrottledNumber) as refused:
            client.send(PAYLOAD)
        assert refused.value.after == kept


def test_redirect_is_not_followed(client, stand_in):
    with StandIn().running() as other:
        stand_in.script.append(Reply(307, {}, {"Location": other.url + "/elsewhere"}))
        with pytest.raises(wire.AccountTrouble):
            client.send(PAYLOAD)
        assert other.calls == []


def test_answer_that_never_comes_is_unknown_and_not_sent_again(client, stand_in):
    hold = threading.Event()
    stand_in.script.append(Reply(hold=lambda _: hold.wait(5)))
    with pytest.raises(wire.UnknownOutcome):
        client.send(PAYLOAD)
    hold.set()
    assert len(stand_in.calls) == 1


def test_connection_cut_after_the_request_is_unknown(client, stand_in):
    stand_in.script.append(Reply(cut=True))
    with pytest.raises(wire.UnknownOutcome):
        client.send(PAYLOAD)
    assert len(stand_in.calls) == 1


def test_answer_cut_short_is_unknown(client, stand_in):
    stand_in.script.append(Reply(200, b'{"messages"', {"Content-Length": "400"}))
    with pytest.raises(wire.UnknownOutcome):
        client.send(PAYLOAD)


def test_endless_answer_is_not_read_to_the_end(client, stand_in):
    stand_in.script.append(Reply(200, b" " * (wire.ANSWER_BYTES + 100_000)))
    with pytest.raises(wire.UnknownOutcome):
        client.send(PAYLOAD)


def test_closed_port_and_unknown_host_are_unreachable():
    with StandIn().running() as gone:
        pass
    for url in (gone.url, "http://does-not-exist.invalid"):
        with pytest.raises(wire.Unreachable):
            Client(url, "1", "t", timeout=2).send(PAYLOAD)


def test_no_tls_behind_https_is_trouble_for_a_person_and_nothing_is_sent(stand_in):
    with pytest.raises(wire.AccountTrouble):
        Client(stand_in.url.replace("http:", "https:"), "1", "t", timeout=2).send(PAYLOAD)
    assert stand_in.calls == []


def test_read_and_typing_are_said_to_the_messages_address(client, stand_in):
    stand_in.script += [Reply(body={"success": True}), Reply(body={"success": True})]
    client.mark_read("wamid.1")
    client.typing("wamid.1")
    first, second = (call["body"] for call in stand_in.calls)
    assert first == {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.1"}
    assert second["typing_indicator"] == {"type": "text"}


def test_upload_gives_an_id(client, stand_in):
    stand_in.script.append(Reply(body={"id": "42"}))
    assert client.upload(PICTURE, "image/jpeg", "foto.jpg") == "42"
    call = stand_in.calls[0]
    assert call["path"] == "/v24.0/1000/media" and PICTURE in call["raw"] and b"image/jpeg" in call["raw"]


@pytest.mark.parametrize(
    "digest",
    [
        hashlib.sha256(PICTURE).hexdigest(),
        base64.b64encode(hashlib.sha256(PICTURE).digest()).decode(),
        base64.urlsafe_b64encode(hashlib.sha256(PICTURE).digest()).decode(),
        None,
        "",
    ],
)
def test_file_is_fetched_and_its_checksum_compared(client, stand_in, digest):
    _facts(stand_in, sha256=digest)
    stand_in.script.append(Reply(body=PICTURE))
    found = client.fetch("77")
    assert (found.content, found.mime_type) == (PICTURE, "image/jpeg")
    assert stand_in.calls[0]["path"] == "/v24.0/77?phone_number_id=1000"
    assert stand_in.calls[1]["headers"]["Authorization"] == "Bearer the-token"


def test_file_with_another_checksum_is_refused(client, stand_in):
    _facts(stand_in)
    stand_in.script.append(Reply(body=PICTURE + b"!"))
    with pytest.raises(FileUnusable, match="checksum"):
        client.fetch("77")


def test_address_that_expired_is_asked_for_once_more(client, stand_in):
    for reply in (Reply(404, b""), Reply(body=PICTURE)):
        _facts(stand_in)
        stand_in.script.append(reply)
    assert client.fetch("77").content == PICTURE
    assert len(stand_in.calls) == 4


def test_file_that_is_gone_is_said_to_be_gone(client, stand_in):
    stand_in.error(100)
    with pytest.raises(FileUnusable, match="no longer"):
        client.fetch("77")
    stand_in.error(190, 401)
    with pytest.raises(wire.AccountTrouble):
        client.fetch("77")


def test_too_big_a_file_is_not_downloaded_nor_read_to_the_end(client, stand_in):
    _facts(stand_in, file_size=5000)
    with pytest.raises(FileUnusable, match="5000 bytes"):
        client.fetch("77", limit=4000)
    assert len(stand_in.calls) == 1
    _facts(stand_in, file_size=10)
    stand_in.script.append(Reply(body=b"x" * 300_000))
    with pytest.raises(FileUnusable, match="longer"):
        client.fetch("77", limit=4000)


@pytest.mark.parametrize(
    "url",
    [
        "http://lookaside.fbsbx.com/x",
        "https://lookaside.fbsbx.com.evil.example/x",
        "https://evilfbsbx.com/x",
        "https://someone@lookaside.fbsbx.com/x",
        "https://evil.example/?.fbsbx.com",
        "https://evil.example#.fbsbx.com",
        "ftp://lookaside.fbsbx.com/x",
        "file:///etc/passwd",
        "//lookaside.fbsbx.com/x",
        "https://[::1]/x",
        "http://127.0.0.1:1/x",
        "http://169.254.169.254/latest",
    ],
)
def test_token_never_goes_to_an_address_that_is_not_whatsapps(client, stand_in, url, monkeypatch):
    _facts(stand_in, url=url)
    with pytest.raises(FileUnusable, match="not one of WhatsApp's"):
        client.fetch("77")
    assert len(stand_in.calls) == 1


def test_metas_hosts_are_known(client):
    for host in ("lookaside.fbsbx.com", "scontent.xx.fbcdn.net", "mmg.whatsapp.net", "graph.facebook.com"):
        client._require_known_host(f"https://{host}/whatsapp_business/attachments/?mid=1")


def test_redirect_of_a_file_is_not_followed(client, stand_in):
    with StandIn().running() as other:
        _facts(stand_in)
        stand_in.script.append(Reply(302, b"", {"Location": other.url}))
        with pytest.raises(wire.Refusal):
            client.fetch("77")
        assert other.calls == []


def test_id_of_a_file_cannot_leave_its_place_in_the_address(client, stand_in):
    stand_in.error(100)
    with pytest.raises(FileUnusable):
        client.fetch("../1000/messages?x=")
    assert stand_in.calls[0]["path"].startswith("/v24.0/..%2F1000%2Fmessages%3Fx%3D?")


def test_each_thread_has_a_session_of_its_own(client):
    found: list[requests.Session] = []
    threads = [threading.Thread(target=lambda: found.append(client._session())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(session) for session in found}) == 3


def test_code_told_in_a_receipt_has_the_same_class():
    assert of_code(131047) is wire.WindowShut and of_code(132012) is wire.OurFault
    assert of_code(987654) is wire.Undeliverable
