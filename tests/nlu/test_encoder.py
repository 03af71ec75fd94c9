"""The optional sentence encoder: a tiny one made here, the layouts people publish, and models that need it."""

import json

import numpy as np
import pytest

from benchmarks.onnx_file import Node, write
from helpline.errors import SettingsError
from helpline.nlu import classifier, encoder, features
from tests.nlu.messages import examples

pytest.importorskip("onnxruntime")
tokenizers = pytest.importorskip("tokenizers")

WORDS = ("[PAD]", "[UNK]", "doctor", "tooth", "bed", "night", "lawyer", "query", ":", "de", "dokter", "my", "hurts")
SIZE = 6


def tokenizer(path, words=WORDS):
    made = tokenizers.Tokenizer(tokenizers.models.WordLevel({w: n for n, w in enumerate(words)}, unk_token="[UNK]"))
    made.normalizer = tokenizers.normalizers.Lowercase()
    made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    made.enable_padding(length=128)  # as all-MiniLM-L6-v2 is published; it must not count
    path.parent.mkdir(parents=True, exist_ok=True)
    made.save(str(path))


def network(path, *, inputs=("input_ids", "attention_mask"), pooled=False, seed=1):
    table = np.random.RandomState(seed).normal(size=(70_000, SIZE)).astype(np.float32)
    nodes = [Node("Gather", ("table", "input_ids"), ("tokens",))]
    if pooled:
        nodes.append(Node("ReduceMean", ("tokens",), ("sentence",), {"axes": [1], "keepdims": 0}))
    write(path, nodes, {"table": table}, inputs, "sentence" if pooled else "tokens", 2 if pooled else 3)
    return table


@pytest.fixture
def folder(tmp_path):
    network(tmp_path / "onnx" / "model.onnx")
    tokenizer(tmp_path / "tokenizer.json")
    return tmp_path


def test_vector_is_the_mean_of_the_tokens_at_length_one(tmp_path):
    table = network(tmp_path / "onnx" / "model.onnx")
    tokenizer(tmp_path / "tokenizer.json")
    mean = table[[2, 3]].mean(0)
    (found,) = encoder.load(tmp_path).encode(["doctor tooth"])
    assert found == pytest.approx(mean / np.linalg.norm(mean), abs=1e-6)


def test_neighbours_in_a_batch_and_their_filling_change_no_vector(folder):
    one = encoder.load(folder)
    texts = ["doctor", "my tooth hurts at night and i need a bed", "", "lawyer bed", "?!", "bed " * 500]
    together = one.encode(texts)
    assert together.shape == (len(texts), SIZE) and np.isfinite(together).all()
    for text, row in zip(texts, together, strict=True):
        assert one.encode([text])[0] == pytest.approx(row, abs=1e-6)


def test_model_beside_its_tokenizer_and_a_pooled_one_with_token_types_load_too(tmp_path):
    network(tmp_path / "model.onnx", inputs=("input_ids", "attention_mask", "token_type_ids"), pooled=True)
    tokenizer(tmp_path / "tokenizer.json")
    assert encoder.load(tmp_path).encode(["doctor"]).shape == (1, SIZE)


def test_e5_is_asked_with_its_prefix(tmp_path):
    table = network(tmp_path / "multilingual-e5-small" / "onnx" / "model.onnx")
    tokenizer(tmp_path / "multilingual-e5-small" / "tokenizer.json")
    mean = table[[7, 8, 2]].mean(0)
    (found,) = encoder.load(tmp_path / "multilingual-e5-small").encode(["doctor"])
    assert found == pytest.approx(mean / np.linalg.norm(mean), abs=1e-6)


def test_small_vocabulary_is_given_the_gloss_and_a_large_one_the_message(folder, tmp_path):
    assert encoder.load(folder).reads_gloss
    network(tmp_path / "many" / "onnx" / "model.onnx")
    tokenizer(tmp_path / "many" / "tokenizer.json", [*WORDS, *map(str, range(60_000))])
    many = encoder.load(tmp_path / "many")
    assert not many.reads_gloss
    text = features.read("De dokter!", "nl")
    assert features.encoded([text], many)[0] == pytest.approx(features.ENCODED * many.encode(["De dokter!"])[0])
    (folder / "helpline.json").write_text(json.dumps({"reads": "message", "prefix": "query: "}))
    told = encoder.load(folder)
    assert not told.reads_gloss
    assert told.encode(["doctor"])[0] == pytest.approx(many.encode(["query: doctor"])[0], abs=1e-6)


