"""Hostile and broken webhooks: nothing raises, and no item costs another of the same POST."""

import copy
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpline import inbox
from helpline.messages import DeliveryReceipt, IdentityChange, InboundMessage, Notice
from helpline.whatsapp import describe, fields, twilio, webhook

FIXTURES = Path(__file__).parent.parent / "fixtures" / "whatsapp"
SAMPLES = {
    path.name: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted(FIXTURES.glob("*.json"))
    if path.name != "EXPECTED.json"
}
META = {name: sample for name, sample in SAMPLES.items() if not name.startswith("twilio")}
ODD = [
    None, True, False, 0, -1, 1.5, 10**30, -(10**400), 1e308, float("nan"), float("inf"), "", " ", "x", "\x00",
    "\ud800",
    "a\ud83dz", "‮\u200b", "é" * 5000, [], [[]], [None], {}, {"": None}, {"id": {}}, [{"id": ["x"]}], "\u0301" * 3000,
]  # fmt: skip
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def text(body="hallo", **more):
    return {
        "from": "31600000001",
        "id": "wamid.1",
        "timestamp": "1760000000",
        "type": "text",
        "text": {"body": body},
        **more,
    }


def change(messages=(), statuses=(), number="1", **more):
    value = {"metadata": {"phone_number_id": number}, "messages": list(messages), "statuses": list(statuses), **more}
    return {"field": "messages", "value": value}


def post(*changes):
    return {"object": "whatsapp_business_account", "entry": [{"id": "w", "changes": list(changes)}]}


def ids(events):
    return [event.message_id for event in events if isinstance(event, (InboundMessage, DeliveryReceipt))]


def check(events):
    """Every event can be described, encoded and stored, whatever it was made of."""
    for event in events:
        assert isinstance(event, (InboundMessage, DeliveryReceipt, IdentityChange, Notice))
        told = json.dumps(describe.as_json(event), ensure_ascii=False, allow_nan=False)
        assert "\x00" not in told and "\\u0000" not in told
        told.encode("utf-8")
        if isinstance(event, InboundMessage):
            assert event.sender.phone or event.sender.bsuid
            assert 0 < len(event.message_id) <= 200 and len(event.kind) <= 24 and len(event.phone_number_id) <= 40
            assert 0 <= event.sent_at < 2**31 and len(event.text or "") <= fields.TEXT_LIMIT
            packed = json.dumps(inbox._pack(event), ensure_ascii=False).encode("utf-8")
            assert inbox.unpack(json.loads(packed)).text == event.text


def places(value, path=()):
    """Every path of a JSON value."""
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inside:
        yield from places(item, (*path, key))


def changed(value, path, new):
    """A copy with `new` at a path; the whole when the path is empty."""
    if not path:
        return new
    result = copy.deepcopy(value)
    target = result
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = new
    return result


def without(value, path):
    result = copy.deepcopy(value)
    target = result
    for key in path[:-1]:
        target = target[key]
    del target[path[-1]]
    return result


@pytest.mark.parametrize("name", sorted(META))
def test_any_odd_value_at_any_place_of_a_sample_is_survived(name):
    sample = META[name]
    for number, path in enumerate(places(sample)):
        for odd in (ODD[number % len(ODD)], ODD[(number * 7 + 3) % len(ODD)], {"nested": sample}):
            check(webhook.parse(changed(sample, path, odd)))
        if path:
            check(webhook.parse(without(sample, path)))


@pytest.mark.parametrize("name", sorted(META))
def test_broken_sample_costs_nothing_that_comes_with_it(name):
    sample = META[name]["entry"]
    good = text("nog een", id="wamid.good", **{"from": "31600000077"})
    for number, path in enumerate(places(sample)):
        broken = changed(sample, path, ODD[number % len(ODD)])
        entries = broken if isinstance(broken, list) else [broken]
        payload = {"object": "whatsapp_business_account", "entry": [*entries, *post(change([good]))["entry"]]}
        assert "wamid.good" in ids(webhook.parse(payload)), path


@pytest.mark.parametrize("odd", [None, 5, [], {}, "", " "])
def test_object_of_a_wrong_type_costs_no_message(odd):
    assert ids(webhook.parse({**post(change([text()])), "object": odd})) == ["wamid.1"]


def test_other_products_of_meta_are_noticed_and_left():
    assert [event.kind for event in webhook.parse({"object": "page", "entry": []})] == ["unknown_object"]


