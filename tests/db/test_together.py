"""Many short transactions as one: a faulty piece costs nobody else, and nothing is done by half."""

import threading

import pytest
import sqlalchemy as sa

from helpline.db.schema import dead_letters
from helpline.db.together import Together
from tests.conftest import count


@pytest.fixture
def together(engine):
    made = Together(engine)
    yield made
    made.close()


def keep(reason, then=None):
    def work(conn):
        conn.execute(sa.insert(dead_letters).values(reason=reason, body_sealed="x", received_at=1))
        if then is not None:
            raise then
        return reason

    return work


def held(together):
    """Keep the thread busy until the gate opens, so that what comes meanwhile is done together."""
    gate, at_work = threading.Event(), threading.Event()

    def wait(_conn):
        at_work.set()
        gate.wait(10)

    together.submit(wait)
    assert at_work.wait(10)
    return gate


def test_what_comes_meanwhile_is_one_transaction(engine, together):
    begun = []
    sa.event.listen(engine, "begin", lambda _conn: begun.append(1))
    gate = held(together)
    futures = [together.submit(keep(str(number))) for number in range(10)]
    gate.set()
    assert [future.result(10) for future in futures] == [str(number) for number in range(10)]
    assert len(begun) == 2 and count(engine, dead_letters) == 10


def test_faulty_piece_is_undone_and_the_others_are_done(engine, together):
    gate = held(together)
    before, faulty, after = (
        together.submit(keep(name, ValueError("no") if name == "b" else None)) for name in ("a", "b", "c")
    )
    gate.set()
    assert (before.result(10), after.result(10)) == ("a", "c")
    with pytest.raises(ValueError, match="no"):
        faulty.result(10)
    with engine.connect() as conn:
        assert conn.execute(sa.select(dead_letters.c.reason).order_by(dead_letters.c.id)).scalars().all() == ["a", "c"]


def test_database_that_is_gone_is_told_to_all_without_asking_for_each(engine, together):
    asked = []

    def gone(_conn):
        asked.append(1)
        raise sa.exc.OperationalError("x", {}, Exception("locked"))

    gate = held(together)
    futures = [together.submit(gone) for _ in range(5)]
    gate.set()
    assert [type(future.exception(10)) for future in futures] == [sa.exc.OperationalError] * 5
    assert len(asked) == 2  # once together, once for the first by itself


def test_closing_finishes_what_was_handed_in(engine):
    together = Together(engine)
    gate = held(together)
    future = together.submit(keep("last"))
    gate.set()
    together.close()
    assert future.result(0) == "last"


def test_patient_work_waits_for_the_next_that_is_in_a_hurry_and_both_are_one_transaction(engine, monkeypatch):
    monkeypatch.setattr("helpline.db.together.PATIENCE_SECONDS", 3600)
    made, commits = Together(engine), []
    sa.event.listen(engine, "commit", commits.append)
    patient = made.submit(keep("first"), patient=True)
    made.submit(keep("second")).result(60)
    patient.result(60)
    made.close()
    assert len(commits) == 1 and count(engine, dead_letters) == 2


def test_patient_work_that_nobody_joins_is_done_all_the_same(engine):
    made = Together(engine)
    made.submit(keep("alone"), patient=True).result(60)
    made.close()
    assert count(engine, dead_letters) == 1
