"""Editors teach, read, ask, train and publish in the console; each role sees what it may, and nobody more."""

import re

import pytest
import sqlalchemy as sa

from helpline import cases, examples, intents, lessons
from helpline.db import schema
from helpline.examples import store
from helpline.releases import publishing, queue
from tests.console.conftest import Browser, console  # noqa: F401 - a fixture
from tests.people import message, write
from tests.releases.test_publishing import LOST


@pytest.fixture
def who(content, console):  # noqa: F811
    """A signed-in browser by username, each once."""
    known: dict[str, Browser] = {}

    def browser(username: str) -> Browser:
        if username not in known:
            known[username] = Browser(console, username)
        return known[username]

    return browser


@pytest.fixture
def eva(who):
    """An editor who may publish."""
    return who("eva")


def texts(service, intent):
    with service.engine.begin() as conn:
        return {one.text for one in store.listed(conn, intent=intent)}


def test_matrix_shows_every_topic_and_marks_those_with_few_examples(eva):
    page = eva.get("/intents").text
    assert page.count('<th scope="row">') == 4
    assert 'class="few"' in page
    assert "fewer than 10 truly different" in page


def test_example_is_added_as_a_draft(eva, content):
    answer = eva.post("/intents/find_food/examples", texts="soup for my family", language="en", do="add")
    assert answer.status_code == 303
    page = eva.get(answer.location).text
    assert "soup for my family" in page and "draft" in page and "Added as drafts" in page
    assert '<a href="/releases">To the releases</a>' in page


def test_check_shows_the_conflict_with_its_neighbour_and_moves_it_by_one_click(eva, content):
    typed = "where can I sleep\nsoup for my family\nring me on 06 12345678"
    page = eva.post("/intents/find_food/examples", texts=typed, language="en", do="check").text
    assert "The same text is an example of another topic:" in page
    assert "This may lead to a person (telephone number)." in page
    number = re.search(r'form="move-(\d+)"', page)[1]
    moved = eva.post("/intents/find_food/move", example=number, target="find_food", language="en")
    assert moved.status_code == 303
    assert "where can I sleep" in texts(content, "find_food")


def test_only_lines_without_a_fault_are_added_and_the_others_stay_to_be_mended(eva, content):
    typed = "where can I sleep\nsoup for my family"
    page = eva.post("/intents/find_food/examples", texts=typed, language="en", do="add").text
    assert "soup for my family" in texts(content, "find_food")
    assert ">where can I sleep</textarea>" in page


def test_whole_list_is_checked_as_it_is_typed(eva, content):
    typed = "\n".join(f"is there soup for uncle number {n}" for n in range(20))
    answer = eva.post("/intents/find_food/examples", {"HX-Request": "true"}, texts=typed, language="en")
    assert answer.status_code == 200
    assert "<html" not in answer.text and answer.text.count("</q>") >= 20


def test_topic_is_added_named_merged_and_undone(eva, content):
    made = eva.post("/intents", id="bike repair", action="answer", name_en="Bike repair", name_nl="Fiets maken")
    assert made.location.startswith("/intents/bike_repair")
    eva.post("/intents/bike_repair/examples", texts="my bike is broken", language="en", do="add")
    assert eva.post("/intents/bike_repair/merge", target="find_food").status_code == 303
    assert "my bike is broken" in texts(content, "find_food")
    page = eva.get("/intents/bike_repair").text
    change = re.search(r'action="(/intents/bike_repair/undo/\d+)"', page)[1]
    assert eva.post(change).status_code == 303
    assert texts(content, "bike_repair") == {"my bike is broken"}
    with content.engine.begin() as conn:
        drafts = conn.execute(sa.select(schema.answer_changes.c.language, schema.answer_changes.c.text)).all()
    assert sorted(map(tuple, drafts)) == [("en", "Bike repair"), ("nl", "Fiets maken")]


def test_topic_the_helpdesk_relies_on_cannot_be_switched_off(eva, content):
    assert "cannot be merged or archived" in eva.get("/intents/human_agent").text
    assert eva.post("/intents/human_agent/archive", target="find_food").status_code == 409
    with content.engine.begin() as conn:
        assert intents.get(conn, "human_agent").state == "active"


@pytest.mark.parametrize(
    "path", ["/intents/nothing_like_it", "/releases/999", "/intents/%00", "/releases/9" + "9" * 30]
)
def test_what_is_not_there_is_not_found(eva, path):
    assert eva.get(path).status_code == 404


@pytest.mark.parametrize(
    ("form", "path"),
    [
        ({"id": "emergency_new", "action": "answer"}, "/intents"),
        ({"id": "x", "action": "nonsense"}, "/intents"),
        ({"texts": "", "do": "add"}, "/intents/find_food/examples"),
        ({"target": "nowhere"}, "/intents/find_food/merge"),
        ({"example": "99", "target": "nowhere"}, "/intents/find_food/move"),
    ],
)
def test_wrong_forms_are_refused_in_plain_words(eva, form, path):
    answer = eva.post(path, **form)
    assert answer.status_code in (400, 409)
    assert "error." not in re.sub(r"<[^>]*>", "", answer.text)


