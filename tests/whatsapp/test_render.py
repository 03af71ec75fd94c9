"""Every limit of WhatsApp's, kept before anything is sent; nothing is lost, no letter is cut in half."""

import unicodedata

import pytest
import regex
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpline.errors import InputError
from helpline.messages import Button, Identity, Media, OutboundMessage
from helpline.simulator.limits import check
from helpline.whatsapp.lengths import cut, size, split, tail
from helpline.whatsapp.render import as_plain, callback, marks, read_callback, render, without_taps

TO = Identity(phone="31600000001", bsuid="NL.1")
FAMILY, FLAG, SKIN = "👨‍👩‍👧‍👦", "🇳🇱", "👍🏽"
ARABIC = "يحق لكل شخص في هولندا الحصول على الرعاية الطبية الضرورية. "
MARKED = "ẹ́" * 3 + "كَتَبَ"


def one(text="x", **more):
    [payload] = render(OutboundMessage(text, **more), TO)
    return payload


def buttons(*titles, description=""):
    return tuple(Button(title, f"/b{n}", description) for n, title in enumerate(titles))


def acceptable(payloads):
    for payload in payloads:
        check(payload, lambda _: True)
    return payloads


def whole(value):
    """Whether a text ends between graphemes: no half emoji, no letter without its marks."""
    return "\ufffd" not in value and not value.endswith("\u200d") and all(regex.findall(r"\X", value))


def test_address_is_the_number_with_a_plus_else_the_user_id():
    assert one()["to"] == "+31600000001" and "recipient" not in one()
    [payload] = render(OutboundMessage("x"), Identity(bsuid="NL.1"))
    assert payload["recipient"] == "NL.1" and "to" not in payload
    with pytest.raises(InputError):
        render(OutboundMessage("x"), Identity())


def test_nothing_to_say_is_an_error_and_not_an_empty_message():
    for text in ("", "  \n"):
        with pytest.raises(InputError):
            render(OutboundMessage(text), TO)


def test_three_short_options_are_buttons():
    content = one("Kies", buttons=buttons("a", "b", "c"))["interactive"]
    assert content["type"] == "button" and [b["reply"]["title"] for b in content["action"]["buttons"]] == [
        "a",
        "b",
        "c",
    ]


@pytest.mark.parametrize("count", range(4, 11))
def test_four_to_ten_options_are_a_list(count):
    content = one("Kies", buttons=buttons(*map(str, range(count))), list_title="Menu")["interactive"]
    assert content["type"] == "list" and len(content["action"]["sections"][0]["rows"]) == count


def test_options_beyond_ten_are_written_out():
    content = one("Kies", buttons=buttons(*(f"optie {n}" for n in range(13))))["interactive"]
    assert len(content["action"]["sections"][0]["rows"]) == 10
    assert all(f"- optie {n}" in content["body"]["text"] for n in (10, 11, 12))


def test_an_explanation_makes_a_list_even_of_two():
    content = one("Kies", buttons=buttons("a", "b", description="meer"))["interactive"]
    assert [row["description"] for row in content["action"]["sections"][0]["rows"]] == ["meer", "meer"]


@pytest.mark.parametrize("title", ["a" * 19, "a" * 20, "a" * 21, FAMILY * 3, FLAG * 11, SKIN * 9, ARABIC, MARKED * 4])
def test_button_title_keeps_20_whole_characters(title):
    [payload] = acceptable(render(OutboundMessage("Kies", buttons(title)), TO))
    shown = payload["interactive"]["action"]["buttons"][0]["reply"]["title"]
    assert size(shown) <= 20 and whole(shown)
    line = " ".join(unicodedata.normalize("NFC", title).split())
    assert shown == title.strip() or (shown.endswith("…") and line.startswith(shown[:-1]))
    if shown.endswith("…"):
        assert title.strip() in payload["interactive"]["body"]["text"]


