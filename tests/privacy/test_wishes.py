"""What a contact may ask for, at any time: stop, delete, export; and what is taken out of what they sent."""

import pytest
import sqlalchemy as sa

from helpline import (
    cases,
    clock,
    contacts,
    exports,
    inbox,
    looks,
    outbox,
    privacy,
    replies,
    turn,
)
from helpline.content import SPOKEN
from helpline.db import schema
from helpline.db.columns import metadata
from helpline.errors import InputError
from helpline.messages import Author, OutboundMessage
from helpline.routing import ERASE_NO, ERASE_YES
from tests.conftest import count
from tests.people import AMINA, BASHIR, message, tap, write
from tests.privacy.rows import fill
from tests.privacy.turns import ANSWER, in_case, say, sent


@pytest.mark.parametrize("word", ["delete", "Verwijder!", "Supprimer", "حذف", "borrar", "Apagar."])
def test_the_word_of_the_notice_asks_before_it_deletes_also_in_mid_case(service, word):
    contact_id, case_id, _ = in_case(service)
    say(service, message(word))
    asked = sent(service, contact_id)[-1]
    assert {button.payload for button in asked.buttons} == {ERASE_YES, ERASE_NO}
    with service.engine.connect() as conn:
        assert cases.get(conn, case_id).state == "active"


def test_confirmed_in_mid_case_everything_goes_at_once(service):
    contact_id, case_id, _ = in_case(service)
    say(service, tap(service.vault.sign_payload(ERASE_YES), "Yes, delete"))
    for table in (schema.cases, schema.notes, schema.drafts, schema.case_events, schema.trackers):
        assert count(service.engine, table) == 0, table.name
    [only] = sent(service, contact_id, ("queued", "held", "sent", "sending"))
    assert "We cannot delete" in only.text and "WhatsApp" in only.text and "voucher" in only.text
    with service.engine.begin() as conn:
        assert looks.was_erased(conn, case_id)
        kept = [service.vault.open(row.body_sealed) for row in conn.execute(sa.select(schema.inbox.c.body_sealed))]
        assert "Amina" not in str(kept)
        # A reply that was being sent has lost its row: the worker cannot go on with it.
        assert outbox.claim(conn, service.vault, 10)[0].message.text == only.text


def test_the_identity_goes_an_hour_later_and_nothing_is_left_in_any_table(service):
    contact_id, _, _ = in_case(service)
    say(service, tap(service.vault.sign_payload(ERASE_YES), "Yes, delete"))
    clock.shift(3601)
    with service.engine.begin() as conn:
        assert privacy.finish_erasures(conn, service.vault) == 1
    for table in metadata.sorted_tables:
        if "contact_id" in table.c or table.name == "contacts":
            assert count(service.engine, table) == 0, table.name
    with service.engine.connect() as conn:
        assert not contacts.exists(conn, contact_id)


def test_deletion_leads_nowhere_from_any_table_that_is_added_later(service):
    with service.engine.begin() as conn:
        made = fill(conn, service.vault)
        privacy.erase(conn, service.vault, made["contacts"]["id"])
        for table in metadata.sorted_tables:
            if "contact_id" in table.c:
                query = sa.select(sa.func.count()).select_from(table)
                assert conn.execute(query.where(table.c.contact_id == made["contacts"]["id"])).scalar() == 0, table.name
        assert conn.execute(sa.select(sa.func.count()).select_from(schema.cases)).scalar() == 0


def test_no_to_the_question_keeps_everything(service):
    contact_id, case_id, _ = in_case(service)
    say(service, tap(service.vault.sign_payload(ERASE_NO), "No, keep"))
    assert "did not delete" in sent(service, contact_id)[-1].text
    with service.engine.connect() as conn:
        assert cases.get(conn, case_id).state == "active"


def test_an_answer_begun_before_the_deletion_is_not_sent_after_it(service):
    with service.engine.begin() as conn:
        contact_id = write(conn, service, message("can I see a doctor?"))
        [taken] = inbox.claim(conn, service.vault, 1)
        begun = turn.begin(conn, service, taken)
        privacy.erase_soon(conn, service.vault, contact_id, keep_inbox_id=taken.id)
    with service.engine.begin() as conn:
        turn.end(conn, service, begun, ANSWER)
    assert not [one for one in sent(service, contact_id) if "doctor must" in one.text]


def test_after_stop_nothing_goes_out_until_they_write_again(service):
    contact_id = say(service, message("stop"))
    with service.engine.begin() as conn:
        for kind in ("reminder", "survey", "answer"):
            state = outbox.put(
                conn, service.vault, contact_id, OutboundMessage("How was it?"), author=Author.SYSTEM, kind=kind,
                once_key=kind,
            )  # fmt: skip
            assert state == "suppressed"
    say(service, message("hello, I am back"))
    assert sent(service, contact_id)[-1].text.startswith("A doctor must see you.")


@pytest.mark.parametrize("language", SPOKEN)
def test_whoever_sends_an_id_number_is_told_to_delete_it_in_their_language(service, language):
    with service.engine.begin() as conn:
        contact_id = write(conn, service, message("hi"))
        contacts.speak(conn, contact_id, language, chosen=True)
        [taken] = inbox.claim(conn, service.vault, 1)
        inbox.finish(conn, service.vault, taken, "answered", language=language, case_id=None)
    say(service, message("123456782"))
    warning = service.answers.get("utter_document_warning", language).text
    assert warning in sent(service, contact_id)[-1].text