def test_search_finds_examples_of_every_language(eva, content):
    with content.engine.begin() as conn:
        examples.add(conn, "find_food", "ar", ["أحتاج إلى إقامة وطعام"], account_id=None)
    page = eva.get("/intents?q=اقامه").text
    assert "1 example found" in page and "أحتاج إلى إقامة وطعام" in page


def test_training_is_asked_for_seen_after_a_reload_and_stopped(eva, content):
    assert eva.post("/releases", note="soup").status_code == 303
    assert "waits for its turn" in eva.get("/releases").text
    with content.engine.begin() as conn:
        release_id = queue.begin_next(conn)
        queue.enter(conn, release_id, "train")
    page = eva.get("/releases").text
    assert f"Release {release_id} is being trained" in page and "<progress" in page
    assert 'class="now">Train' in page and "seconds to go" in page
    assert eva.post(f"/releases/{release_id}/cancel").status_code == 303
    assert "stopping" in eva.get("/releases/progress").text
    assert "already" in eva.get("/releases").text or eva.post("/releases").status_code == 303


def test_state_in_the_list_follows_the_training_without_a_reload(eva, content):
    eva.post("/releases", note="more shelter")
    with content.engine.begin() as conn:
        [asked] = queue.listed(conn)
    place = f'<span id="release-{asked.id}-state"'
    page = eva.get("/releases").text
    assert re.search(rf"<td>{place}>waits</span></td>", page) and "hx-swap-oob" not in page
    with content.engine.begin() as conn:
        assert queue.begin_next(conn) == asked.id
    assert f'{place} hx-swap-oob="true">is trained</span>' in eva.get("/releases/progress").text
    eva.post(f"/releases/{asked.id}/cancel")
    with content.engine.begin() as conn:
        queue.end(conn, asked.id, "cancelled")
    last = eva.get("/releases/progress").text
    assert f'{place} hx-swap-oob="true">stopped</span>' in last and "hx-trigger" not in last


def test_report_is_read_and_the_release_published_and_rolled_back(eva, content, make_release):
    release_id = make_release(add=["soup for my family"])
    with content.engine.begin() as conn:
        conn.execute(sa.update(schema.releases).values(report=REPORT))
    page = eva.get(f"/releases/{release_id}").text
    for said in ("1 added", "75%", "70%–80%", "read as", "1 gets another answer", "None is lost", "soup for my family"):
        assert said in page, said
    assert eva.post(f"/releases/{release_id}/publish").status_code == 303
    assert f'Live now:</b> <a href="/releases/{release_id}"' in eva.get("/releases").text
    assert eva.post("/releases/roll-back").status_code == 303
    assert "the model of the installation" in eva.get("/releases").text


def test_release_that_loses_an_emergency_needs_two_people(who, content, make_release):
    release_id = make_release(losses=LOST)
    eva, noor = who("eva"), who("noor")
    page = eva.get(f"/releases/{release_id}").text
    assert "An emergency would no longer raise the alarm" in page
    assert eva.post(f"/releases/{release_id}/publish").status_code == 409
    assert (
        eva.post(f"/releases/{release_id}/ask-second", reason="The net knows this sentence anyway.").status_code == 303
    )
    assert "A colleague who may publish has to agree" in eva.get(f"/releases/{release_id}").text
    assert eva.post(f"/releases/{release_id}/agree").status_code == 409
    assert "Eva asks to publish it anyway" in noor.get(f"/releases/{release_id}").text
    assert noor.post(f"/releases/{release_id}/agree").status_code == 303
    with content.engine.begin() as conn:
        assert publishing.live(conn) == release_id


def test_each_role_may_do_what_it_should(who, make_release):
    release_id = make_release()
    allowed = {
        ("get", "/intents"): "eva noor ruben vera",
        ("get", "/intents/find_food"): "eva noor ruben vera",
        ("get", "/releases"): "eva noor ruben vera",
        ("get", f"/releases/{release_id}"): "eva noor ruben vera",
        ("get", "/ask?q=food"): "eva noor ruben",
        ("get", "/lessons"): "eva noor ruben",
        ("post", "/intents"): "eva noor ruben",
        ("post", "/intents/find_food/examples"): "eva noor ruben",
        ("post", "/intents/find_food/merge"): "eva noor ruben",
        ("post", "/releases"): "eva noor ruben",
        ("post", "/lessons/1"): "eva noor ruben",
        ("post", f"/releases/{release_id}/ask-second"): "eva noor",
        ("post", f"/releases/{release_id}/agree"): "eva noor",
        ("post", f"/releases/{release_id}/publish"): "eva noor",
        ("post", "/releases/roll-back"): "eva noor",
    }
    wrong = []
    for (verb, path), names in allowed.items():
        for name in ("sara", "tom", "eva", "noor", "ruben", "vera"):
            status = getattr(who(name), verb)(path).status_code
            if (status != 403) != (name in names.split()):
                wrong.append((verb, path, name, status))
    assert wrong == []


