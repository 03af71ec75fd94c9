"""Whatever 121 answers: a row of another number is never ours, and what cannot be read is never guessed."""

import copy

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpline.vouchers.rows121 import Unreadable, cents, newest_transaction, registrations
from tests.vouchers.platform_double import payment, person

PHONE, OTHER = "31600000101", "31600000102"
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from([PHONE, OTHER]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
numbers = st.sampled_from([PHONE, OTHER, "", None, "+31 600000101", "0600000101", 31600000101])


@st.composite
def rows(draw):
    """Rows like 121's with some fields replaced by anything."""
    made = []
    for number in range(draw(st.integers(0, 4))):
        row = person(number + 1, whatsapp="x") | {"whatsappPhoneNumber": draw(numbers), "phoneNumber": draw(numbers)}
        for field in draw(st.sets(st.sampled_from(["id", "status", "programId", "referenceId"]), max_size=1)):
            row[field] = draw(anything)
        made.append(row)
    return made


@unhurried
@given(rows())
def test_only_rows_of_the_number_itself_are_taken(body):
    try:
        found = registrations(copy.deepcopy(body), PHONE, "2")
    except Unreadable:
        return
    written = {PHONE, "+31 600000101", 31600000101}
    for one in found:
        row = next(row for row in body if type(row["id"]) is int and row["id"] == one.id)
        nobody_else = row["whatsappPhoneNumber"] in ("", None) and row["phoneNumber"] in written
        assert row["whatsappPhoneNumber"] in written or nobody_else
        assert str(row["programId"]) == "2" and one.status != "deleted"


@unhurried
@given(anything)
def test_anything_instead_of_a_list_of_rows_is_unreadable_or_empty(body):
    try:
        assert registrations(body, PHONE, "2") == []
    except Unreadable:
        pass


@unhurried
@given(anything, st.sampled_from(["paymentDate", "updatedDate", "amount", "status", "paymentId", "transactionId"]))
def test_any_value_in_a_payment_is_read_or_unreadable(value, name):
    broken = payment("success")
    broken["attributes"][name] = value
    try:
        read = newest_transaction({"meta": {"availableTypes": ["transaction"]}, "data": [broken]})
    except Unreadable:
        return
    assert read is not None and 0 <= read.amount_cents <= 1_000_000


@unhurried
@given(anything, anything, anything)
def test_any_activities_are_read_or_unreadable(meta, data, attributes):
    allowed = {"availableTypes": ["transaction"]}
    odd = [{"type": "transaction", "attributes": attributes}]
    for body in (meta, {"meta": meta, "data": data}, {"meta": allowed, "data": data}, {"meta": allowed, "data": odd}):
        try:
            assert newest_transaction(body) is None
        except Unreadable:
            pass


@pytest.mark.parametrize(
    "value", ["1e999998", "9" * 5000, "NaN", "Infinity", float("nan"), "-0.01", "10000.01", [], {}]
)
def test_an_absurd_amount_is_unreadable(value):
    with pytest.raises(Unreadable):
        cents(value)


@pytest.mark.parametrize("when", ["0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59Z", "2026-02-24", "0"])
def test_an_absurd_date_is_unreadable_or_a_day(when):
    try:
        read = newest_transaction(
            {"meta": {"availableTypes": ["transaction"]}, "data": [payment("success", paid=when)]}
        )
    except Unreadable:
        return
    assert read is not None and read.date.isoformat() == "2026-02-24"
