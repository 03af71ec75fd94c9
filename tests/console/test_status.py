"""Health for machines, status for people."""

from helpline import cases, channel_health
from helpline.whatsapp import client


def test_health_is_200_while_the_database_answers(stranger):
    answer = stranger.get("/health")
    assert answer.status_code == 200 and answer.json["ready"] is True


def test_health_is_503_when_it_does_not(service, stranger):
    with service.engine.begin() as conn:
        conn.exec_driver_sql("ALTER TABLE accounts RENAME TO accounts_gone")
    answer = stranger.get("/health")
    assert answer.status_code == 503 and answer.json["alive"] is True and answer.json["ready"] is False


def test_metrics_count_cases_without_naming_anybody(service, stranger, case_id):
    with service.engine.begin() as conn:
        cases.upgrade(conn, case_id, "medical")
    text = stranger.get("/metrics").text
    assert 'helpline_open_cases{state="waiting"} 1.0' in text
    assert 'helpline_open_cases{state="urgent_waiting"} 1.0' in text


def test_status_names_every_process(sara, stranger):
    page = sara.get("/status").text
    for name in ("Database", "Channel with the assistant", "Worker that sends messages", "does not answer"):
        assert name in page
    assert stranger.get("/status").status_code == 302


def test_a_revoked_token_is_said_on_every_page(service, sara, eva, console):
    class Revoked:
        def check(self):
            raise client.AccountTrouble(code=190, status=401)

    assert "trouble-bar" not in sara.get("/cases").text
    channel_health.look(service, Revoked())
    console.extensions.pop("troubles")
    assert "does not take our messages" in sara.get("/cases").text
    assert "does not take our messages" in eva.get("/directory").text


def test_a_page_is_shown_even_when_what_is_wrong_cannot_be_looked_up(service, sara, console):
    with service.engine.begin() as conn:
        conn.exec_driver_sql("ALTER TABLE heartbeats RENAME TO heartbeats_gone")
    for path in ("/help", "/cases"):
        console.extensions.pop("troubles", None)
        assert sara.get(path).status_code == 200


def test_a_fault_in_the_frame_of_every_page_is_still_told_in_words(sara, console, monkeypatch):
    def broken():
        raise RuntimeError

    monkeypatch.setitem(console.jinja_env.globals, "troubles", broken)
    answer = sara.get("/help")
    assert answer.status_code == 500 and "Something went wrong on our side" in answer.text
