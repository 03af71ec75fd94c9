"""Adding, changing and retiring services: every field explained, nobody's change lost."""

import re

import pytest
import sqlalchemy as sa

from helpline import clock, directory
from helpline.db import schema
from helpline.directory import editing, listing, upload
from helpline.errors import StaleVersion
from tests.conftest import count
from tests.console.conftest import Browser
from tests.console.directory_pages import GOOD, names, put, stored


def test_editor_adds_a_service_that_contacts_can_be_sent_to(service, eva):
    answer = eva.post("/directory/new", **GOOD)
    assert answer.status_code == 303
    with service.engine.connect() as conn:
        found = directory.nearest(conn, "health", 52.37, 4.9)[0].entry
    assert (found.postcode, found.town, found.phones) == ("1012 AB", "Amsterdam", "020-0000000, +31 20 0000001")
    assert found.key.startswith("desk/") and abs(found.latitude - 52.37) < 0.05
    page = eva.get(answer.headers["Location"]).text
    assert "The service is in the directory" in page and "tel:020-0000000" in page


def test_a_form_sent_twice_adds_one_service_and_another_address_a_second(service, eva):
    for address in ("Example street 1", "Example street 1", "Other street 2"):
        eva.post("/directory/new", **{**GOOD, "address": address})
    assert count(service.engine, schema.services) == 2


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("name", " ", "Write the name"), ("name", "x" * 201, "at most 200"), ("kind", "circus", "Choose one"),
        ("audience", "", "Choose one"), ("bring", "gold", "Choose one"), ("phones", "none", "not a phone number: none"),
        ("phones", "12", "not a phone number"), ("website", "http://clinic.example", "not a safe link"),
        ("website", "javascript:alert(1)", "not a safe link"), ("website", "https://bit.ly/x", "hides where"),
        ("hours", "from nine to five", "cannot be read"), ("postcode", "0000", "not a Dutch postcode"),
        ("postcode", "12345", "not a Dutch postcode"), ("postcode", "9712 AA", "not near Amsterdam"),
        ("source", "", "where the facts come from"), ("reviewed_on", "01-11-2026", "not a date"),
        ("reviewed_on", "2999-01-01", "has not come"), ("review_by", "2026-12-24", "when it was last checked"),
        ("latitude", "north", "as numbers"), ("latitude", "nan", "as numbers"),
    ],
)  # fmt: skip
def test_each_wrong_field_is_explained_and_nothing_stored(service, eva, field, typed, said):
    answer = eva.post("/directory/new", **{**GOOD, field: typed})
    assert answer.status_code == 400 and said in answer.text
    assert 'role="alert"' in answer.text and (field == "source" or 'value="made up"' in answer.text)
    assert count(service.engine, schema.services) == 0


@pytest.mark.parametrize(
    ("latitude", "longitude", "said"),
    [
        ("4.9", "52.37", "the wrong way round"), ("50.85", "4.35", "not in the Netherlands"),
        ("52.37", "", "as numbers"),
        ("53.21", "6.56", "far from"), ("inf", "4.9", "not in the Netherlands"), ("0", "0", "not in the Netherlands"),
    ],
)  # fmt: skip
def test_coordinates_must_be_dutch_and_agree_with_the_postcode(eva, latitude, longitude, said):
    answer = eva.post("/directory/new", **{**GOOD, "latitude": latitude, "longitude": longitude})
    assert answer.status_code == 400 and said in answer.text


@pytest.mark.parametrize(
    ("town", "postcode", "said"),
    [("Rijswijk", "", "Rijswijk (NB)"), ("", "", "Write a Dutch town"), ("Brussel", "", "Write a Dutch town")],
)
def test_place_must_be_found_and_be_only_one(eva, town, postcode, said):
    answer = eva.post("/directory/new", **{**GOOD, "town": town, "postcode": postcode})
    assert answer.status_code == 400 and said in answer.text


def test_misspelt_and_foreign_names_of_towns_are_stored_as_the_dutch_write_them(service, eva):
    for typed in ("Utreght", "أوتريخت", "utrecht"):
        eva.post("/directory/new", **{**GOOD, "name": typed, "town": typed, "postcode": ""})
    with service.engine.connect() as conn:
        assert listing.towns(conn) == ["Utrecht"]


