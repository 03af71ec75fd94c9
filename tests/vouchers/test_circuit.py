"""After failures in a row nobody asks for a while, then one caller tries."""

from helpline import clock
from helpline.vouchers.circuit import FAILURES, PAUSE_MS, Circuit


def broken() -> Circuit:
    circuit = Circuit()
    for _ in range(FAILURES):
        assert circuit.allows()
        circuit.failed()
    return circuit


def test_failures_in_a_row_open_it():
    circuit = broken()
    assert circuit.open and not circuit.allows()


def test_a_success_between_failures_keeps_it_closed():
    circuit = Circuit()
    for _ in range(3):
        for _ in range(FAILURES - 1):
            circuit.failed()
        circuit.succeeded()
    assert circuit.allows()


def test_after_the_pause_one_caller_tries_and_the_others_wait():
    circuit = broken()
    clock.shift(PAUSE_MS / 1000 + 1)
    assert [circuit.allows() for _ in range(3)] == [True, False, False]
    circuit.succeeded()
    assert circuit.allows() and not circuit.open


def test_a_trial_that_fails_begins_another_pause():
    circuit = broken()
    clock.shift(PAUSE_MS / 1000 + 1)
    assert circuit.allows()
    circuit.failed()
    assert not circuit.allows()


def test_a_trial_that_never_reports_back_does_not_close_it_for_ever():
    circuit = broken()
    clock.shift(PAUSE_MS / 1000 + 1)
    assert circuit.allows()
    clock.shift(PAUSE_MS / 1000 + 1)
    assert circuit.allows()