def test_identity_changes_with_weights_tokenizer_and_prefix(folder):
    found = {encoder.identity(str(folder))}
    network(folder / "onnx" / "model.onnx", seed=2)
    found.add(encoder.identity(str(folder)))
    tokenizer(folder / "tokenizer.json", [*WORDS, "more"])
    found.add(encoder.identity(str(folder)))
    (folder / "helpline.json").write_text(json.dumps({"prefix": "passage: "}))
    found.add(encoder.identity(str(folder)))
    assert len(found) == 4


def test_without_the_setting_nothing_is_loaded(monkeypatch):
    monkeypatch.delenv("SEMANTIC_ENCODER", raising=False)
    assert encoder.configured() is None
    assert encoder.identity() == ""


def test_setting_names_the_folder_and_changes_the_training_fingerprint(folder, monkeypatch):
    monkeypatch.delenv("SEMANTIC_ENCODER", raising=False)
    without = classifier.fingerprint()
    monkeypatch.setenv("SEMANTIC_ENCODER", str(folder))
    assert encoder.configured() == encoder.load(folder)
    assert classifier.fingerprint() != without


@pytest.mark.parametrize("missing", ["tokenizer.json", "onnx/model.onnx"])
def test_missing_file_is_named(folder, missing):
    (folder / missing).unlink()
    with pytest.raises(SettingsError, match=missing.replace(".", r"\.")):
        encoder.load(folder)


def test_broken_model_and_one_of_another_kind_are_refused_in_one_sentence(folder):
    (folder / "onnx" / "model.onnx").write_bytes(b"not a network")
    with pytest.raises(SettingsError, match="cannot be loaded"):
        encoder.load(folder)
    network(folder / "onnx" / "model.onnx", inputs=("input_ids", "pixel_values"))
    with pytest.raises(SettingsError, match="pixel_values"):
        encoder.load(folder)


@pytest.fixture
def trained(folder):
    one = encoder.load(folder)
    return classifier.train(*examples(), one), one


def test_its_vectors_join_the_other_features(trained):
    model, one = trained
    columns, values, _ = model.vectoriser.one(features.read("my tooth hurts", "en"))
    assert model.vectoriser.size == model.machine.weights.shape[0]
    assert list(columns[-SIZE:]) == list(range(model.vectoriser.size - SIZE, model.vectoriser.size))
    assert values[-SIZE:] == pytest.approx(features.ENCODED * one.encode(["my tooth hurts"])[0], abs=1e-6)
    matrix, _ = model.vectoriser.many([features.read("my tooth hurts", "en")])
    assert matrix.toarray()[0, columns] == pytest.approx(values, abs=1e-6)
    assert np.abs(model.machine.weights[-SIZE:]).sum() > 0


def test_model_trained_with_it_reads_the_same_when_loaded_with_it(trained, tmp_path):
    model, one = trained
    (tmp_path / "stored").mkdir()
    classifier.save(model, tmp_path / "stored")
    again = classifier.load(tmp_path / "stored", one)
    for text in ("voucher balance", "my tooth hurts", "zzz"):
        assert again.read(text, {"en": 1.0}) == model.read(text, {"en": 1.0})


def test_model_trained_with_it_is_refused_without_it_and_with_another(trained, tmp_path):
    model, _ = trained
    (tmp_path / "stored").mkdir()
    classifier.save(model, tmp_path / "stored")
    with pytest.raises(ValueError, match="none is set: let SEMANTIC_ENCODER name its folder, or train again"):
        classifier.load(tmp_path / "stored")
    network(tmp_path / "other" / "model.onnx", seed=3)
    tokenizer(tmp_path / "other" / "tokenizer.json")
    with pytest.raises(ValueError, match="another one is set"):
        classifier.load(tmp_path / "stored", encoder.load(tmp_path / "other"))


def test_model_trained_without_it_does_not_need_it(folder, tmp_path):
    (tmp_path / "stored").mkdir()
    classifier.save(classifier.train(*examples()), tmp_path / "stored")
    assert classifier.load(tmp_path / "stored", encoder.load(folder)).vectoriser.encoder is None
