"""Writes the few ONNX messages a network needs, so that no library is wanted to make one.

Field numbers are those of onnx.proto; a network is a list of nodes and of named arrays.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

IR_VERSION, OPSET = 8, 17
FLOAT, INT64 = 1, 7


@dataclass(frozen=True)
class Node:
    """One operator."""

    operator: str
    inputs: Sequence[str]
    outputs: Sequence[str]
    attributes: Mapping[str, Any] = field(default_factory=dict)


def write(
    path: Path, nodes: Sequence[Node], arrays: Mapping[str, NDArray[Any]], inputs: Sequence[str], output: str, rank: int
) -> None:
    """Write a network of token inputs (`[batch, tokens]`, whole numbers) and one output of floats."""
    graph = b"".join(_field(1, _node(node)) for node in nodes) + _field(2, b"encoder")
    graph += b"".join(_field(5, _tensor(name, array)) for name, array in arrays.items())
    graph += b"".join(_field(11, _value(name, INT64, 2)) for name in inputs) + _field(12, _value(output, FLOAT, rank))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_number(1, IR_VERSION) + _field(7, graph) + _field(8, _number(2, OPSET)))


def _node(node: Node) -> bytes:
    named = b"".join(_field(1, name.encode()) for name in node.inputs)
    named += b"".join(_field(2, name.encode()) for name in node.outputs) + _field(4, node.operator.encode())
    return named + b"".join(_field(5, _attribute(name, value)) for name, value in node.attributes.items())


def _attribute(name: str, value: Any) -> bytes:
    head = _field(1, name.encode())
    if isinstance(value, float):
        return head + _key(2, 5) + struct.pack("<f", value) + _number(20, 1)
    if isinstance(value, int):
        return head + _number(3, value) + _number(20, 2)
    return head + b"".join(_number(8, one) for one in value) + _number(20, 7)


def _tensor(name: str, array: NDArray[Any]) -> bytes:
    kind = FLOAT if array.dtype == np.float32 else INT64
    dims = b"".join(_number(1, size) for size in array.shape)
    return dims + _number(2, kind) + _field(8, name.encode()) + _field(9, np.ascontiguousarray(array).tobytes())


def _value(name: str, kind: int, rank: int) -> bytes:
    shape = b"".join(_field(1, _field(2, f"{name}_{place}".encode())) for place in range(rank))
    return _field(1, name.encode()) + _field(2, _field(1, _number(1, kind) + _field(2, shape)))


def _key(number: int, kind: int) -> bytes:
    return _varint(number << 3 | kind)


def _field(number: int, content: bytes) -> bytes:
    return _key(number, 2) + _varint(len(content)) + content


def _number(number: int, value: int) -> bytes:
    return _key(number, 0) + _varint(value & 0xFFFFFFFFFFFFFFFF)


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])