def test_stranger_sees_nothing(console):  # noqa: F811
    stranger = Browser(console)
    for path in ("/intents", "/releases", "/ask", "/lessons", "/intents/find_food", "/releases/progress"):
        assert stranger.get(path).status_code in (302, 401)


def test_asking_shows_why_and_leads_to_mending(eva, content, make_release):
    release_id = make_release()
    with content.engine.begin() as conn:
        publishing.publish(conn, release_id, 1)
    page = eva.get("/ask?q=where can I eat tonight with my family").text
    assert "The three likeliest" in page and "English" in page
    assert "where can I eat" in page
    fixing = eva.get("/ask/fix?q=where can I eat tonight&intent=find_food&language=en")
    assert "where can I eat tonight</textarea>" in eva.get(fixing.location).text


def test_draft_is_asked_before_it_is_live(eva, make_release):
    release_id = make_release()
    assert f"release {release_id}, not live yet" in eva.get("/ask").text
    assert "The three likeliest" in eva.get("/ask?q=where can I eat&model=draft").text


def test_emergency_in_the_panel_is_named(eva, content, make_release):
    release_id = make_release()
    with content.engine.begin() as conn:
        publishing.publish(conn, release_id, 1)
    assert "This raises the alarm" in eva.get("/ask?q=my husband is beating me, he has a knife").text


def unsure(service, text):
    with service.engine.begin() as conn:
        contact_id = write(conn, service, message(text))
        card = cases.Card(text, (("find_food", 0.4),))
        cases.open_case(conn, service.vault, contact_id, "unsure", language="en", card=card)
    lessons.collect(service.engine, service.vault)
    with service.engine.begin() as conn:
        return lessons.heaps(conn, service.vault)[0].id


def test_message_is_taught_and_leaves_the_list(eva, content):
    heap = unsure(content, "bread for the little ones, my number is 0612345678")
    page = eva.get("/lessons").text
    assert "bread for the little ones, my number is [phone]" in page and "not sure" in page
    done = eva.post(
        f"/lessons/{heap}", do="teach", intent="find_food", texts="bread for the little ones", language="en"
    )
    assert done.status_code == 303
    assert "bread for the little ones" in texts(content, "find_food")
    assert "bread" not in eva.get("/lessons").text
    assert "bread" in eva.get("/lessons?state=taught").text


def test_message_is_put_aside_by_one_key(eva, content):
    heap = unsure(content, "buy cheap followers now")
    answer = eva.post(f"/lessons/{heap}", {"HX-Request": "true"}, do="spam")
    assert (answer.status_code, answer.text) == (200, "")
    assert eva.post(f"/lessons/{heap}", do="nonsense").status_code in (400, 404)
    assert eva.post("/lessons/99999", do="spam").status_code == 404


REPORT = """{"examples": 17, "losses": [], "changes": {"removed": [],
"added": [["soup for my family", "en", "find_food"]],
"moved": [], "counts": {"added": 1, "removed": 0, "moved": 0}, "intents": {}}, "golden": {"asked": 3, "lost": [],
"won": [], "failing": []}, "replay": {"messages": 9, "counts": {"other": 1, "to_people": 0, "from_people": 0},
"other": [{"text": "<b>bread</b>", "language": "en", "before": "find_food", "after": "find_shelter", "times": 1}],
"to_people": [], "from_people": []}, "before": {}, "languages": {"en": {"messages": 90, "right": [0.75, 0.7, 0.8],
"answered": [0.5, 0.4, 0.6], "wrong": [0.1, 0.05, 0.2]}}, "confusions": [{"meant": "find_food", "seen": "find_shelter",
"times": 3, "examples": [["where", "en"]]}]}"""


def test_words_of_contacts_are_never_markup(eva, content, make_release):
    release_id = make_release()
    with content.engine.begin() as conn:
        conn.execute(sa.update(schema.releases).values(report=REPORT))
    page = eva.get(f"/releases/{release_id}").text
    assert "&lt;b&gt;bread&lt;/b&gt;" in page and "<b>bread</b>" not in page


def test_drafts_that_may_teach_something_wrong_are_named_before_training(eva, content):
    with content.engine.begin() as conn:
        examples.add(conn, "find_food", "en", ["where can I sleep please", "soup for my family"], account_id=None)
    page = eva.get("/releases").text
    assert "1 draft may teach something wrong" in page
    assert "where can I sleep please" in page and "soup for my family" not in page
