"""Trainings: one at a time, visible, cancelled, found again when their process is lost."""

import pytest
import sqlalchemy as sa

from helpline import clock
from helpline.db.schema import releases
from helpline.errors import Refused
from helpline.releases import queue


def begin(engine):
    with engine.begin() as conn:
        return queue.begin_next(conn)


def ask(engine, note=""):
    with engine.begin() as conn:
        return queue.ask(conn, 7, note)


def found(engine, release_id):
    with engine.begin() as conn:
        return queue.get(conn, release_id)


def silent(engine, release_id):
    with engine.begin() as conn:
        long_ago = clock.now() - queue.SILENT_SECONDS - 1
        conn.execute(sa.update(releases).where(releases.c.id == release_id).values(beat_at=long_ago))


def test_one_is_trained_at_a_time_and_the_next_waits_visibly(engine):
    first = ask(engine)
    assert begin(engine) == first
    second = ask(engine, "more food")
    assert begin(engine) is None
    assert (found(engine, second).state, found(engine, second).note) == ("queued", "more food")
    with engine.begin() as conn:
        queue.end(conn, first, "ready")
    assert begin(engine) == second


def test_second_one_that_waits_is_refused(engine):
    ask(engine)
    with pytest.raises(Refused):
        ask(engine)


def test_waiting_one_is_cancelled_at_once_and_a_running_one_is_told(engine):
    first = ask(engine)
    with engine.begin() as conn:
        assert queue.cancel(conn, first)
    assert found(engine, first).state == "cancelled"
    second = ask(engine)
    begin(engine)
    with engine.begin() as conn:
        assert queue.beat(conn, second)
        assert queue.cancel(conn, second)
        assert not queue.beat(conn, second)


def test_lost_training_is_begun_once_more_then_given_up(engine):
    release_id = ask(engine)
    assert begin(engine) == release_id
    silent(engine, release_id)
    assert begin(engine) == release_id
    assert found(engine, release_id).attempts == 2
    silent(engine, release_id)
    assert begin(engine) is None
    assert (found(engine, release_id).state, found(engine, release_id).error) == ("failed", "lost")


def test_training_whose_process_is_gone_is_begun_again_at_once(engine):
    release_id = ask(engine)
    begin(engine)
    with engine.begin() as conn:
        queue.ended(conn, release_id)
    assert begin(engine) == release_id
    with engine.begin() as conn:
        queue.end(conn, release_id, "ready")
        queue.ended(conn, release_id)
    assert found(engine, release_id).state == "ready"


def test_training_that_gives_signs_of_life_is_left_alone(engine):
    release_id = ask(engine)
    begin(engine)
    with engine.begin() as conn:
        queue.beat(conn, release_id)
    assert begin(engine) is None
    assert found(engine, release_id).state == "running"


def test_training_that_was_given_up_cannot_end_as_ready(engine):
    release_id = ask(engine)
    for _ in range(3):
        begin(engine)
        silent(engine, release_id)
    with engine.begin() as conn:
        assert not queue.end(conn, release_id, "ready")
        assert not queue.beat(conn, release_id)
    assert found(engine, release_id).state == "failed"


def test_progress_goes_up_through_the_phases_by_what_the_last_training_took(engine):
    release_id = ask(engine)
    begin(engine)
    shares = []
    with engine.begin() as conn:
        for phase in queue.PHASES[1:]:
            queue.enter(conn, release_id, phase)
            share, seconds = queue.progress(conn, queue.get(conn, release_id))
            shares.append(share)
            assert seconds >= 1
    assert shares == sorted(shares)
    assert 0 < shares[0] < shares[-1] < 1


def test_two_workers_begin_it_once(engine):
    ask(engine)
    assert [begin(engine) is not None, begin(engine) is not None] == [True, False]
