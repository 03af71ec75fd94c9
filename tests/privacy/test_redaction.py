"""Numbers that lead to a person are taken out before a message is stored; ordinary sentences stay whole."""

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from helpline import inbox, redaction
from helpline.db import schema
from helpline.messages import Location, Media
from helpline.vouchers import typed
from tests.people import message, write


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("my bsn is 123456782", ("bsn",)),
        ("1234.56.782", ("bsn",)),
        ("1 2 3 4 5 6 7 8 2", ("bsn",)),
        ("١٢٣٤٥٦٧٨٢", ("bsn",)),
        ("۱۲۳۴۵۶۷۸۲", ("bsn",)),
        ("１２３４５６７８２", ("bsn",)),
        ("1\u200b23456782", ("bsn",)),
        ("BSN: 123456789", ("bsn",)),
        ("sofi 12345678", ("bsn",)),
        ("V-nummer 271.234.5678", ("v_number",)),
        ("mijn v nummer: 2712345678", ("v_number",)),
        ("2712345678", ("v_number",)),
        ("NL91 ABNA 0417 1643 00", ("iban",)),
        ("nl91abna0417164300", ("iban",)),
        ("NL00INGB0001234567", ("iban",)),
        ("GB82 WEST 1234 5698 7654 32", ("iban",)),
        ("DE89370400440532013000 is van mij", ("iban",)),
        ("passport AB1234567", ("document",)),
        ("NXHD12345", ("document",)),
        ("paspoortnummer: SPECI2014", ("document",)),
        ("جواز سفر A1234567", ("document",)),
        ("passeport n° 12AB34567", ("document",)),
        ("P<NLDDE<BRUIJN<<WILLEKE<LISELOTTE<<<<<<<<<<<", ("document",)),
        ("4111 1111 1111 1111", ("card",)),
        ("call me 06-12345678", ("phone",)),
        ("+31 6 12345678", ("phone",)),
        ("0031612345678", ("phone",)),
        ("+212 6 12 34 56 78", ("phone",)),
        ("mail jan.jansen@example.com", ("email",)),
        ("bsn 123456782 en tel 0612345678", ("bsn", "phone")),
    ],
)
def test_what_leads_to_a_person_is_found_and_gone(text, kinds):
    left, found = redaction.mask(text)
    assert found == kinds
    assert redaction.find(left) == []
    assert sum(c.isdecimal() for c in redaction.MARK.sub("", left)) < 4


@pytest.mark.parametrize(
    "text",
    [
        "I have 3 children and live in Utrecht",
        "112",
        "0800-2000",
        "0900 1234567",
        "call the doctor at 020 1234567",
        "born on 12-03-1990",
        "1990-03-12 and 2026-11-24 10:00",
        "24 11 2026 13 12 2026",
        "in 2024, 2025, 2026",
        "I paid € 1.234.567 or 250 euro",
        "open from 10.00 to 12.00 and 14:30 to 15:30",
        "1012 AB Amsterdam",
        "covid19 vaccine",
        "my number is 31",
        "write to info@example.org",
        "7a9i9a 3andi mochkil",
        "the second of 10 people in room 12345",
    ],
)
def test_ordinary_sentences_stay_as_they_are(text):
    assert redaction.mask(text) == (text, ())


@pytest.mark.parametrize(
    ("digits", "right"), [("123456782", True), ("111222333", True), ("123456789", False), ("000000000", False)]
)
def test_eleven_test(digits, right):
    assert redaction.passes_eleven(digits) is right


@given(st.text(alphabet="0123456789 .-+()ABxyz@<\u200b١٢٣NL", max_size=120))
def test_masking_twice_is_masking_once_and_never_fails(text):
    left, _ = redaction.mask(text)
    again, found = redaction.mask(left)
    assert again == left and found == ()


def stored(service, received):
    """What the database holds of a message, opened."""
    with service.engine.begin() as conn:
        write(conn, service, received)
        sealed = conn.execute(sa.select(schema.inbox.c.body_sealed).order_by(schema.inbox.c.id.desc())).scalar()
    return service.vault.open(sealed), inbox.unpack(service.vault.open(sealed))


def test_a_number_is_not_stored_even_sealed(service):
    body, kept = stored(service, message("my bsn is 123456782, can you help?"))
    assert "123456782" not in str(body)
    assert kept.details["redacted"] == ["bsn"] and redaction.is_grave(kept)
    assert kept.text == "my bsn is [■1], can you help?"


def test_a_photo_that_says_it_is_a_passport_is_dropped_and_another_is_kept(service):
    passport = Media("image", id="77", caption="my passport", mime_type="image/jpeg")
    _, kept = stored(service, message("my passport", kind="image", deliver="media", media=(passport,)))
    assert kept.media[0].id is None and kept.details["redacted"] == ["document"]
    scan = Media("document", id="78", filename="paspoort_Jan_Jansen.pdf")
    body, kept = stored(service, message(None, kind="document", deliver="media", media=(scan,)))
    assert kept.media[0].id is None and "Jansen" not in str(body) and kept.media[0].filename == "file.pdf"
    letter = Media("document", id="79", filename="brief IND.pdf")
    _, kept = stored(service, message(None, kind="document", deliver="media", media=(letter,)))
    assert kept.media[0].id == "79" and kept.media[0].filename == "file.pdf"


def test_a_voice_note_is_never_taken_for_a_document(service):
    voice = Media("voice", id="80")
    _, kept = stored(service, message("passport", kind="voice", deliver="media", media=(voice,)))
    assert kept.media[0].id == "80"


def test_an_address_book_entry_leaves_only_that_there_was_one(service):
    card = {"name": "Fatima Tuinman", "phones": ["+31 6 11112222"], "wa_ids": ["31611112222"]}
    body, kept = stored(service, message(None, kind="contacts", deliver="contacts", details={"contacts": [card]}))
    assert "Fatima" not in str(body) and "1111" not in str(body) and kept.details["people"] == 1


def test_numbers_hidden_in_forms_and_places_are_found_too(service):
    details = {"form": {"bsn": "123456782", "more": ["NL91ABNA0417164300"], "original_message_id": "wamid.123456782"}}
    _, kept = stored(service, message("x", details=details))
    assert kept.details["form"]["bsn"] == "[■1]" and kept.details["form"]["more"] == ["[■3]"]
    assert kept.details["form"]["original_message_id"] == "wamid.123456782"
    _, pinned = stored(service, message(None, kind="location", deliver="location", location=Location(52.1, 5.1)))
    assert pinned.location is not None


def test_a_typed_number_is_still_not_looked_up_after_it_was_taken_out():
    left, _ = redaction.mask("look up 0612345678 for my voucher")
    assert typed.names_someone(left)


@pytest.mark.parametrize(
    ("text", "alone"),
    [("123456782", True), ("BSN: 123456782", True), ("123456782 help me", False), ("0612345678", False)],
)
def test_only_a_number_needs_only_the_warning(text, alone):
    assert redaction.only_grave(redaction.mask(text)[0]) is alone


@pytest.mark.parametrize("text", ["Kerkstraat 12", "ik woon Lange Nieuwstraat 12a", "rue de la Paix 12", "3512 LK"])
def test_a_street_with_a_number_should_not_be_written_down(text):
    assert "address" in redaction.to_avoid(text)


@pytest.mark.parametrize("text", ["call 0800-2000", "in 2024 en 2025", "we open at 10"])
def test_other_words_may(text):
    assert redaction.to_avoid(text) == ()
