"""Writers take turns, readers do not wait, and nobody waits for ever."""

import threading
import time

import pytest
import sqlalchemy as sa

from helpline.db import engine as engines
from helpline.db.engine import InTurn, connect, reading
from helpline.db.schema import heartbeats


@pytest.fixture
def sqlite(tmp_path):
    made = connect(f"sqlite:///{tmp_path}/turns.db")
    heartbeats.create(made)
    yield made
    made.dispose()


def beat(conn, name):
    conn.execute(sa.insert(heartbeats).values(process=name, at=0))


def test_many_writers_at_once_all_get_through(engine):
    failed = []

    def write(number):
        try:
            for turn in range(10):
                with engine.begin() as conn:
                    beat(conn, f"{number}-{turn}")
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with reading(engine) as conn:
        assert conn.execute(sa.select(sa.func.count()).select_from(heartbeats)).scalar() == 120


def test_failed_writer_gives_its_turn_back(sqlite):
    with pytest.raises(ZeroDivisionError), sqlite.begin() as conn:
        beat(conn, "a")
        raise ZeroDivisionError
    with sqlite.begin() as conn:
        beat(conn, "a")


def test_reader_does_not_wait_for_a_writer(sqlite):
    with sqlite.begin() as writer:
        beat(writer, "a")
        with reading(sqlite) as conn:
            assert conn.execute(sa.select(sa.func.count()).select_from(heartbeats)).scalar() == 0


def test_writer_inside_a_writer_is_an_error_and_not_a_hang(tmp_path, monkeypatch):
    monkeypatch.setattr(engines, "BUSY_MS", 100)
    made = connect(f"sqlite:///{tmp_path}/nested.db")
    heartbeats.create(made)
    with made.begin() as outer:
        beat(outer, "a")
        with pytest.raises(sa.exc.OperationalError, match="locked"), made.begin() as inner:
            beat(inner, "b")
    with made.begin() as conn:
        beat(conn, "c")


def test_several_transactions_on_one_connection_keep_one_turn(sqlite):
    with sqlite.connect() as conn:
        beat(conn, "a")
        conn.commit()
        beat(conn, "b")
        conn.commit()
    with sqlite.begin() as conn:
        beat(conn, "c")


def test_broken_connection_gives_its_turn_back(sqlite):
    with sqlite.connect() as conn:
        beat(conn, "a")
        conn.invalidate()
    began = threading.Event()

    def write():
        with sqlite.begin() as conn:
            began.set()
            beat(conn, "b")

    thread = threading.Thread(target=write)
    thread.start()
    assert began.wait(engines.BUSY_MS / 2000), "the turn was not given back"
    thread.join()


def test_a_lock_goes_to_whoever_has_waited_longest_even_if_its_holder_asks_again_at_once():
    lock, order, waiting = InTurn(), [], threading.Barrier(2)
    assert lock.acquire(timeout=1)

    def write():
        waiting.wait(60)
        assert lock.acquire(timeout=60)
        order.append("who waited")
        lock.release()

    thread = threading.Thread(target=write)
    thread.start()
    waiting.wait(60)
    while not lock._waiting:
        time.sleep(0.001)
    lock.release()
    assert lock.acquire(timeout=60)
    order.append("who asked again")
    lock.release()
    thread.join()
    assert order == ["who waited", "who asked again"] and not lock._held


def test_whoever_does_not_get_the_lock_in_time_stands_in_nobodys_way():
    lock = InTurn()
    assert lock.acquire(timeout=1)
    assert not lock.acquire(timeout=0.001)
    lock.release()
    assert lock.acquire(timeout=1)
