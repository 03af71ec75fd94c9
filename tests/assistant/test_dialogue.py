"""The quick way says, does and remembers what Rasa's own loop does; models it does not fit go through that loop."""

import asyncio
import copy
import json

import pytest
from rasa.core.actions.action import ActionExecutionRejection
from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.core.policies.rule_policy import RulePolicy
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.model_training import train
from rasa.shared.core.events import ActionExecuted, BotUttered, FollowupAction, SlotSet, UserUttered

from helpline.assistant.dialogue import Dialogue
from helpline.assistant.output import WhatsAppOutput
from helpline.assistant.trackers import KEPT_TURNS, _event, _kept

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("dialogue")]

CONFIG = """recipe: default.v1
assistant_id: t
language: en
pipeline:
- name: KeywordIntentClassifier
policies:
- name: RulePolicy
"""
DOMAIN = """version: "3.1"
intents: [greet, ask, tell, more, nlu_fallback]
slots:
  kind: {type: text, influence_conversation: false, mappings: [{type: custom}]}
actions: [action_tell]
responses:
  utter_greet: [{text: Hello}]
  utter_menu: [{text: Menu}]
  utter_more: [{text: More}]
"""
NLU = """version: "3.1"
nlu:
- intent: greet
  examples: |
    - hello
- intent: ask
  examples: |
    - menu
- intent: tell
  examples: |
    - tell
- intent: more
  examples: |
    - more
"""
RULES = """version: "3.1"
rules:
- rule: greet
  steps: [{intent: greet}, {action: utter_greet}, {action: utter_menu}]
- rule: ask
  steps: [{intent: ask}, {action: utter_menu}]
- rule: tell
  steps: [{intent: tell}, {action: action_tell}]
"""
STORIES = """stories:
- story: more after tell
  steps: [{intent: tell}, {action: action_tell}, {intent: more}, {action: utter_more}]
"""


class Actions:
    """An endpoint that answers as it is told."""

    kwargs = {"selective_domain": True}
    url = "test"

    def __init__(self):
        self.events, self.error, self.asked = [], None, []

    async def request(self, json=None, **_):
        self.asked.append(copy.deepcopy(json["tracker"]["slots"]))
        if self.error:
            raise self.error
        return {"events": self.events, "responses": [{"text": "Told"}]}


def trained(folder, config, rules):
    for name, text in {"config.yml": config, "domain.yml": DOMAIN, "nlu.yml": NLU, "rules.yml": rules}.items():
        (folder / name).write_text(text)
    made = train(
        str(folder / "domain.yml"), str(folder / "config.yml"), [str(folder / "nlu.yml"), str(folder / "rules.yml")],
        output=str(folder), force_training=True,
    )  # fmt: skip
    return made.model


@pytest.fixture(scope="module")
def simple(tmp_path_factory):
    return trained(tmp_path_factory.mktemp("simple"), CONFIG, RULES)


@pytest.fixture(scope="module")
def looking_back(tmp_path_factory):
    return trained(tmp_path_factory.mktemp("back"), f"{CONFIG}- name: MemoizationPolicy\n", RULES + STORIES)


def load(path, actions):
    return Agent.load(path, action_endpoint=actions)


def talk(path, texts, *, quick, actions):
    """What is said to these texts, and the events that are remembered."""

    async def run():
        agent = load(path, actions)
        dialogue = Dialogue(agent) if quick else None
        said = []
        for text in texts:
            output = WhatsAppOutput()
            message = UserMessage(text, output, "somebody", input_channel="whatsapp")
            await (dialogue.turn(message) if dialogue else agent.handle_message(message))
            said.append([one.text for one in output.messages])
        tracker = await agent.tracker_store.retrieve("somebody")
        return said, [_comparable(event) for event in tracker.events], tracker.current_slot_values()

    return asyncio.run(run())


def _comparable(event):
    body = event.as_dict()
    return {
        name: value for name, value in body.items() if name not in ("timestamp", "message_id", "metadata", "parse_data")
    }


