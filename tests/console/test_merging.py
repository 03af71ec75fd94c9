"""Joining contacts is a page for coordinators, found by alias, with a way back."""

from helpline import cases, contacts, inbox
from helpline.messages import Identity
from tests.console.conftest import Browser
from tests.people import message, write


def test_a_coordinator_joins_by_alias_and_undoes_it(service, console, case_id):
    with service.engine.begin() as conn:
        other = write(conn, service, message("new phone", sender=Identity(phone="31600000077")))
        for received in inbox.claim(conn, service.vault, 20):
            inbox.finish(conn, service.vault, received, "told", language="en", case_id=None)
        alias = contacts.get(conn, other).alias
        kept = cases.get(conn, case_id).contact_id
    noor = Browser(console, "noor")
    page = noor.get(f"/cases/{case_id}/same-person?alias={alias}")
    assert page.status_code == 200 and other in page.text
    assert noor.post(f"/cases/{case_id}/same-person", other=other, reason="").status_code == 400
    assert noor.post(f"/cases/{case_id}/same-person", other=other, reason="told us so").status_code == 303
    with service.engine.begin() as conn:
        assert contacts.identify(conn, service.vault, Identity(phone="31600000077")) == kept
    assert noor.post(f"/cases/{case_id}/not-the-same-person").status_code == 303
    assert noor.post(f"/cases/{case_id}/not-the-same-person").status_code == 409


def test_an_agent_may_not(sara, case_id):
    assert sara.get(f"/cases/{case_id}/same-person").status_code == 403
    assert sara.post(f"/cases/{case_id}/same-person", other="x", reason="because").status_code == 403
