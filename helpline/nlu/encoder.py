"""An optional sentence encoder: meaning that letters do not show, as one vector a message.

`SEMANTIC_ENCODER` names a folder with an ONNX model and its tokenizer, as published for multilingual-e5-small or
all-MiniLM-L6-v2. Off by default and never fetched silently. An encoder of English alone is given the gloss, one of
many languages the message as it was written.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helpline import settings
from helpline.errors import HelplineError, SettingsError

MODELS = ("onnx/model.onnx", "model.onnx")
TOKENIZER = "tokenizer.json"
_LONGEST = 256
"""Tokens; the published encoders were trained on no more, and no message to a helpdesk needs them."""
_BATCH = 64
_MULTILINGUAL = 60_000
"""Entries from which on a vocabulary is of many languages: English ones have about 30,000, multilingual ones 100,000
or more."""
_PREFIXED = "e5"
_PREFIX = "query: "


@dataclass(frozen=True)
class Encoder:
    """A loaded encoder. Its vectors have length one."""

    identity: str
    """Hash of everything its vectors depend on; a model trained with one encoder does not load with another."""
    reads_gloss: bool
    """Whether it knows English alone and is given the gloss."""
    size: int
    """Numbers in a vector."""
    _session: Any = field(repr=False)
    _tokenizer: Any = field(repr=False)
    _prefix: str = ""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """A row for each text, in their order; texts of like length are read together, which changes no row."""
        found = np.zeros((len(texts), self.size), np.float32)
        tokens = [one.ids for one in self._tokenizer.encode_batch([self._prefix + text for text in texts])]
        order = sorted(range(len(texts)), key=lambda place: len(tokens[place]))
        for start in range(0, len(order), _BATCH):
            places = order[start : start + _BATCH]
            found[places] = self._run([tokens[place] for place in places])
        return found

    def _run(self, rows: list[list[int]]) -> NDArray[np.float32]:
        width = max(1, *map(len, rows))
        ids, mask = np.zeros((len(rows), width), np.int64), np.zeros((len(rows), width), np.int64)
        for row, tokens in enumerate(rows):
            ids[row, : len(tokens)], mask[row, : len(tokens)] = tokens, 1
        return vectors(self._session, ids, mask)


def vectors(session: Any, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> NDArray[np.float32]:
    """What the network makes of tokens: the mean over those that are no filling, at length one."""
    given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
    named = {one.name: given[one.name] for one in session.get_inputs()}
    said = np.asarray(session.run(None, named)[0], np.float32)
    if said.ndim == 3:  # a vector for each token; some exports have pooled already
        counted = mask[:, :, None].astype(np.float32)
        said = (said * counted).sum(1) / np.maximum(counted.sum(1), 1)
    length = np.sqrt((said * said).sum(1, keepdims=True))
    return np.asarray(said / np.where(length > 0, length, 1), np.float32)


def configured() -> Encoder | None:
    """The encoder of `SEMANTIC_ENCODER`, loaded once; None where none is named."""
    folder = settings.read().semantic_encoder
    return _loaded(Path(folder), identity(folder)) if folder else None


def identity(folder: str | None = None) -> str:
    """What would change a vector, as one hash; empty without an encoder. `folder`: that of the settings by default."""
    named = settings.read().semantic_encoder if folder is None else folder
    return _identity(*_stamps(Path(named))) if named else ""


def load(folder: Path) -> Encoder:
    """Load an encoder. Raises SettingsError that says what is missing."""
    return _loaded(folder, identity(str(folder)))


_lock = threading.Lock()


def _loaded(folder: Path, name: str) -> Encoder:
    with _lock:
        return _load(folder, name)


@lru_cache(maxsize=2)
def _load(folder: Path, name: str) -> Encoder:
    try:
        import onnxruntime
        from tokenizers import Tokenizer
    except ImportError:
        raise SettingsError(
            "SEMANTIC_ENCODER is set, but its libraries are not installed: pip install '.[encoder]'."
        ) from None
    try:
        tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        tokenizer.no_padding()
        tokenizer.enable_truncation(_length(folder))
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(str(_model(folder)), options, providers=["CPUExecutionProvider"])
        strange = {one.name for one in session.get_inputs()} - {"input_ids", "attention_mask", "token_type_ids"}
        if strange:
            raise ValueError(f"it asks for {', '.join(sorted(strange))}")
        probe = vectors(session, np.ones((1, 1), np.int64), np.ones((1, 1), np.int64))
    except Exception as error:  # the two libraries raise nothing more exact
        raise SettingsError(f"The sentence encoder in {folder} cannot be loaded ({error}).") from None
    facts = _facts(folder)
    many = tokenizer.get_vocab_size() >= _MULTILINGUAL
    reads_gloss = facts["reads"] == "gloss" if "reads" in facts else not many
    return Encoder(name, reads_gloss, probe.shape[1], session, tokenizer, _prefix(folder, facts))


def _prefix(folder: Path, facts: dict[str, Any]) -> str:
    """The e5 encoders were trained with a word before each text that says what it is."""
    if "prefix" in facts:
        return str(facts["prefix"])
    named = f"{folder.resolve().name} {_json(folder / 'config.json').get('_name_or_path', '')}".lower()
    return _PREFIX if _PREFIXED in named.replace("/", "-").replace(" ", "-").split("-") else ""


def _facts(folder: Path) -> dict[str, Any]:
    """What `helpline encoder fetch` wrote beside the files, or a person: `reads` (gloss or message), `prefix`."""
    return _json(folder / "helpline.json")


def _length(folder: Path) -> int:
    for name, key in (("sentence_bert_config.json", "max_seq_length"), ("tokenizer_config.json", "model_max_length")):
        found = _json(folder / name).get(key)
        if isinstance(found, int) and found > 0:
            return min(found, _LONGEST)
    return _LONGEST


def _json(path: Path) -> dict[str, Any]:
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}


def _model(folder: Path) -> Path:
    found = next((folder / name for name in MODELS if (folder / name).is_file()), None)
    if found is None or not (folder / TOKENIZER).is_file():
        missing = TOKENIZER if found else " or ".join(MODELS)
        raise SettingsError(f"SEMANTIC_ENCODER names {folder}, where {missing} is missing. See docs/configuration.md.")
    return found


_Stamp = tuple[str, int, int]


def _stamps(folder: Path) -> tuple[tuple[_Stamp, ...], str]:
    """The files with size and time, so that half a gigabyte is hashed once; and the few facts that are no file."""
    model = _model(folder)
    others = sorted(path for path in model.parent.glob(model.name + "*") if path != model)  # weights kept apart
    paths = (model, *others, folder / TOKENIZER)
    listed = tuple((str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in paths)
    facts = _facts(folder)
    return listed, json.dumps([_prefix(folder, facts), _length(folder), facts.get("reads")])


@lru_cache(maxsize=4)
def _identity(files: tuple[_Stamp, ...], facts: str) -> str:
    digest = hashlib.sha256(facts.encode())
    for path, _, _ in files:
        try:
            with Path(path).open("rb") as content:
                for part in iter(lambda: content.read(1 << 20), b""):
                    digest.update(part)
        except OSError as error:
            raise HelplineError(f"{path} cannot be read ({error.strerror}).") from None
    return digest.hexdigest()
