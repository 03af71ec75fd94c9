"""A text is one person's to do at a time, and an imported answer is settled once; on both databases."""

import sqlalchemy as sa

from helpline import clock
from helpline.content import imported, tasks
from helpline.db.schema import draft_answers
from tests.people import agent


def test_text_is_one_persons_at_a_time_and_the_oldest_comes_first(engine):
    with engine.begin() as conn:
        eva, noor = agent(conn, "Eva"), agent(conn, "Noor")
        tasks.give(conn, "utter_greet", "nl", eva, noor)
        clock.shift(60)
        tasks.give(conn, "utter_greet", "ar", noor, noor)
        clock.shift(60)
        tasks.give(conn, "utter_greet", "nl", noor, eva)
        assert tasks.mine(conn, eva) == []
        assert [one.language for one in tasks.mine(conn, noor)] == ["ar", "nl"]
        assert tasks.of(conn, "utter_greet", "nl").who == "Noor"
        tasks.give(conn, "utter_greet", "nl", None, eva)
        tasks.done(conn, "utter_greet", "ar")
        assert tasks.all_open(conn) == []


def test_imported_answer_is_settled_once(engine):
    listed = {"key": "x:1", "language": "en", "question": "Soup?", "answer": " At noon. ", "source": "a list"}
    with engine.begin() as conn:
        made = sa.insert(draft_answers).values(**listed, state="draft", created_at=clock.now())
        number = int(conn.execute(made).inserted_primary_key[0])
        assert imported.count(conn) == 1
        draft = imported.one(conn, number)
        assert imported.together("", draft) == "At noon."
        assert imported.together("At noon.", draft) == "At noon."
        assert imported.together("Come in.\n", draft) == "Come in.\n\nAt noon."
        assert imported.settle(conn, number, "taken")
        assert not imported.settle(conn, number, "dismissed")
        assert imported.one(conn, number).state == "taken"
        assert imported.one(conn, number + 1) is None
        assert imported.count(conn) == 0
