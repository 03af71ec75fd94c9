"""Lists that come as JSON, told apart by what they hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from helpline.directory import helpful_information, overpass
from helpline.directory.draft import Listing
from helpline.errors import InputError

LARGEST = 50_000_000
"""Bytes of one file."""


def read(path: Path, origin: str | None = None) -> Listing:
    """Read an Overpass answer, one Helpful Information sheet, or a folder of its sheets."""
    if path.is_dir():
        sheets = {one.stem: load(one) for one in sorted(path.glob("*.json"))}
        if not sheets:
            raise InputError(f"{path} holds no .json sheet.")
        return helpful_information.read(
            sheets, origin or f"hia-{path.parent.name if path.name == 'values' else path.name}"
        )
    return understand(load(path), path.name, origin or f"{path.stem}")


def understand(body: Any, name: str, origin: str) -> Listing:
    """What a parsed JSON document says. Raises InputError for one of another form."""
    if isinstance(body, dict) and isinstance(body.get("elements"), list):
        return overpass.read(body, name)
    if isinstance(body, dict) and isinstance(body.get("values"), list):
        return helpful_information.read({name: body}, origin if origin.startswith("hia-") else f"hia-{origin}")
    raise InputError(f"{name} is neither an Overpass answer (elements) nor a Google Sheets answer (values).")


def load(path: Path) -> Any:
    """Parse a file. Raises InputError saying where it is not JSON."""
    try:
        if path.stat().st_size > LARGEST:
            raise InputError(f"{path.name} is larger than {LARGEST // 1_000_000} MB.")
        return parse(path.read_text(encoding="utf-8-sig"), path.name)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path.name} cannot be read ({type(error).__name__}).") from error


def parse(text: str, name: str) -> Any:
    """Parse a text. Raises InputError saying where it is not JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name} is not JSON: {error}.") from error
