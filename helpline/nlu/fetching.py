"""`helpline encoder fetch`: a published sentence encoder, on request, from its publisher, checked by its hash."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from helpline.errors import HelplineError, InputError

PUBLISHER = "https://huggingface.co"
_TIMEOUT_SECONDS = 30
_PART = 1 << 20


@dataclass(frozen=True)
class File:
    """One file of a published encoder."""

    path: str
    """At the publisher."""
    name: str
    """In the folder."""
    size: int
    sha256: str


@dataclass(frozen=True)
class Published:
    """An encoder as its publisher stored it once, and how to read with it."""

    repository: str
    revision: str
    files: tuple[File, ...]
    reads: str
    prefix: str


ENCODERS = {
    "multilingual-e5-small": Published(
        "intfloat/multilingual-e5-small",
        "fd1525a9fd15316a2d503bf26ab031a61d056e98",
        (
            File("onnx/model.onnx", "model.onnx", 470_268_510,
                 "ca456c06b3a9505ddfd9131408916dd79290368331e7d76bb621f1cba6bc8665"),
            File("onnx/tokenizer.json", "tokenizer.json", 17_082_730,
                 "0b44a9d7b51c3c62626640cda0e2c2f70fdacdc25bbbd68038369d14ebdf4c39"),
        ),
        reads="message",
        prefix="query: ",
    ),
    "all-MiniLM-L6-v2": Published(
        "sentence-transformers/all-MiniLM-L6-v2",
        "1110a243fdf4706b3f48f1d95db1a4f5529b4d41",
        (
            File("onnx/model.onnx", "model.onnx", 90_405_214,
                 "6fd5d72fe4589f189f8ebc006442dbb529bb7ce38f8082112682524616046452"),
            File("tokenizer.json", "tokenizer.json", 466_247,
                 "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"),
        ),
        reads="gloss",
        prefix="",
    ),
}  # fmt: skip
DEFAULT = "multilingual-e5-small"


def fetch(name: str, folder: Path, *, publisher: str = PUBLISHER) -> Path:
    """Fetch an encoder's files into a folder, made if it is not there; the folder.

    A file already there with the right hash is not fetched again. Raises InputError for a name nobody published
    here, HelplineError where the publisher cannot be reached or sends other bytes: then nothing of it is kept.
    """
    if name not in ENCODERS:
        raise InputError(f"No encoder is named {name!r}. Known: {', '.join(ENCODERS)}.")
    one = ENCODERS[name]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file in one.files:
            if not _is(folder / file.name, file.sha256):
                _fetch(f"{publisher}/{one.repository}/resolve/{one.revision}/{file.path}", folder / file.name, file)
        facts = {"name": name, "revision": one.revision, "reads": one.reads, "prefix": one.prefix}
        (folder / "helpline.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise HelplineError(f"{folder} cannot be written ({error.strerror}).") from None
    return folder


def _fetch(url: str, path: Path, file: File) -> None:
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-", suffix=".part")
    try:
        digest = hashlib.sha256()
        with os.fdopen(descriptor, "wb") as kept:
            for part in _parts(url, file):
                digest.update(part)
                kept.write(part)
        if digest.hexdigest() != file.sha256:
            raise HelplineError(
                f"{file.path} is not the file that was checked: its SHA-256 is {digest.hexdigest()}, expected "
                f"{file.sha256}. It was thrown away."
            )
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _parts(url: str, file: File) -> Iterator[bytes]:
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310 - the publisher's https
            left = file.size + 1  # so that more than expected shows in the hash, and an endless answer ends
            while left > 0 and (part := answer.read(min(_PART, left))):
                left -= len(part)
                yield part
    except urllib.error.HTTPError as error:
        raise HelplineError(f"{url} was answered with {error.code}. Nothing was kept.") from None
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        reason = getattr(error, "reason", error)
        raise HelplineError(
            f"{url} cannot be reached ({reason}). On a machine without that access, fetch the files elsewhere and "
            f"copy them: {file.name} with SHA-256 {file.sha256}."
        ) from None


def _is(path: Path, sha256: str) -> bool:
    if not path.is_file():
        return False
    digest = hashlib.sha256()
    with path.open("rb") as content:
        for part in iter(lambda: content.read(_PART), b""):
            digest.update(part)
    return digest.hexdigest() == sha256
