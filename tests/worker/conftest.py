"""A worker against a scripted provider, and somebody to write to."""

import pytest

from helpline.whatsapp.client import Client
from helpline.worker.delivery import Worker
from tests.people import message, write
from tests.wires import StandIn


@pytest.fixture
def stand_in():
    with StandIn().running() as running:
        yield running


@pytest.fixture
def worker(service, stand_in):
    made = Worker(service, Client(stand_in.url, "100000000000001", "token", timeout=0.6))
    yield made
    made.stop()
    made.settle()


@pytest.fixture
def amina(service):
    with service.engine.begin() as conn:
        return write(conn, service, message("hello"))
