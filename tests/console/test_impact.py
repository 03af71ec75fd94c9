"""What the figures say beside answers and topics: asked, passed on, helped, last changed."""

import re

import pytest
import sqlalchemy as sa

from helpline import clock, examples
from helpline.db import schema
from helpline.insights import tables
from helpline.insights.counting import day_of
from tests.console.test_content import act, write
from tests.console.test_content_work import account_id

HELLO = "/content/utter_greet/nl"


@pytest.fixture
def engine(sqlite_engine):
    return sqlite_engine


def test_topics_tell_how_often_people_ask_and_hold_small_numbers_back(browser, service):
    assert "Asked lately" not in browser("eva").get("/intents").text
    made = {"measure": "message", "language": "en", "outcome": "answered", "day": day_of(clock.today())}
    rows = [("health_dental", 42), ("find_food", 37), ("shelter", 50), ("clothes", 61), ("child_education", 2)]
    with service.engine.begin() as conn:
        conn.execute(sa.insert(schema.intents), [{"id": topic} for topic, _ in rows])
        conn.execute(sa.insert(schema.insights), [{**made, "topic": topic, "count": n} for topic, n in rows])
        ended = {**made, "outcome": "handed_off"}
        conn.execute(sa.insert(schema.insights), [{**ended, "topic": topic, "count": 30 + n} for topic, n in rows[:4]])
        shown, people = tables.all_asked(conn), tables.all_asked(conn, outcome="people")
    page = browser("eva").get("/intents").text
    assert "Asked lately" in page
    for topic, count in shown.items():
        cell = '<td class="number">(.*?)</td>'
        row = re.search(rf'<a href="/intents/{topic}">.*?{cell}{cell}', page, re.DOTALL)
        assert row[1] == ("few" if count is None else str(count))
        gone = people.get(topic, "")
        assert row[2] == ("few" if gone is None else str(gone))
    assert shown["child_education"] is None
    assert any(shown.values())
    assert any(people.values())
    assert "To people then" in browser("eva").get("/content").text


def test_share_helped_is_what_the_page_of_insights_says(browser, service):
    made = {"measure": "rating", "language": "", "day": day_of(clock.today())}
    taps = [
        ("health_dental", 30, 10),
        ("shelter_lost", 40, 3),
        ("find_shelter", 20, 20),
        ("police_check_rights", 50, 50),
    ]
    rows = [{**made, "topic": topic, "outcome": "good", "count": good} for topic, good, _ in taps]
    rows += [{**made, "topic": topic, "outcome": "bad", "count": bad} for topic, _, bad in taps]
    with service.engine.begin() as conn:
        conn.execute(sa.insert(schema.intents), [{"id": topic} for topic, _, _ in taps])
        conn.execute(sa.insert(schema.insights), rows)
        conn.execute(
            sa.insert(schema.insights),
            [{**made, "measure": "message", "topic": "find_food", "outcome": "answered", "count": 60}],
        )
        told = tables.helped(tables.lately(conn))
    noor, eva = browser("noor"), browser("eva")
    matrix = noor.get("/intents").text
    assert ">Helped</th>" in matrix and ">Helped</th>" in eva.get("/content").text
    for topic, _, _ in taps:
        row = re.search(rf'<a href="/intents/{topic}">.*?</tr>', matrix, re.DOTALL)[0]
        said = re.findall(r'<td class="number">(.*?)</td>', row)[-1]
        finder = noor.get(f"/insights?topic={topic}&months=3&until={clock.today().replace(day=1)}").text
        if told[topic] is None:
            assert said == "few" and "may not be shown" in finder
        else:
            assert said == f"{told[topic]}%" and f"Of those who tapped after the answer, {said} said" in finder
    assert told["shelter_lost"] is None and told["police_check_rights"] == 50
    hidden = re.search(r'<a href="/intents/police_check_rights">.*?</tr>', eva.get("/intents").text, re.DOTALL)[0]
    assert "50%" not in hidden


def test_day_of_the_last_change_by_a_person_stands_beside_answer_and_topic(browser, service):
    eva, ruben = browser("eva"), browser("ruben")
    today, me = clock.today().isoformat(), account_id(service, "eva")
    assert f'<time datetime="{today}">' not in eva.get("/content?q=utter_greet").text
    write(eva, HELLO, "Goedemiddag.")
    act(eva, HELLO, "submit")
    act(ruben, HELLO, "approve")
    act(ruben, HELLO, "publish")
    assert eva.get("/content?q=utter_greet").text.count(f'<time datetime="{today}">') == 1
    with service.engine.begin() as conn:
        conn.execute(sa.insert(schema.intents), [{"id": "find_food"}, {"id": "shelter"}])
        examples.add(conn, "find_food", "en", ["where do they hand out bread"], account_id=me)
    topics = eva.get("/intents").text
    assert topics.count(f'<time datetime="{today}">') == 1
    assert today in re.search(r'<a href="/intents/find_food">.*?</tr>', topics, re.DOTALL)[0]
