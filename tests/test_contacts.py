"""Who wrote: phone, user id, both, and how they change."""

import pytest
import sqlalchemy as sa

from helpline import clock, contacts
from helpline.db import schema
from helpline.errors import InputError
from helpline.messages import Identity, IdentityChange
from tests.people import AMINA, BASHIR, NO_PHONE


def _identify(service, identity):
    with service.engine.begin() as conn:
        return contacts.identify(conn, service.vault, identity)


def test_same_phone_is_same_contact(service):
    assert _identify(service, AMINA) == _identify(service, AMINA) != _identify(service, BASHIR)


def test_contact_without_phone_is_a_contact_like_any_other(service):
    contact_id = _identify(service, NO_PHONE)
    with service.engine.connect() as conn:
        assert contacts.address(conn, service.vault, contact_id) == Identity(bsuid=NO_PHONE.bsuid)


def test_nobody_is_refused_rather_than_merged(service):
    with pytest.raises(InputError, match="nobody"):
        _identify(service, Identity(name="Amina"))


def test_user_id_first_and_phone_later_join_one_contact(service):
    first = _identify(service, Identity(bsuid="NL.1"))
    assert _identify(service, Identity(phone="31600000009", bsuid="NL.1")) == first
    assert _identify(service, Identity(phone="31600000009")) == first


def test_two_contacts_are_never_merged(service):
    by_phone, by_id = _identify(service, AMINA), _identify(service, Identity(bsuid="NL.2"))
    assert _identify(service, Identity(phone=AMINA.phone, bsuid="NL.2")) == by_phone
    assert _identify(service, Identity(bsuid="NL.2")) == by_id


def test_changed_number_leads_to_the_same_contact_and_the_old_one_no_longer(service):
    contact_id = _identify(service, AMINA)
    change = IdentityChange("1", "wamid.s", "number", Identity(phone=AMINA.phone), Identity(phone="31600000077"))
    with service.engine.begin() as conn:
        assert contacts.change_identity(conn, service.vault, change) == contact_id
    assert _identify(service, Identity(phone="31600000077")) == contact_id
    assert _identify(service, AMINA) != contact_id


def test_changed_user_id_leads_to_the_same_contact(service):
    contact_id = _identify(service, NO_PHONE)
    change = IdentityChange("1", "wamid.s", "user_id", Identity(bsuid=NO_PHONE.bsuid), Identity(bsuid="NL.99"))
    with service.engine.begin() as conn:
        contacts.change_identity(conn, service.vault, change)
        contacts.change_identity(conn, service.vault, change)
    assert _identify(service, Identity(bsuid="NL.99")) == contact_id


def test_no_number_stands_in_the_database_in_the_clear(service):
    _identify(service, AMINA)
    with service.engine.connect() as conn:
        rows = conn.execute(sa.select(schema.contact_identities)).all() + conn.execute(sa.select(schema.contacts)).all()
    assert "31600000001" not in repr(rows)


def test_sender_id_changes_after_thirty_idle_minutes_and_after_thirty_turns(service):
    contact_id = _identify(service, AMINA)
    with service.engine.begin() as conn:
        first = contacts.begin_turn(conn, contact_id)
        assert contacts.begin_turn(conn, contact_id) == first
        clock.shift(31 * 60)
        second = contacts.begin_turn(conn, contact_id)
        assert second != first
        ids = {contacts.begin_turn(conn, contact_id) for _ in range(29)}
        assert ids == {second}
        assert contacts.begin_turn(conn, contact_id) != second
    assert contacts.of_sender(first) == contact_id


def test_alias_is_neutral(service):
    contact_id = _identify(service, AMINA)
    with service.engine.connect() as conn:
        alias = contacts.get(conn, contact_id).alias
    assert len(alias.split()) == 3 and "Amina" not in alias