@QUICK
@given(st.sampled_from(sorted(META)), st.data())
def test_several_random_changes_at_once_are_survived(name, data):
    sample = copy.deepcopy(META[name])
    for _ in range(data.draw(st.integers(1, 6))):
        path = data.draw(st.sampled_from(list(places(sample))))
        sample = changed(sample, path, data.draw(st.sampled_from(ODD) | st.text(max_size=20) | st.floats()))
    check(webhook.parse(sample))


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(
        ["entry", "changes", "value", "field", "messages", "statuses", "contacts", "metadata", "type", "text", "id",
         "from", "body", "interactive", "location", "system", "errors", "phone_number_id", "timestamp", "image"]
    ), inner, max_size=6),
    max_leaves=30,
)  # fmt: skip


@QUICK
@given(JSON_VALUES)
def test_any_json_at_all_is_survived(value):
    check(webhook.parse(value))
    check(webhook.parse(post(change([value, text()], [value]))))
    check(webhook.parse({"entry": [{"changes": [value, change([text()])]}]}))


@QUICK
@given(st.binary(max_size=200) | st.text(max_size=80).map(lambda one: one.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_read_or_refused_as_unreadable(raw):
    try:
        check(webhook.parse(webhook.read(raw)))
    except webhook.Unreadable as error:
        assert str(error).endswith(".")


@pytest.mark.parametrize(
    "raw",
    [b"[" * 100_000, b'{"a":' * 50_000, b"", b"{", b"\xff\xfe", b"null", b"1e999", b"9" * 5000, b'"\\ud800"', b"NaN"],
)
def test_extreme_bodies_are_quick_and_harmless(raw):
    try:
        check(webhook.parse(webhook.read(raw)))
    except webhook.Unreadable:
        pass


def test_byte_order_mark_and_wrong_bytes_inside_a_text_are_forgiven():
    raw = b"\xef\xbb\xbf" + json.dumps(post(change([text("caf?")]))).encode().replace(b"caf?", b"caf\xe9")
    assert webhook.parse(webhook.read(raw))[0].text == "caf\ufffd"


def test_nul_controls_and_lone_surrogates_leave_the_text():
    raw = json.dumps(post(change([text("a\x00b\x07c\ud800d\u200d")]))).encode()
    assert webhook.parse(webhook.read(raw))[0].text == "abc\ufffdd\u200d"


def test_deeply_nested_item_costs_only_itself():
    deep = current = {}
    for _ in range(900):
        current["x"] = current = {}
    events = webhook.parse(
        post(change([{**text(), "id": "wamid.a", "errors": [deep], "referral": deep}, text(id="wamid.b")]))
    )
    assert ids(events) == ["wamid.a", "wamid.b"]


def test_thousand_items_in_one_post_are_all_read():
    messages = [text(str(n), id=f"wamid.{n}", **{"from": f"3160000{n % 50:04}"}) for n in range(1000)]
    messages[500] = 5
    statuses = [
        {"id": f"wamid.s{n}", "status": "sent", "timestamp": "1", "recipient_id": "31600000001"} for n in range(1000)
    ]
    events = webhook.parse(post(change(messages, statuses)))
    assert len(ids(events)) == 1999 and sum(isinstance(event, Notice) for event in events) == 1


def test_same_id_twice_in_one_post_stays_two_events_for_the_inbox_to_settle():
    assert ids(webhook.parse(post(change([text(), text("andere tekst")])))) == ["wamid.1", "wamid.1"]


def test_statuses_only_and_several_numbers_in_one_post():
    status = {"id": "wamid.s", "status": "read", "timestamp": "1760000000", "recipient_user_id": "NL.1"}
    events = webhook.parse(post(change((), [status], "10"), change([text()], (), "20"), change((), [status], "30")))
    assert [(type(event).__name__, event.phone_number_id) for event in events] == [
        ("DeliveryReceipt", "10"), ("InboundMessage", "20"), ("DeliveryReceipt", "30"),
    ]  # fmt: skip


def test_order_of_one_sender_is_by_time_and_of_others_untouched():
    messages = [
        text("3", id="c", timestamp="1760000030"),
        text("x", id="x", timestamp="1760000001", **{"from": "31600000002"}),
        text("1", id="a", timestamp="1760000010"),
        text("2", id="b", timestamp=1760000020000),
    ]
    assert ids(webhook.parse(post(change(messages)))) == ["a", "x", "b", "c"]


def test_identity_changes_come_first():
    moved = {
        "from": "31600000001", "id": "wamid.sys", "timestamp": "1760000000", "type": "system",
        "system": {"type": "user_changed_number", "wa_id": "31600000002"},
    }  # fmt: skip
    events = webhook.parse(post(change([text(**{"from": "31600000002"})]), change([moved])))
    assert [type(event).__name__ for event in events] == ["IdentityChange", "InboundMessage"]


@pytest.mark.parametrize("sender", [None, "", 0, [], {}, "abc", "31", "US", "\u0660\u0661\u0662\u0663\u0664\u0665"])
def test_message_of_nobody_is_set_aside_and_merged_with_no_one(sender):
    events = webhook.parse(post(change([text(**{"from": sender})])))
    assert [event.kind for event in events] == ["quarantine"]


@pytest.mark.parametrize(
    ("latitude", "longitude", "deliver"),
    [
        (0, 0, "location"), (0.0, -0.0, "location"), ("52.1", "4.3", "location"), (90, 180, "location"),
        (91, 0, "fallback"),
        (float("nan"), 4, "fallback"), (float("inf"), 4, "fallback"), (True, 4, "fallback"), (None, 4, "fallback"),
        ("52,1", 4, "fallback"), (10**400, 4, "fallback"), ([52], 4, "fallback"),
    ],
)  # fmt: skip
def test_pin_is_a_point_on_earth_or_nothing(latitude, longitude, deliver):
    pin = {"latitude": latitude, "longitude": longitude}
    [event] = webhook.parse(post(change([text(type="location", location=pin)])))
    assert (event.kind, event.deliver) == ("location", deliver)


def test_text_of_100_kilobytes_is_cut_between_graphemes_at_once():
    family = "👨‍👩‍👧‍👦"
    for body in ("a" * 100_000, family * 10_000, "e" + "\u0301" * 100_000, "ل" * 100_000):
        [event] = webhook.parse(post(change([text(body)])))
        assert len(event.text) <= fields.TEXT_LIMIT
        assert not event.text.endswith("\u200d")


def test_unknown_status_words_and_fields_are_kept_as_unknown():
    events = webhook.parse(
        {
            "entry": [
                {"changes": [change((), [{"id": "x", "status": "teleported"}]), {"field": "brand_new", "value": {}}]}
            ]
        }
    )
    assert events[0].known is False and events[1].kind == "unknown_field"


@QUICK
@given(st.dictionaries(st.sampled_from(
    ["From", "To", "Body", "MessageSid", "WaId", "NumMedia", "MediaUrl0", "MediaContentType0", "Latitude", "Longitude",
     "MessageStatus", "ErrorCode", "ButtonPayload", "ListId", "ChannelMetadata", "ProfileName", "ExternalUserId"]
), st.text(max_size=40) | st.sampled_from(["whatsapp:+31600000001", "whatsapp:NL.123", "1e999"])))  # fmt: skip
def test_any_form_of_twilio_is_survived(form):
    for event in twilio.parse(form):
        check([event])


def _run(*arguments):
    code = "import sys; from helpline.commands import whatsapp; import argparse\n" + (
        "from helpline.errors import HelplineError\n"
        "parser = argparse.ArgumentParser(); whatsapp.add_commands(parser.add_subparsers())\n"
        "chosen = parser.parse_args(sys.argv[1:])\n"
        "try: chosen.run(chosen)\n"
        "except HelplineError as error: print(error, file=sys.stderr); sys.exit(1)"
    )
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        [sys.executable, "-c", code, "whatsapp", "parse", *map(str, arguments)],
        capture_output=True, text=True, check=False, env=environment, encoding="utf-8",
    )  # fmt: skip


def test_parse_prints_one_event_a_line_in_the_form_of_the_expectations(tmp_path):
    expected = json.loads((FIXTURES / "EXPECTED.json").read_text(encoding="utf-8"))
    for name in ("batch_messages_and_statuses.json", "twilio_location.json"):
        done = _run(FIXTURES / name)
        assert [json.loads(line) for line in done.stdout.splitlines()] == expected[name]["events"]
    for content in ("{", "", "[" * 100_000):
        (tmp_path / "bad.json").write_text(content)
        done = _run(tmp_path / "bad.json")
        assert done.returncode == 1 and done.stderr.count("\n") == 1 and "Traceback" not in done.stderr
    assert "cannot be read" in _run(tmp_path / "missing.json").stderr


def test_parse_of_a_hostile_text_prints_valid_utf8(tmp_path):
    (tmp_path / "hostile.json").write_text(json.dumps(post(change([text("\ud800 \x00 ع\u2028x")]))))
    done = _run(tmp_path / "hostile.json")
    assert done.returncode == 0 and len(done.stdout.splitlines()) == 1
    assert json.loads(done.stdout)["kind"] == "text"
