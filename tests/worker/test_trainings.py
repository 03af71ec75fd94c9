"""The worker starts a training as a process of its own; one that is cancelled or falls over is not waited for."""

import os

import pytest

from helpline.releases import queue
from helpline.worker import trainings
from tests.conftest import wait_until

pytestmark = pytest.mark.slow


@pytest.fixture
def started(service, monkeypatch):
    """A function that begins what is due, in the environment of this service."""
    monkeypatch.setenv("DATABASE_URL", service.settings.database_url)
    monkeypatch.setenv("SECRET_KEY", service.settings.secret_key)
    monkeypatch.setattr(trainings, "_started", {})
    yield lambda: trainings.begin_due(service)
    for child in trainings._started.values():
        child.kill()
        child.wait()


def release(service, release_id):
    with service.engine.begin() as conn:
        return queue.get(conn, release_id)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_training_is_a_process_of_its_own_and_ends_when_it_is_cancelled(service, started):
    assert started() is None
    with service.engine.begin() as conn:
        release_id = queue.ask(conn, None)
    assert started() == release_id
    child = trainings._started[release_id]
    assert os.getsid(child.pid) == child.pid != os.getsid(0)
    began = release(service, release_id).beat_at
    wait_until(lambda: (release(service, release_id).beat_at or 0) > began, 90, "a sign of life")
    with service.engine.begin() as conn:
        queue.cancel(conn, release_id)
    child.wait(30)
    assert release(service, release_id).state in ("cancelled", "failed")
    assert started() is None


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_training_whose_process_falls_over_is_tried_twice_and_given_up(service, started, monkeypatch):
    monkeypatch.setattr(trainings.sys, "executable", "/bin/false")
    with service.engine.begin() as conn:
        release_id = queue.ask(conn, None)
    assert started() == release_id
    trainings._started[release_id].wait(10)
    assert started() == release_id
    trainings._started[release_id].wait(10)
    assert started() is None
    found = release(service, release_id)
    assert (found.state, found.error, found.attempts) == ("failed", "lost", 2)