@pytest.mark.parametrize("title", ["b" * 24, "b" * 25, ARABIC, FAMILY * 4, FLAG * 13])
def test_row_title_keeps_24_and_says_the_rest_underneath(title):
    [payload] = acceptable(render(OutboundMessage("Kies", buttons(title, *"cdef"), list_title="L"), TO))
    row = payload["interactive"]["action"]["sections"][0]["rows"][0]
    assert size(row["title"]) <= 24 and whole(row["title"])
    assert (row["title"] == title) or row["description"].startswith(title.strip()[:20])


def test_row_description_keeps_72_and_list_label_20():
    [payload] = acceptable(
        render(OutboundMessage("Kies", buttons(*"abcd", description="é" * 90), list_title="L" * 30), TO)
    )
    action = payload["interactive"]["action"]
    assert {size(row["description"]) for row in action["sections"][0]["rows"]} == {72}
    assert size(action["button"]) == 20


def test_titles_that_become_the_same_are_told_apart():
    [payload] = acceptable(render(OutboundMessage("Kies", buttons(*["Opvang in Amsterdam-Zuidoost"] * 3)), TO))
    titles = [b["reply"]["title"] for b in payload["interactive"]["action"]["buttons"]]
    assert len(set(titles)) == 3


def test_same_option_twice_is_offered_once_and_empty_ones_not_at_all():
    options = (Button("a", "/x"), Button("b", "/x"), Button("  ", "/y"))
    assert len(one("Kies", buttons=options)["interactive"]["action"]["buttons"]) == 1


def test_long_body_goes_ahead_and_its_end_stays_with_the_buttons():
    text = "\n\n".join(f"Alinea {n}. " + "woord " * 60 for n in range(8))
    payloads = acceptable(render(OutboundMessage(text, buttons("Ja")), TO, outbox_id="5"))
    assert [payload["type"] for payload in payloads] == ["text", "interactive"]
    assert size(payloads[1]["interactive"]["body"]["text"]) <= 1024
    said = payloads[0]["text"]["body"] + payloads[1]["interactive"]["body"]["text"]
    assert "".join(said.split()) == "".join(text.split())
    assert [payload["biz_opaque_callback_data"] for payload in payloads] == ["5.0.2", "5.1.2"]


