"""Health for machines, status for people."""

from helpline import cases


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