def test_looking_first_shows_the_next_opening_and_the_place_and_stores_nothing(service, eva):
    answer = eva.post("/directory/new", **GOOD, do="look")
    assert answer.status_code == 200 and "Nothing is saved yet" in answer.text
    assert (
        re.search("(Open until|Closed, opens|not sure today)", answer.text) and "On the map in Amsterdam" in answer.text
    )
    assert count(service.engine, schema.services) == 0


def test_a_new_postcode_moves_the_pin_unless_somebody_moved_it(service):
    with service.engine.begin() as conn:
        service_id = editing.add(conn, editing.check(GOOD).values)
        before = listing.get_any(conn, service_id)
        typed = editing.as_typed(before)
        moved = editing.check({**typed, "postcode": "9712 AA", "town": "Groningen"}, before)
        assert moved.faults == {} and abs(moved.values["latitude"] - 53.2) < 0.1
        by_hand = editing.check({**typed, "latitude": "52,3801"}, before)
        assert by_hand.values["latitude"] == 52.3801
        assert editing.check(typed, before).values["latitude"] == before.entry.latitude


def test_edited_service_is_left_alone_by_its_list_until_told_to_follow(service, eva):
    with service.engine.begin() as conn:
        directory.apply(conn, directory.plan(conn, upload.read({"list.csv": b"name,kind,town\nOne,food,Utrecht\n"})))
        row = conn.execute(sa.select(schema.services)).one()
    newer = upload.read({"list.csv": b"name,kind,town,phone\nOne,food,Utrecht,030-0000001\n"})
    typed = {**GOOD, "name": "One", "kind": "food", "postcode": "", "town": "Utrecht"}
    assert eva.post(f"/directory/{row.id}/edit", **typed, updated_at=str(row.updated_at)).status_code == 303
    with service.engine.connect() as conn:
        assert [name for _, name in directory.plan(conn, newer).kept] == ["One"]
    eva.post(f"/directory/{row.id}/follow", updated_at=str(stored(service, row.id).updated_at))
    with service.engine.connect() as conn:
        assert len(directory.plan(conn, newer).changed) == 1


def test_stale_form_shows_the_new_values_beside_ones_own_and_then_saves(service, eva, console):
    service_id = put(service)
    seen = str(stored(service, service_id).updated_at)
    noor = Browser(console, "noor")
    assert (
        noor.post(f"/directory/{service_id}/edit", **{**GOOD, "phones": "020-1111111"}, updated_at=seen).status_code
        == 303
    )
    answer = eva.post(f"/directory/{service_id}/edit", **{**GOOD, "phones": "020-2222222"}, updated_at=seen)
    assert answer.status_code == 409
    assert "020-2222222" in answer.text and re.search("Now stored: <b[^>]*>020-1111111", answer.text)
    assert stored(service, service_id).phones == "020-1111111"
    fresh = re.search('name="updated_at" value="(.*?)"', answer.text)[1]
    assert fresh == str(stored(service, service_id).updated_at) != seen
    answer = eva.post(f"/directory/{service_id}/edit", **{**GOOD, "phones": "020-2222222"}, updated_at=fresh)
    assert answer.status_code == 303 and stored(service, service_id).phones == "020-2222222"


def test_two_changes_in_one_second_are_two_versions(service):
    service_id = put(service, updated_at=clock.now() + 5)
    seen = stored(service, service_id).updated_at
    with service.engine.begin() as conn:
        editing.retire(conn, service_id, seen)
        with pytest.raises(StaleVersion):
            editing.bring_back(conn, service_id, seen)
        editing.bring_back(conn, service_id, seen + 1)


def test_retired_service_is_nowhere_and_comes_back(service, eva):
    service_id = put(service)
    with service.engine.connect() as conn:
        assert directory.get(conn, service_id)
    eva.post(f"/directory/{service_id}/retire", updated_at=str(stored(service, service_id).updated_at))
    with service.engine.connect() as conn:
        assert directory.get(conn, service_id) is None
    assert names(eva) == [] and "Checked today" not in eva.get(f"/directory/{service_id}").text
    eva.post(f"/directory/{service_id}/bring-back", updated_at=str(stored(service, service_id).updated_at))
    assert names(eva) == ["Made-up clinic"]
