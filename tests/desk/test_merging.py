"""Two contacts who are one person: joined with a reason, answered at the newer number, parted again within a day."""

import pytest
import sqlalchemy as sa

from helpline import cases, clock, contacts, inbox, merging, replies
from helpline.db import schema
from helpline.errors import InputError, Refused
from helpline.messages import Identity, OutboundMessage
from tests.people import agent, message, write

OLD, NEW = Identity(phone="31600000001"), Identity(phone="31600000009")
NAMED = Identity(bsuid="NL.13491208655302741918", username="zonder_nummer")


def finish_all(conn, service):
    for received in inbox.claim(conn, service.vault, 20):
        inbox.finish(conn, service.vault, received, "told", language="en", case_id=None)


@pytest.fixture
def two(service):
    """A contact with a case, and a newer one of the same person; their ids and the case's."""
    with service.engine.begin() as conn:
        old = write(conn, service, message("my first question", sender=OLD))
        clock.shift(60)
        new = write(conn, service, message("this is my new phone", sender=NEW))
        finish_all(conn, service)
        case_id, _ = cases.open_case(conn, service.vault, old, "asked", language="fr")
        return old, new, case_id, agent(conn)


def owners(conn, table):
    return [row[0] for row in conn.execute(sa.select(table.c.contact_id).order_by(table.c.id))]


def test_joined_contact_is_answered_where_they_wrote_last_and_reads_as_one(service, two):
    old, new, case_id, me = two
    with service.engine.begin() as conn:
        merging.merge(conn, service.vault, case_id, new, me, "she wrote it from both phones")
        assert owners(conn, schema.inbox) == [old, old]
        assert contacts.address(conn, service.vault, old).phone == NEW.phone
        assert contacts.identify(conn, service.vault, NEW) == old
        cases.claim(conn, case_id, me)
        assert replies.reply(conn, service.vault, case_id, me, OutboundMessage("hello"), "k1")


def test_the_old_number_no_longer_leads_to_the_person(service, two):
    _, new, case_id, me = two
    with service.engine.begin() as conn:
        merging.merge(conn, service.vault, case_id, new, me, "she wrote it from both phones")
        assert contacts.identify(conn, service.vault, OLD) == new, "whoever has it now is not shown her talk"


def test_a_username_joins_a_number_and_both_lead_to_one(service, two):
    old, _, case_id, me = two
    with service.engine.begin() as conn:
        named = write(conn, service, message("no number", sender=NAMED))
        finish_all(conn, service)
        merging.merge(conn, service.vault, case_id, named, me, "told us so by phone")
        address = contacts.address(conn, service.vault, old)
    assert (address.phone, address.bsuid) == (OLD.phone, NAMED.bsuid)


def test_it_is_undone_within_a_day_and_everything_is_where_it_was(service, two):
    _, new, case_id, me = two
    with service.engine.begin() as conn:
        tables = (schema.inbox, schema.contact_identities, schema.cases)
        before = [owners(conn, table) for table in tables]
        merging.merge(conn, service.vault, case_id, new, me, "she wrote it from both phones")
        merging.split(conn, service.vault, case_id, me)
        assert [owners(conn, table) for table in tables] == before
        assert contacts.address(conn, service.vault, new).phone == NEW.phone
        kinds = [row.kind for row in conn.execute(sa.select(schema.looks.c.kind).order_by(schema.looks.c.id))]
    assert kinds == ["merged", "split"]


def test_after_a_day_it_stands(service, two):
    _, new, case_id, me = two
    with service.engine.begin() as conn:
        merging.merge(conn, service.vault, case_id, new, me, "she wrote it from both phones")
    clock.shift(merging.UNDO_SECONDS + 1)
    with pytest.raises(Refused, match="merge_late"), service.engine.begin() as conn:
        merging.split(conn, service.vault, case_id, me)


def test_two_open_cases_and_messages_on_their_way_are_not_joined(service, two):
    _, new, case_id, me = two
    with service.engine.begin() as conn:
        cases.open_case(conn, service.vault, new, "asked")
    with pytest.raises(Refused, match="two_open"), service.engine.begin() as conn:
        merging.merge(conn, service.vault, case_id, new, me, "she wrote it from both phones")
    with service.engine.begin() as conn:
        third = write(conn, service, message("just now", sender=NAMED))
    with pytest.raises(Refused, match="busy"), service.engine.begin() as conn:
        merging.merge(conn, service.vault, case_id, third, me, "she wrote it from both phones")


def test_it_needs_a_reason_and_another_contact(service, two):
    old, new, case_id, me = two
    with pytest.raises(InputError), service.engine.begin() as conn:
        merging.merge(conn, service.vault, case_id, new, me, " ")
    with pytest.raises(InputError), service.engine.begin() as conn:
        merging.merge(conn, service.vault, case_id, old, me, "the same, surely")
    with pytest.raises(InputError), service.engine.begin() as conn:
        merging.merge(conn, service.vault, case_id, "nobody", me, "she wrote it from both phones")
