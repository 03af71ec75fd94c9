"""What the action server answers is checked as Rasa checks it, only not the schema with it each time."""

import jsonschema
import pytest
from rasa.core.actions.action import RemoteAction

from helpline.assistant import actions_endpoint

pytestmark = pytest.mark.slow
SLOT = {"event": "slot", "name": "service_kind", "value": "find_food 1", "timestamp": None}
ANSWERS = [
    {"events": [], "responses": []},
    {"events": [SLOT], "responses": [{"text": "Hello"}]},
    {"events": "none"},
    {"events": [{"event": "slot"}]},
    {"events": [{"name": "x"}]},
    {"responses": [1]},
    {"responses": {}},
    [],
]


def holds(check, *arguments):
    try:
        check(*arguments)
    except jsonschema.ValidationError:
        return False
    return True


@pytest.mark.parametrize("answer", ANSWERS, ids=str)
def test_the_check_agrees_with_rasas_schema(answer):
    action = RemoteAction("action_handoff", None)
    theirs = holds(jsonschema.validate, answer, RemoteAction.action_response_format_spec())
    assert holds(action._validate_action_result, answer) == theirs


def test_the_check_is_in_force():
    assert RemoteAction._validate_action_result is actions_endpoint._check_answer
