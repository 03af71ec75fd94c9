"""What the worker tells others about itself."""

import threading
import urllib.error
import urllib.request

import pytest

from helpline import heartbeats
from helpline.worker.process import health_server
from tests.worker.rounds import _put


def test_health_and_metrics_are_served(service, worker, amina):
    _put(service, amina)
    server = health_server(worker, "127.0.0.1", 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}"
    with urllib.request.urlopen(base + "/health", timeout=5) as answer:
        assert b'"waiting": 1' in answer.read()
    with urllib.request.urlopen(base + "/metrics", timeout=5) as answer:
        assert b"helpline_sent_total" in answer.read()
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(base + "/other", timeout=5)
    worker.pace.account("AccountTrouble_190")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(base + "/health", timeout=5)
    assert refused.value.code == 503
    server.shutdown()
    server.server_close()


def test_worker_gives_a_sign_of_life_with_what_waits(service, worker, amina):
    _put(service, amina)
    worker._watch()
    with service.engine.connect() as conn:
        [sign] = heartbeats.signs(conn, "worker")
    assert not sign.silent and (sign.facts["waiting"], sign.facts["paused"]) == (1, False)