def test_the_warning_comes_with_the_answer_and_in_a_case_nobody_has_taken(service):
    contact_id = say(service, message("my bsn is 123456782, can I see a doctor?"))
    text = sent(service, contact_id)[-1].text
    assert "Delete them from this chat" in text and text.endswith("A doctor must see you.")
    with service.engine.begin() as conn:
        cases.open_case(conn, service.vault, contact_id, "asked", language="en")
    say(service, message("it is 123456782"))
    assert "Delete them from this chat" in sent(service, contact_id)[-1].text


def test_an_agent_in_the_conversation_is_not_talked_over(service):
    contact_id, _, _ = in_case(service)
    before = len(sent(service, contact_id))
    say(service, message("my bsn is 123456782"))
    assert len(sent(service, contact_id)) == before


def test_export_holds_everything_of_one_person_and_nothing_of_another(service):
    contact_id, _, _ = in_case(service)
    with service.engine.begin() as conn:
        write(conn, service, message("I am Bashir and nobody else", sender=BASHIR))
        gathered = exports.gather(conn, service.vault, contact_id)
        lines = exports.talk(conn, service.vault, contact_id)
    text = exports.as_json(gathered)
    for word in ("My name is Amina", "Hello Amina", "lives with her aunt", AMINA.phone):
        assert word in text, word
    assert "Bashir" not in text and BASHIR.phone not in text and "gAAAA" not in text
    assert {"contacts", "contact_identities", "inbox", "outbox", "cases", "case_events", "notes", "drafts"} <= set(
        gathered["tables"]
    )
    assert [line.text for line in lines if line.by_contact] == ["My name is Amina and I live at my aunt's"]


def test_export_reaches_every_table_that_leads_to_a_contact(service):
    with service.engine.begin() as conn:
        made = fill(conn, service.vault)
        gathered = exports.gather(conn, service.vault, made["contacts"]["id"])
    leading = {table.name for table in metadata.sorted_tables if "contact_id" in table.c}
    of_cases = {
        table.name for table in metadata.sorted_tables for key in table.foreign_keys if key.column.table.name == "cases"
    }
    assert leading | of_cases <= set(gathered["tables"])


@pytest.mark.parametrize("asked", ["31600000001", "+31 6 00000001", "0600000001", "0031600000001"])
def test_a_person_is_found_by_their_number_however_it_is_written(service, asked):
    contact_id, case_id, _ = in_case(service)
    with service.engine.connect() as conn:
        assert exports.find(conn, service.vault, asked) == contact_id
        assert exports.find(conn, service.vault, str(case_id)) == contact_id
        assert exports.find(conn, service.vault, contact_id) == contact_id
        for nobody in ("", "31699999999", "999", "' or 1=1", "x" * 32):
            with pytest.raises(InputError):
                exports.find(conn, service.vault, nobody)


def test_numbers_in_notes_and_in_closed_cases_are_masked(service):
    _, case_id, me = in_case(service)
    with service.engine.begin() as conn:
        replies.note(conn, service.vault, case_id, me, "her BSN is 123456782")
        replies.reply(conn, service.vault, case_id, me, OutboundMessage("Your IBAN NL91ABNA0417164300 is right"), "r2")
        conn.execute(sa.update(schema.outbox).values(state="delivered"))
        cases.close(conn, case_id, me, "answered")
        assert privacy.mask_case(conn, service.vault, case_id) == 1
        notes = [service.vault.open(row.body_sealed) for row in conn.execute(sa.select(schema.notes.c.body_sealed))]
    assert "her BSN is [■1]" in notes
    with service.engine.begin() as conn:
        everything = str(
            [service.vault.open(row.body_sealed) for row in conn.execute(sa.select(schema.outbox.c.body_sealed))]
        )
    assert "0417164300" not in everything


def test_discarding_a_photo_takes_it_away_and_tells_the_person(service):
    contact_id, case_id, me = in_case(service)
    with service.engine.begin() as conn:
        [first] = conn.execute(sa.select(schema.inbox.c.id)).all()
        privacy.discard(conn, service, case_id, me, first.id)
        privacy.discard(conn, service, case_id, me, first.id)
        kept = inbox.unpack(service.vault.open(conn.execute(sa.select(schema.inbox.c.body_sealed)).scalar()))
    assert kept.text is None and kept.details["discarded"]
    assert ["We deleted what you sent" in one.text for one in sent(service, contact_id)].count(True) == 1


def test_only_the_holder_discards_and_only_in_their_case(service):
    _, case_id, me = in_case(service)
    with service.engine.begin() as conn:
        other = write(conn, service, message("hello", sender=BASHIR))
        theirs = conn.execute(sa.select(schema.inbox.c.id).where(schema.inbox.c.contact_id == other)).scalar()
        with pytest.raises(InputError):
            privacy.discard(conn, service, case_id, me, theirs)
        with pytest.raises(Exception, match="Sara"):
            privacy.discard(conn, service, case_id, me + 1, theirs)
