"""The classifier: three outcomes, emergencies, the same model from the same examples, nothing but numbers on disk."""

import json
import zipfile

import numpy as np
import pytest

from helpline.nlu import classifier
from helpline.nlu.thresholds import ANSWER, HANDOFF, SUGGEST
from tests.nlu.messages import examples


@pytest.fixture(scope="module")
def model():
    return classifier.train(*examples())


def test_known_topic_is_answered(model):
    reading = model.read("is there a night shelter with a bed", {"en": 1.0})
    assert (reading.intent, reading.decision) == ("find_shelter", ANSWER)


def test_ranking_names_every_intent_once_and_sums_to_one(model):
    reading = model.read("where can i eat", {"en": 1.0})
    assert sorted(name for name, _ in reading.ranking) == sorted(set(examples()[1]))
    assert sum(chance for _, chance in reading.ranking) == pytest.approx(1, abs=1e-4)
    assert [chance for _, chance in reading.ranking] == sorted((c for _, c in reading.ranking), reverse=True)


@pytest.mark.parametrize("text", ["zxqv wvut", "qqqq", "ሰላም ናይ", "?", "", "   ", "\u200b", "🦄"])
def test_strange_text_is_never_answered(model, text):
    assert model.read(text, {"en": 1.0}).decision in (SUGGEST, HANDOFF)


def test_text_without_words_is_handed_off_without_alarm(model):
    reading = model.read("!!", {"en": 1.0})
    assert (reading.decision, reading.emergency, reading.confidence) == (HANDOFF, None, 0.0)


def test_emergency_is_named_with_its_kind(model):
    assert model.read("help he is not breathing", {"en": 1.0}).emergency == "medical"
    assert model.read("voucher balance", {"en": 1.0}).emergency is None


def test_one_word_is_no_alarm_by_itself_however_often_it_stands_in_emergencies(model):
    assert model.read("not breathing", {"en": 1.0}).emergency == "medical"
    for word in ("breathing", "Breathing!!"):
        reading = model.read(word, {"en": 1.0})
        assert (reading.intent, reading.emergency) == ("emergency_medical", None)


def test_message_in_another_language_is_read_through_its_dictionary(model):
    assert model.read("ik heb een advocaat nodig", {"nl": 1.0}).intent == "find_legal_help"
    assert model.read("necesito un abogado", {"es": 0.9, "pt": 0.1}).intent == "find_legal_help"
    assert model.read("bghit محامي", {"ar": 1.0}).intent == "find_legal_help"


def test_short_message_that_may_be_in_several_languages_is_read_in_each(model):
    doubtful = dict.fromkeys(("ar", "en", "es", "fr", "nl", "pt"), 1 / 6)
    for word in ("advocaat", "abogado", "avocat", "lawyer"):
        assert model.read(word, doubtful).intent == "find_legal_help"


def test_language_nobody_knows_is_read_without_gloss(model):
    assert model.read("lawyer", {"xx": 1.0}).intent == "find_legal_help"
    assert model.read("lawyer", {}).intent == "find_legal_help"


def test_same_examples_in_any_order_give_the_same_model(model):
    texts, intents, languages = (list(reversed(column)) for column in examples())
    again = classifier.train(texts, intents, languages)
    assert np.array_equal(again.machine.weights, model.machine.weights)
    assert again.thresholds == model.thresholds
    assert again.temperature == model.temperature


def test_stored_model_reads_the_same(model, tmp_path):
    classifier.save(model, tmp_path)
    again = classifier.load(tmp_path)
    for text in ("voucher balance", "night shelter", "gibberish zzz"):
        assert again.read(text, {"en": 1.0}) == model.read(text, {"en": 1.0})


def test_stored_model_holds_no_words_of_the_examples_and_no_pickle(model, tmp_path):
    classifier.save(model, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["arrays.npz", "facts.json"]
    assert b"rotterdam" not in (tmp_path / "facts.json").read_bytes()
    with zipfile.ZipFile(tmp_path / "arrays.npz") as stored:
        for name in stored.namelist():
            content = stored.read(name)
            assert b"rotterdam" not in content
            assert b"|O" not in content[:128]


def test_model_of_another_normaliser_is_refused(model, tmp_path):
    classifier.save(model, tmp_path)
    facts = json.loads((tmp_path / "facts.json").read_text())
    (tmp_path / "facts.json").write_text(json.dumps({**facts, "normaliser": -1}))
    with pytest.raises(ValueError, match="train again"):
        classifier.load(tmp_path)


def test_several_messages_at_once_are_read_as_one_by_one(model):
    texts = ["night shelter", "my tooth hurts", "thank you"]
    for one, many in zip((model.read(t, {"en": 1.0}) for t in texts), model.read_many(texts, ["en"] * 3), strict=True):
        assert (one.intent, one.decision) == (many.intent, many.decision)
        assert one.confidence == pytest.approx(many.confidence, abs=1e-4)


def test_what_is_surely_off_topic_is_neither_answered_nor_unsure():
    texts, intents, languages = examples()
    strange = [f"{frame} {thing}" for thing in ("football match", "tourist visa", "buy a car") for frame in "abcdef"]
    model = classifier.train([*texts, *strange], [*intents, *["out_of_scope"] * 18], [*languages, *["en"] * 18])
    reading = model.read("a football match b tourist visa", {"en": 1.0})
    assert (reading.intent, reading.decision, reading.off_topic) == ("out_of_scope", HANDOFF, True)
    assert not model.read("where can i eat today", {"en": 1.0}).off_topic


def test_few_examples_still_train_with_careful_limits():
    few = classifier.train(["hello", "good morning", "thank you"], ["greet", "greet", "thanks"], ["en"] * 3)
    assert few.read("hello", {"en": 1.0}).intent == "greet"


def test_fingerprint_changes_with_dictionaries(tmp_path, monkeypatch):
    before = classifier.fingerprint()
    (tmp_path / "xx.tsv").write_text("a\tb\n")
    monkeypatch.setattr("helpline.gloss.FOLDER", tmp_path)
    assert classifier.fingerprint() != before
