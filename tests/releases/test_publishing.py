"""One pointer says what is live; losing something needs two people; going back is one step."""

import pytest
import sqlalchemy as sa

from helpline import examples, intents
from helpline.db.schema import release_models
from helpline.errors import HelplineError, InputError, Refused
from helpline.releases import models, publishing, snapshot

LOST = [{"kind": "emergency", "text": "help", "language": "en", "intent": "emergency_medical"}]


def do(service, change, *arguments):
    with service.engine.begin() as conn:
        return change(conn, *arguments)


def test_published_release_is_live_and_its_examples_are_no_drafts_any_more(content, make_release):
    release_id = make_release(add=["soup for my family"])
    assert do(content, publishing.live) is None
    do(content, publishing.publish, release_id, 1)
    assert do(content, publishing.live) == release_id
    assert do(content, publishing.live_revision) == 1


def test_release_that_loses_an_emergency_is_not_published_by_one_person(content, make_release):
    release_id = make_release(losses=LOST)
    with pytest.raises(Refused, match="needs_second"):
        do(content, publishing.publish, release_id, 1)
    with pytest.raises(Refused):
        do(content, publishing.agree, release_id, 2)
    with pytest.raises(InputError, match="reason"):
        do(content, publishing.ask_second, release_id, 1, "need it")
    do(content, publishing.ask_second, release_id, 1, "The safety net knows this sentence anyway.")
    with pytest.raises(Refused, match="same_person"):
        do(content, publishing.agree, release_id, 1)
    assert do(content, publishing.live) is None
    do(content, publishing.agree, release_id, 2)
    (one,) = do(content, publishing.history)
    assert (one.release_id, one.account_id, one.second_id) == (release_id, 1, 2)
    assert one.reason == "The safety net knows this sentence anyway."


def test_going_back_goes_further_back_each_time(content, make_release):
    first, second, third = make_release(), make_release(), make_release()
    for release_id in (first, second, third):
        do(content, publishing.publish, release_id, 1)
    assert do(content, publishing.roll_back, 1) == second
    assert do(content, publishing.roll_back, 1) == first
    assert do(content, publishing.roll_back, 1) is None
    assert do(content, publishing.live) is None
    with pytest.raises(Refused):
        do(content, publishing.roll_back, 1)
    do(content, publishing.publish, third, 1)
    assert do(content, publishing.previous).release_id is None


def test_what_is_live_is_not_published_again(content, make_release):
    release_id = make_release()
    do(content, publishing.publish, release_id, 1)
    with pytest.raises(Refused):
        do(content, publishing.publish, release_id, 1)


def test_model_that_somebody_else_put_there_is_not_loaded(content, make_release):
    first, second = make_release(), make_release(add=["soup for my family"])
    with content.engine.begin() as conn:
        other = conn.execute(sa.select(release_models.c.model).where(release_models.c.release_id == second)).scalar()
        swapped = other + b"\0"
        conn.execute(sa.update(release_models).where(release_models.c.release_id == first).values(model=swapped))
    with content.engine.begin() as conn:
        assert models.load(conn, content.vault, second) == other
        with pytest.raises(HelplineError, match="not the one"):
            models.load(conn, content.vault, first)


def test_model_whose_content_was_changed_is_not_loaded(content, make_release):
    release_id = make_release()
    with content.engine.begin() as conn:
        taken = models.content(conn, release_id)
        fewer = type(taken)(taken.examples[1:], taken.actions, taken.redirects, taken.revision)
        conn.execute(sa.update(release_models).values(content=fewer.pack()))
        with pytest.raises(HelplineError):
            models.load(conn, content.vault, release_id)


def test_content_of_a_release_stays_what_it_was(content, make_release):
    release_id = make_release(add=["soup for my family"])
    with content.engine.begin() as conn:
        taken = models.content(conn, release_id)
        assert "soup for my family" in {one.text for one in taken.examples}
        assert taken.content_hash == conn.execute(sa.text("SELECT content_hash FROM releases")).scalar()


def test_old_models_go_and_those_that_were_live_stay(content, make_release, monkeypatch):
    monkeypatch.setattr(models, "KEPT", 2)
    first, *others = [make_release() for _ in range(4)]
    do(content, publishing.publish, first, 1)
    assert do(content, models.forget_old) == 1
    with content.engine.begin() as conn:
        kept = {row.release_id for row in conn.execute(sa.select(release_models.c.release_id))}
    assert kept == {first, *others[1:]}
    with pytest.raises(Refused, match="not_ready"):
        do(content, publishing.publish, others[0], 1)


def test_model_is_read_without_rasa(content, make_release):
    reader = models.reader(content, make_release())
    assert reader.model.read("where can I eat", {"en": 1.0}).intent == "find_food"


def test_topic_with_too_few_examples_is_left_out_and_named(content):
    with content.engine.begin() as conn:
        intents.create(conn, "bike_repair", "people", None)
        examples.add(conn, "bike_repair", "en", ["my bike is broken", "flat tyre"], account_id=None)
        assert "bike_repair" in snapshot.untaught(conn)
        assert "bike_repair" not in {one.intent for one in snapshot.take(conn).examples}
        examples.add(
            conn,
            "bike_repair",
            "en",
            ["where is a bicycle mender", "the chain fell off", "no brakes", "puncture"],
            account_id=None,
        )
        assert "bike_repair" not in snapshot.untaught(conn)
        taken = snapshot.take(conn)
        assert "bike_repair" in {one.intent for one in taken.examples}
        assert snapshot.unpack(taken.pack()).content_hash == taken.content_hash


def test_archived_topic_is_not_in_the_content_and_its_buttons_are(content):
    with content.engine.begin() as conn:
        intents.archive(conn, "find_shelter", "find_food", None)
        taken = snapshot.take(conn)
    assert "find_shelter" not in {one.intent for one in taken.examples}
    assert taken.redirects == {"find_shelter": "find_food"}