def both(path, texts, actions=Actions):
    return talk(path, texts, quick=False, actions=actions()), talk(path, texts, quick=True, actions=actions())


def test_every_intent_is_answered_and_remembered_as_rasa_does(simple):
    slow, quick = both(simple, ["hello", "menu", "tell", "nonsense", "hello", "menu"])
    assert quick == slow
    assert slow[0][:3] == [["Hello", "Menu"], ["Menu"], ["Told"]]


def test_slots_an_action_sets_are_there_in_the_next_turn(simple):
    def actions():
        made = Actions()
        made.events = [{"event": "slot", "name": "kind", "value": "bread"}]
        return made

    slow, quick = both(simple, ["tell", "tell"], actions)
    assert quick == slow and quick[2]["kind"] == "bread"


def test_event_that_changes_what_comes_next_is_obeyed(simple):
    def actions():
        made = Actions()
        made.events = [{"event": "followup", "name": "utter_menu"}]
        return made

    slow, quick = both(simple, ["tell"], actions)
    assert quick[:1] == slow[:1] and quick[0] == [["Told", "Menu"]]


@pytest.mark.parametrize(
    "error", [ActionExecutionRejection("action_tell"), RuntimeError("down")], ids=["rejects", "fails"]
)
def test_action_that_fails_or_refuses_leaves_what_rasa_leaves(simple, error):
    def actions():
        made = Actions()
        made.error = error
        return made

    slow, quick = both(simple, ["tell", "hello"], actions)
    assert quick[0] == slow[0] and quick[0][1] == ["Hello", "Menu"]


def test_policies_are_asked_once_for_an_intent(simple, monkeypatch):
    asked = []
    theirs = RulePolicy.predict_action_probabilities

    def counting(self, *given, **more):
        asked.append(1)
        return theirs(self, *given, **more)

    monkeypatch.setattr(RulePolicy, "predict_action_probabilities", counting)
    talk(simple, ["menu"] * 6, quick=True, actions=Actions())
    assert len(asked) == 2  # the action, and to listen


def test_model_with_stories_goes_through_rasas_loop(looking_back):
    assert Dialogue(load(looking_back, Actions())).plan("ask") is None
    slow, quick = both(looking_back, ["tell", "more", "hello", "tell", "more"])
    assert quick == slow and quick[0][1] == ["More"]


def test_graph_without_dask_gives_the_same(simple):
    agent = load(simple, Actions())
    theirs = agent.processor.graph_runner
    assert isinstance(theirs, DaskGraphRunner)
    ours = Dialogue(agent).processor.graph_runner
    target = agent.processor.model_metadata.nlu_target
    for text in ("hello", "nonsense"):
        inputs = {"__message__": [UserMessage(text)], "__tracker__": None}
        a, b = (runner.run(inputs=inputs, targets=[target])[target][0].as_dict() for runner in (theirs, ours))
        assert a == b


def test_last_turns_and_slots_are_kept(simple):
    async def run():
        agent = load(simple, Actions())
        tracker = await agent.tracker_store.get_or_create_tracker("x")
        tracker.update(SlotSet("kind", "bread"))
        for number in range(9):
            tracker.update_with_events(
                [UserUttered(str(number), {"name": "ask"}), ActionExecuted("utter_menu"), BotUttered("Menu"),
                 ActionExecuted("action_listen")], agent.domain,
            )  # fmt: skip
        return _kept(tracker)

    kept = asyncio.run(run())
    assert [event.text for event in kept if isinstance(event, UserUttered)] == ["7", "8"] and KEPT_TURNS == 2
    assert SlotSet("kind", "bread") in kept
    stored = json.loads(json.dumps([event.as_dict() for event in kept]))
    assert [_event(one) for one in stored] == kept
    assert isinstance(_event(FollowupAction("utter_menu").as_dict()), FollowupAction)