@pytest.mark.parametrize("length", [4095, 4096, 4097, 9000])
def test_text_is_split_only_beyond_4096(length):
    payloads = acceptable(render(OutboundMessage("a" * length), TO))
    assert len(payloads) == -(-length // 4096)
    assert sum(len(payload["text"]["body"]) for payload in payloads) == length


def test_text_is_split_at_paragraphs_and_never_inside_a_link_or_number():
    link, phone = "https://example.org/" + "p" * 60, "+31 20 000 00 00"
    text = ("woord " * 675) + link + " " + ("woord " * 660) + phone + "\n\nslot"
    pieces = [payload["text"]["body"] for payload in render(OutboundMessage(text), TO)]
    assert any(link in piece for piece in pieces) and any(phone in piece for piece in pieces)


SIGNS = [*"ab .\n", "é", "ع", "ة", "\u064e", "\u0301", "👍", "🏽", FAMILY, FLAG, "漢", "\u200d"]
TEXTS = st.lists(st.sampled_from(SIGNS), max_size=250).map("".join)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(TEXTS, st.integers(30, 80))
def test_split_loses_nothing_and_keeps_the_limit(text, limit):
    pieces = split(text, limit)
    assert all(0 < size(piece) <= limit for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(TEXTS, st.integers(1, 40))
def test_cut_keeps_the_limit_and_whole_graphemes(text, limit):
    shown = cut(text, limit)
    assert size(shown) <= limit
    if shown != text:
        kept = shown[:-1]
        assert text.startswith(kept)
        clusters = regex.findall(r"\X", text)
        assert kept.rstrip() == "".join(clusters[: len(regex.findall(r"\X", kept))]).rstrip()


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(TEXTS, st.integers(30, 80))
def test_tail_keeps_the_end_within_the_limit(text, limit):
    before, end = tail(text, limit)
    assert size(end) <= limit
    assert "".join((before + end).split()) == "".join(text.split())


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.text(max_size=2500) | TEXTS.map(lambda text: text * 12),
    st.lists(st.tuples(st.text(max_size=60), st.text(max_size=90)), max_size=13),
    st.text(max_size=40),
    st.booleans(),
)
def test_whatever_is_said_meta_would_take(text, options, label, location):
    made = tuple(Button(title, f"/{n}", description) for n, (title, description) in enumerate(options))
    message = OutboundMessage(text, made, list_title=label, request_location=location)
    try:
        payloads = render(message, TO, outbox_id="1")
    except InputError:
        assert not text.strip() or not marks(text)
        return
    acceptable(payloads)
    acceptable([without_taps(payload) if "interactive" in payload else payload for payload in payloads])


def test_location_is_asked_for_with_a_button_and_long_words_go_ahead():
    payloads = acceptable(render(OutboundMessage("woord " * 400, request_location=True), TO))
    assert [payload["type"] for payload in payloads] == ["text", "interactive"]
    assert payloads[1]["interactive"]["action"] == {"name": "send_location"}


def test_payload_of_a_button_is_signed_and_an_id_beyond_200_refused():
    [payload] = render(OutboundMessage("x", buttons("a")), TO, sign_payload=lambda raw: raw + "~seal")
    assert payload["interactive"]["action"]["buttons"][0]["reply"]["id"] == "/b0~seal"
    for signed in ("y" * 201, "", " y"):
        with pytest.raises(InputError):
            render(OutboundMessage("x", buttons("a")), TO, sign_payload=lambda raw, signed=signed: signed)


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("**vet** en *schuin*", "*vet* en *schuin*"),
        ("__vet__ ~~weg~~", "*vet* ~weg~"),
        ("# Kop\ntekst", "*Kop*\ntekst"),
        ("[site](https://example.org/a_b)", "site: https://example.org/a_b"),
        ("[https://example.org](https://example.org)", "https://example.org"),
        ("[bel](tel:+31200000000)", "bel: +31200000000"),
        ("+ een\n• twee", "- een\n- twee"),
        ("`**code**`", "`**code**`"),
        ("2 * 3 * 4 = 24", "2 * 3 * 4 = 24"),
        ("snake_case_name", "snake_case_name"),
    ],
)
def test_markdown_becomes_whatsapps_marks(markdown, shown):
    assert marks(markdown) == shown


@pytest.mark.parametrize("kind", ["image", "video", "document", "audio", "voice", "sticker"])
def test_file_carries_its_caption_where_it_may(kind):
    media = Media(kind, id="9", filename="brief.pdf")
    payloads = acceptable(render(OutboundMessage("kijk", media=media), TO))
    if kind in ("audio", "voice", "sticker"):
        assert [payload["type"] for payload in payloads][1] == "text"
    else:
        assert payloads[0][kind]["caption"] == "kijk"
    if kind == "voice":
        assert payloads[0]["audio"]["voice"] is True


def test_caption_beyond_1024_follows_as_text():
    payloads = acceptable(render(OutboundMessage("a" * 1025, media=Media("image", id="9")), TO))
    assert [payload["type"] for payload in payloads] == ["image", "text"] and "caption" not in payloads[0]["image"]


def test_plain_form_numbers_the_options_and_takes_nothing_away():
    message = as_plain(OutboundMessage("Kies", (Button("Arts", "/a", "zonder afspraak"), Button("Opvang", "/b"))))
    assert message.text == "Kies\n\n1. Arts: zonder afspraak\n2. Opvang" and message.buttons == ()


def test_refused_buttons_under_a_picture_become_its_caption():
    [payload] = render(OutboundMessage("Kies", buttons("Ja"), media=Media("image", id="9")), TO)
    plain = without_taps(payload)
    assert plain["image"] == {"id": "9", "caption": "Kies\n\n1. Ja"} and "interactive" not in plain
    check(plain, lambda _: True)


@pytest.mark.parametrize("echoed", [None, "", "x", "-1", "1.2", "1.2.3.4", "9" * 19, "１２", "1.0.2\n"])
def test_echo_that_is_not_ours_means_nothing(echoed):
    assert read_callback(echoed) is None


def test_echo_names_row_and_part():
    assert read_callback(callback("12")) == (12, 0, 1) and read_callback(callback("12", 1, 3)) == (12, 1, 3)
