"""A list that somebody uploads: read as from disk, and carried from the page that shows the plan to the one that
does it, so that nothing is kept in between."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import tempfile
import zlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from helpline.directory import draft, imports
from helpline.directory.draft import Listing
from helpline.directory.imports import Plan
from helpline.errors import InputError

LARGEST = 4 * 1024 * 1024
"""Bytes of all files of an upload together."""
MOST_FILES = 12


def read(files: Mapping[str, bytes], origin: str = "") -> Listing:
    """The list in one CSV or JSON file, or in several Helpful Information sheets. Raises InputError for others."""
    if not files or not any(files.values()):
        raise InputError("The file is empty.")
    if sum(map(len, files.values())) > LARGEST or len(files) > MOST_FILES:
        raise InputError(f"These files are larger than {LARGEST // 1024 // 1024} MB, or more than {MOST_FILES}.")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for name, content in files.items():
            (folder / _safe(name)).write_bytes(content)
        try:
            path = folder if len(files) > 1 else next(folder.iterdir())
            return imports.read_file(path, origin or None)
        except InputError as error:
            raise InputError(str(error).replace(f"{place}/", "").replace(place, "The upload")) from None


def pack(files: Mapping[str, bytes]) -> str:
    """The files as one field of a form."""
    body = json.dumps({name: base64.b64encode(content).decode() for name, content in files.items()})
    return base64.b64encode(zlib.compress(body.encode(), 6)).decode()


def unpack(field: str) -> dict[str, bytes]:
    """The files of such a field. Raises InputError for anything else, however large it unfolds."""
    opener = zlib.decompressobj()
    try:
        body = json.loads(opener.decompress(base64.b64decode(field, validate=True), LARGEST * 2))
        return {str(name): base64.b64decode(content, validate=True) for name, content in body.items()}
    except (binascii.Error, zlib.error, ValueError, AttributeError, TypeError):
        raise InputError("The upload came back damaged; choose the file again.") from None


def fingerprint(planned: Plan) -> str:
    """Changes with everything a plan would do: what was shown is what is done."""
    added = [dict(one.values) for one in planned.added]
    body = json.dumps([planned.as_dict(), added], sort_keys=True, default=str)
    return hashlib.sha256(body.encode()).hexdigest()


def _safe(name: str) -> str:
    """A file name without folders; the list is named after it."""
    path = PurePosixPath(name.replace("\\", "/"))
    return f"{draft.slug(path.stem) or 'list'}{'.json' if path.suffix.lower() == '.json' else '.csv'}"
