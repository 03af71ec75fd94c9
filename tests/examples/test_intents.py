"""The life of a topic: buttons already on phones keep leading somewhere, and every change can be taken back."""

import pytest

from helpline import examples, intents
from helpline.errors import HelplineError, InputError, Refused
from helpline.examples import store


def texts(conn, intent):
    return {one.text for one in store.listed(conn, intent=intent)}


def newest(conn):
    return intents.changes(conn, limit=1)[0].id


def test_merged_topic_gives_its_examples_and_its_buttons(taught):
    with taught.begin() as conn:
        assert intents.merge(conn, "find_shelter", "find_food", None) == 1
        assert "where can I sleep tonight" in texts(conn, "find_food")
        assert intents.redirects(conn) == {"find_shelter": "find_food"}


def test_merging_is_taken_back_whole(taught):
    with taught.begin() as conn:
        intents.merge(conn, "find_shelter", "find_food", None)
        intents.undo(conn, newest(conn), None)
        assert texts(conn, "find_shelter") == {"where can I sleep tonight"}
        assert "where can I sleep tonight" not in texts(conn, "find_food")
        assert intents.redirects(conn) == {}


def test_chain_of_merges_leads_to_its_end(taught):
    with taught.begin() as conn:
        intents.create(conn, "help_daily", "answer", None)
        intents.merge(conn, "find_shelter", "find_food", None)
        intents.merge(conn, "find_food", "help_daily", None)
        assert intents.redirects(conn) == {"find_shelter": "help_daily", "find_food": "help_daily"}


def test_archived_topic_is_not_trained_and_its_buttons_lead_on(taught):
    with taught.begin() as conn:
        intents.archive(conn, "find_shelter", "human_agent", None)
        assert texts(conn, "find_shelter") == set()
        assert intents.redirects(conn) == {"find_shelter": "human_agent"}
        intents.undo(conn, newest(conn), None)
        assert texts(conn, "find_shelter") == {"where can I sleep tonight"}


@pytest.mark.parametrize("intent", ["human_agent", "emergency_violence"])
def test_what_keeps_people_safe_cannot_be_switched_off(taught, intent):
    with taught.begin() as conn:
        intents.ensure(conn, ["emergency_violence"], 0)
    for change in (intents.merge, intents.archive):
        with taught.begin() as conn, pytest.raises(Refused):
            change(conn, intent, "find_food", None)


@pytest.mark.parametrize(
    "name", ["", "x", "Emergency_new", "emergency_fire", "helped_yes", "näme", "a" * 41, "1st", "a__b", "drop table;"]
)
def test_name_that_cannot_stand_on_a_button_is_refused(taught, name):
    with taught.begin() as conn, pytest.raises(InputError):
        intents.create(conn, name, "answer", None)


def test_name_is_there_once(taught):
    with taught.begin() as conn, pytest.raises(InputError):
        intents.create(conn, "find food", "answer", None)


def test_nothing_is_added_to_a_topic_out_of_use(taught):
    with taught.begin() as conn:
        intents.archive(conn, "find_shelter", "human_agent", None)
    with taught.begin() as conn, pytest.raises(InputError):
        examples.add(conn, "find_shelter", "en", ["a roof please"], account_id=None)


def test_moves_removals_and_additions_are_taken_back(taught):
    with taught.begin() as conn:
        one = store.of_text(conn, "en", "is there a food bank in Utrecht")
        examples.move(conn, [one.id], "find_shelter", None)
        intents.undo(conn, newest(conn), None)
        assert one.text in texts(conn, "find_food")
        examples.remove(conn, [one.id], None)
        intents.undo(conn, newest(conn), None)
        assert one.text in texts(conn, "find_food")
        examples.add(conn, "find_food", "en", ["bread"], account_id=None)
        intents.undo(conn, newest(conn), None)
        assert "bread" not in texts(conn, "find_food")


def test_change_is_taken_back_once(taught):
    with taught.begin() as conn:
        examples.add(conn, "find_food", "en", ["bread"], account_id=None)
        change = newest(conn)
        intents.undo(conn, change, None)
    with taught.begin() as conn, pytest.raises(HelplineError):
        intents.undo(conn, change, None)


def test_removed_text_that_is_added_again_comes_back(taught):
    with taught.begin() as conn:
        one = store.of_text(conn, "en", "where can I sleep tonight")
        examples.remove(conn, [one.id], None)
        assert examples.add(conn, "find_food", "en", ["Where can I sleep  tonight"], account_id=None) == [one.id]
        assert one.text in texts(conn, "find_food")
