"""A turn of the dialogue: Rasa's model understands and decides, without asking it the same twice.

Our rules are *intent, then actions*: what follows depends on the intent alone. Whether that holds is read from the
trained model itself. Where it does, its policies are asked once for each intent, in a conversation that holds nothing
else, and the answer is kept: predicting, copying and replaying the conversation for every action is most of what a
turn costs in Rasa (docs/decisions/11-turns-together.md). Everything else (several-turn rules, forms, other policies,
events that change what comes next) goes through Rasa's own loop, so writing such a rule needs no change here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rasa.core.actions.action import Action, ActionExecutionRejection
from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.core.policies.policy import Policy, PolicyPrediction
from rasa.core.policies.rule_policy import DEFAULT_ACTION_MAPPINGS, RulePolicy
from rasa.core.processor import MessageProcessor
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.shared.core.constants import ACTION_LISTEN_NAME, ACTION_SESSION_START_NAME, SlotMappingType
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    BotUttered,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from helpline import logs
from helpline.assistant.actions_endpoint import note_failure
from helpline.assistant.straight import StraightRunner

MOST_ACTIONS = 5
"""Actions after one message; a model that wants more is left to Rasa, which stops it after ten."""

log = logs.get(__name__)


@dataclass(frozen=True)
class Step:
    """One action of a plan, as the policies predicted it."""

    action: Action
    prediction: PolicyPrediction


class Dialogue:
    """A loaded model, ready to talk."""

    def __init__(self, agent: Agent) -> None:
        assert agent.processor is not None
        self.agent = agent
        self.processor: MessageProcessor = agent.processor
        if isinstance(self.processor.graph_runner, DaskGraphRunner):
            self.processor.graph_runner = StraightRunner(self.processor.graph_runner)
        empty = self.processor.domain.is_empty()
        # Rasa asks at each message whether the domain is empty, and builds an empty one to compare with.
        self.processor.domain.is_empty = lambda: empty  # type: ignore[method-assign]
        self._quick = self._by_intent_alone()
        self._plans: dict[str, tuple[Step, ...] | None] = {}
        if not self._quick:
            logs.event(log, "dialogue_goes_through_rasas_loop")

    async def turn(self, message: UserMessage) -> Mapping[str, Any]:
        """Answer one message into its output channel; what was understood."""
        parsed: dict[str, Any] = await self.processor.parse_message(message)
        message.parse_data = parsed
        plan = self.plan(str((parsed.get("intent") or {}).get("name") or ""))
        tracker = await self.processor.get_tracker(message.sender_id) if plan is not None else None
        if plan is None or tracker is None or _in_the_middle(tracker):
            await self.agent.handle_message(message)
        else:
            await self._quick_turn(message, parsed, tracker, plan)
        return parsed

    def plan(self, intent: str) -> tuple[Step, ...] | None:
        """The actions that follow an intent, the last one being to listen; None where that depends on more."""
        if not self._quick or not intent or intent in DEFAULT_ACTION_MAPPINGS:
            return None
        if intent not in self._plans:
            self._plans[intent] = self._ask_policies(intent)
        return self._plans[intent]

    def _ask_policies(self, intent: str) -> tuple[Step, ...] | None:
        tracker = DialogueStateTracker.from_events("plan", _beginning(), self.processor.domain.slots)
        tracker.update(UserUttered("", {"name": intent, "confidence": 1.0}), self.processor.domain)
        steps: list[Step] = []
        while len(steps) < MOST_ACTIONS:
            action, prediction = self.processor.predict_next_with_tracker_if_should(tracker)
            if prediction.is_end_to_end_prediction:
                return None
            steps.append(Step(action, prediction))
            if action.name() == ACTION_LISTEN_NAME:
                return tuple(steps)
            tracker.update_with_events(prediction.events, self.processor.domain)
            tracker.update(action.event_for_successful_execution(prediction))
        return None

    def _by_intent_alone(self) -> bool:
        """Whether the model's policies are rules that look at nothing but the intent of the message at hand."""
        runner, domain = self.processor.graph_runner, self.processor.domain
        if not isinstance(runner, StraightRunner) or not self.processor.model_metadata.core_target:
            return False
        policies = runner.component(Policy)
        if len(policies) != 1 or type(policies[0]) is not RulePolicy or domain.form_names:
            return False
        custom = str(SlotMappingType.CUSTOM)
        for slot in domain.slots:
            if slot.has_features() or any(m.get("type") != custom or m.get("action") for m in slot.mappings):
                return False
        lookup = policies[0].lookup
        other = any(rules for name, rules in lookup.items() if "unhappy" in name)
        return not other and all(_one_turn(json.loads(key)) for key in lookup["rules"])

    async def _quick_turn(
        self, message: UserMessage, parsed: dict[str, Any], tracker: DialogueStateTracker, plan: tuple[Step, ...]
    ) -> None:
        domain, output = self.processor.domain, message.output_channel
        assert output is not None
        if not tracker.events:
            tracker.update_with_events(_beginning(), domain)
        tracker.update(
            UserUttered(
                message.text,
                parsed["intent"],
                parsed["entities"],
                parsed,  # type: ignore[arg-type]
                input_channel=message.input_channel,
                message_id=message.message_id,
                metadata=message.metadata,
            ),
            domain,
        )
        for step in plan:
            tracker.update_with_events(step.prediction.events, domain)
            try:
                events = await step.action.run(output, self.processor.nlg, tracker, domain)
            except ActionExecutionRejection:
                name, prediction = step.action.name(), step.prediction
                tracker.update(ActionExecutionRejected(name, prediction.policy_name, prediction.max_confidence))
                await self.processor._run_prediction_loop(output, tracker)
                break
            except Exception as error:
                # Rasa goes on as well, and its events are lost; the turn ends in a case.
                note_failure(error)
                logs.failure(log, "action_raised", action=step.action.name())
                events = []
            tracker.update(step.action.event_for_successful_execution(step.prediction))
            tracker.update_with_events(events, domain)
            await self.processor.execute_side_effects(events, tracker, output)
            if not all(_expected(event) for event in events):
                await self.processor._run_prediction_loop(output, tracker)
                break
        await self.processor.save_tracker(tracker)


def _in_the_middle(tracker: DialogueStateTracker) -> bool:
    """Whether something else than the message decides what comes next. (A new tracker is told to listen first.)"""
    return bool(tracker.active_loop or (tracker.events and tracker.followup_action) or tracker.is_paused())


def _beginning() -> list[Event]:
    started = ActionExecuted(ACTION_SESSION_START_NAME, confidence=1.0)
    return [started, SessionStarted(), ActionExecuted(ACTION_LISTEN_NAME)]


def _expected(event: Event) -> bool:
    """Whether an event leaves what comes next as it was: slots have no say (see _by_intent_alone)."""
    return isinstance(event, (BotUttered, SlotSet))


def _one_turn(states: list[dict[str, Any]]) -> bool:
    """Whether a rule speaks of one message and what follows it, by intent only."""
    for number, state in enumerate(states):
        user = state.get("user") or {}
        listened = (state.get("prev_action") or {}).get("action_name") == ACTION_LISTEN_NAME
        if set(state) != {"prev_action", "user"} or set(user) != {"intent"} or listened != (number == 0):
            return False
    return True
