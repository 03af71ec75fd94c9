"""The NLU components as Rasa runs them: train, store, load, process."""

import pytest
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from helpline.assistant.entities import KnownNames
from helpline.assistant.intents import FALLBACK, MessageClassifier, language_of_example
from helpline.assistant.languages import LanguageIdentifier
from tests.nlu.messages import examples

CONTEXT = ExecutionContext(GraphSchema({}))


@pytest.fixture(scope="module")
def storage(tmp_path_factory):
    return LocalModelStorage.create(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def classifier(storage):
    rows = zip(*examples(), strict=True)
    messages = [
        Message(data={"text": text, "intent": intent, "metadata": {"intent": {"language": code}}})
        for text, intent, code in rows
    ]
    component = MessageClassifier.create({}, storage, Resource("classifier"), CONTEXT)
    resource = component.train(TrainingData(messages))
    return MessageClassifier.load({}, storage, resource, CONTEXT)


@pytest.fixture
def parse(classifier, storage):
    before = LanguageIdentifier.create({}, storage, Resource("language"), CONTEXT)
    behind = KnownNames.create({}, storage, Resource("names"), CONTEXT)

    def parsed(text, **metadata):
        message = Message(data={"text": text, "metadata": metadata})
        behind.process(classifier.process(before.process([message])))
        return message

    return parsed


def test_sure_message_keeps_its_intent(parse):
    message = parse("where is a night shelter for my family")
    assert message.get("intent")["name"] == "find_shelter"
    assert message.get("decision") == "answer"
    assert message.get("language") == "en"
    assert len(message.get("intent_ranking")) >= 3


def test_unsure_message_falls_back_and_keeps_its_guesses_behind(parse):
    message = parse("the colour of the train is blue")
    ranking = [guess["name"] for guess in message.get("intent_ranking")]
    assert message.get("intent")["name"] == FALLBACK == ranking[0]
    assert message.get("decision") in ("suggest", "handoff")
    assert len(ranking) >= 4


def test_emergency_becomes_the_intent_whatever_else_is_said(parse):
    message = parse("he is not breathing please come")
    assert message.get("emergency") == "medical"
    assert message.get("intent")["name"] == "emergency_medical"


def test_what_is_found_out_is_part_of_the_parse_result(parse):
    shown = parse("voucher balance please").as_dict(only_output_properties=True)
    assert {"intent", "intent_ranking", "decision", "confidence", "language"} <= set(shown)


def test_language_of_the_contact_is_the_prior(parse):
    assert parse("ok", language="ar").get("language") == "ar"


def test_place_is_an_entity(parse):
    entities = parse("where can i eat in Utrecht").get("entities")
    assert [(e["entity"], e["value"]) for e in entities if e["entity"] == "place"] == [("place", "Utrecht")]


def test_empty_message_is_left_alone(parse):
    assert parse("").get("intent") is None


@pytest.mark.parametrize(
    ("metadata", "code"),
    [
        ({"intent": {"language": "ar"}}, "ar"),
        ({"intent": {}}, "en"),
        ({"intent": None}, "en"),
        (None, "en"),
        ({"intent": "x"}, "en"),
    ],
)
def test_examples_state_their_language(metadata, code):
    assert language_of_example(Message(data={"text": "x", "metadata": metadata})) == code


def test_fingerprint_covers_code_outside_the_class():
    assert MessageClassifier.fingerprint_addon({})
