"""What is said about an example while it is typed."""

import pytest

from helpline import examples
from helpline.examples import checks, store
from helpline.examples.neighbours import Index


@pytest.fixture
def index(taught):
    index = Index()
    index.refresh(taught)
    return index


def kinds(index, text, intent="find_food", language="en"):
    (one,) = checks.check(index, [text], language, intent)
    return [found.kind for found in one.findings]


def test_same_text_in_the_same_topic_is_not_taken(index):
    assert kinds(index, "Is there a food bank in Utrecht?") == ["same_here"]


def test_same_text_in_another_topic_is_shown_with_its_neighbour(index):
    (one,) = checks.check(index, ["where can I sleep tonight?"], "en", "find_food")
    assert one.stops
    assert [(f.kind, f.neighbour.intent, f.neighbour.text) for f in one.findings] == [
        ("same_elsewhere", "find_shelter", "where can I sleep tonight")
    ]


def test_near_repeat_of_another_topic_is_said_and_stops_nobody(index):
    (one,) = checks.check(index, ["where can I sleep tonigth please"], "en", "find_food")
    (found,) = one.findings
    assert (found.kind, found.stops) == ("near_elsewhere", False)
    assert 0.72 <= found.neighbour.likeness < 1


def test_another_question_has_nothing_in_its_way(index):
    assert kinds(index, "do you know a kitchen that gives soup to families") == []


def test_same_words_in_another_language_are_no_repeat(index):
    assert kinds(index, "is there a food bank in Utrecht", language="nl") == ["language"]


@pytest.mark.parametrize("text", ["call me on 06 12345678", "my v-number is 1234567890", "mail me at a.b@mail.nl"])
def test_what_leads_to_a_person_is_not_taken(index, text):
    assert "personal" in kinds(index, text)


@pytest.mark.parametrize(("text", "kind"), [("...", "empty"), ("word " * 200, "long")])
def test_what_teaches_nothing_is_not_taken(index, text, kind):
    assert kinds(index, text) == [kind]


def test_wrong_language_is_said(index):
    assert "language" in kinds(index, "waar kan ik vandaag met mijn kinderen gratis eten krijgen")


def test_line_that_stands_there_twice_is_said(index):
    first, second = checks.check(index, ["soup kitchen for a family", "Soup kitchen for a family?"], "en", "find_food")
    assert [f.kind for f in first.findings] == []
    assert [f.kind for f in second.findings] == ["twice"]


def test_pasted_list_becomes_lines_without_bullets():
    assert checks.lines("- one two\n\n • three\r\n   * four  ") == ["one two", "three", "four"]


def test_index_sees_what_colleagues_add_move_and_remove(taught, index):
    with taught.begin() as conn:
        (added,) = examples.add(conn, "find_food", "en", ["hungry and no money for bread"], account_id=None)
    index.refresh(taught)
    assert kinds(index, "hungry and no money for bread") == ["same_here"]
    with taught.begin() as conn:
        examples.move(conn, [added], "find_shelter", None)
    index.refresh(taught)
    assert kinds(index, "hungry and no money for bread") == ["same_elsewhere"]
    with taught.begin() as conn:
        examples.remove(conn, [added], None)
    index.refresh(taught)
    assert kinds(index, "hungry and no money for bread") == []


def test_truly_different_examples_are_counted(taught, index):
    assert index.different() == {("find_food", "en"): 2, ("find_food", "nl"): 1, ("find_shelter", "en"): 1}
    with taught.begin() as conn:
        examples.add(conn, "find_shelter", "en", ["Where can I sleep tonight, please?"], account_id=None)
    index.refresh(taught)
    assert index.different()["find_shelter", "en"] == 1


def test_arabic_is_found_in_every_spelling(taught):
    with taught.begin() as conn:
        examples.add(conn, "find_food", "ar", ["أريد طعاما وإقامة"], account_id=None)
    index = Index()
    index.refresh(taught)
    assert [one.language for one in index.search("اقامه")] == ["ar"]
    assert [one.text for one in index.search("BANK utrecht")] == ["is there a food bank in Utrecht"]
    assert index.search("") == []


def test_example_of_an_archived_topic_is_no_neighbour(taught):
    from helpline import intents

    with taught.begin() as conn:
        intents.archive(conn, "find_shelter", "human_agent", None)
    index = Index()
    index.refresh(taught)
    assert kinds(index, "where can I sleep tonight") == []
    with taught.begin() as conn:
        intents.restore(conn, "find_shelter", None)
        assert store.of_text(conn, "en", "where can I sleep tonight") is not None
    index.refresh(taught)
    assert kinds(index, "where can I sleep tonight") == ["same_elsewhere"]
