"""The local table answers about the identity that asks, and about nobody else."""

import datetime as dt

import pytest
import sqlalchemy as sa

from helpline import clock
from helpline.db import schema
from helpline.messages import Identity
from helpline.vouchers import demo, importing, source
from helpline.vouchers.local import LocalTable
from helpline.vouchers.lookup import Outcome, Voucher, found

CSV = """whatsapp_number,registration,last_transaction,last_date,last_amount,balance
31600000101,included,success,2026-01-06,17.50,9.20
31600000102,included,waiting,2026-01-13,17.50,5.00
31600000103,paused,,,,
31600000103,included,,,,
"""


@pytest.fixture
def table(service):
    with service.engine.begin() as conn:
        importing.load(conn, service.vault, CSV)
    return LocalTable(service.engine, service.vault)


def test_the_state_is_that_of_the_number_that_asks(table):
    expected = Voucher(Outcome.FOUND, "local", "included", "success", dt.date(2026, 1, 6), 1750)
    assert table.status(Identity(phone="31600000101")) == expected


def test_an_unknown_number_is_not_found(table):
    assert table.status(Identity(phone="31600000199")) == Voucher(Outcome.NOT_FOUND, "local")


def test_two_registrations_on_one_number_are_ambiguous_and_tell_no_state(table):
    assert table.status(Identity(phone="31600000103")) == Voucher(Outcome.AMBIGUOUS, "local")


def test_without_a_visible_number_nothing_is_claimed_about_the_list(table):
    assert table.status(Identity(bsuid="NL.1349")).outcome is Outcome.CANNOT_CHECK


def test_a_person_without_visible_number_is_found_by_user_id(service, table):
    with service.engine.begin() as conn:
        importing.load(conn, service.vault, "bsuid;registration\nNL.1349;completed\n")
    assert table.status(Identity(bsuid="NL.1349")).registration == "completed"


def test_balance_is_told_for_a_delivered_voucher_only(table):
    assert table.balance(Identity(phone="31600000101"))[1] == 920
    assert table.balance(Identity(phone="31600000102"))[1] is None


def test_number_is_not_kept(service, table):
    with service.engine.connect() as conn:
        rows = conn.execute(sa.select(schema.voucher_registrations)).all()
    assert len(rows) == 4
    assert not any("600000" in str(value) for row in rows for value in row)


def test_an_unreadable_table_cannot_be_checked(service):
    schema.voucher_registrations.drop(service.engine)
    lookup = source.of(service)
    assert lookup.status(Identity(phone="31600000101")) == Voucher(Outcome.CANNOT_CHECK, "local")
    assert source.health(service) == {"source": "local", "answers": False, "fault": "unreadable"}


def test_health_counts_registrations_and_names_nobody(service, table):
    facts = source.health(service)
    assert (facts["source"], facts["answers"], facts["registrations"]) == ("local", True, 4)


@pytest.mark.parametrize("state", ["", "deleted", "INCLUDED", "suspended"])
def test_a_state_we_have_no_text_for_cannot_be_checked(state):
    assert found("121", state, None, None, None).outcome is Outcome.CANNOT_CHECK


def test_facts_for_the_agent_are_short_codes():
    voucher = found("local", "included", "waiting", dt.date(2026, 11, 24), 1705)
    assert voucher.facts() == {
        "registration": "included", "transaction": "waiting", "date": "2026-11-24", "amount": "17.05",
        "source": "local",
    }  # fmt: skip
    assert found("local", "new", None, None, None).facts()["transaction"] == "none"


def test_demo_contacts_have_every_state_and_last_tuesdays_date(service):
    with service.engine.begin() as conn:
        assert demo.ensure_demo(conn, service.vault) == 11
        assert demo.ensure_demo(conn, service.vault) == 0
    lookup = source.of(service)
    states = [lookup.status(Identity(phone=f"316000001{number:02}")) for number in range(1, 13)]
    assert [one.registration for one in states] == [
        "included", "included", None, "paused", "completed", "included", "new", "validated", "declined", "included",
        "included", None,
    ]  # fmt: skip
    assert [one.transaction for one in states[:3]] == ["success", "waiting", None]
    assert (states[2].outcome, states[11].outcome) == (Outcome.NOT_FOUND, Outcome.AMBIGUOUS)
    assert lookup.balance(Identity(phone="31600000101"))[1] == 920
    day = states[0].date
    assert day.weekday() == 1 and 0 <= (clock.today() - day).days < 7


def test_a_list_that_was_imported_is_not_mixed_with_demo_people(service, table):
    with service.engine.begin() as conn:
        assert demo.ensure_demo(conn, service.vault) == 0
