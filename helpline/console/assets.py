"""Static files: addresses that change with their file, and less to load on a slow line."""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from pathlib import Path

from flask import Response, request

FOLDER = Path(__file__).parent / "static"
TEXTS = frozenset({"text/css", "text/javascript", "application/javascript", "image/svg+xml"})


@cache
def address(name: str) -> str:
    """Address of a static file; it changes with the file, so browsers may keep it."""
    digest = hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()
    return f"/static/{name}?v={digest[:12]}"


def compressed(response: Response) -> Response:
    """A static text, compressed for who takes that.

    Pages are not: what they hold of people, beside what somebody else may put into them, could be guessed from
    their length (the BREACH attack).
    """
    if request.endpoint != "static" or response.mimetype not in TEXTS:
        return response
    response.vary.add("Accept-Encoding")
    if response.status_code != 200 or not request.accept_encodings["gzip"]:
        return response
    path = FOLDER / (request.view_args or {})["filename"]
    response.direct_passthrough = False
    response.set_data(_gzip(path, path.stat().st_mtime_ns))
    response.content_encoding = "gzip"
    tag, _ = response.get_etag()
    if tag:
        response.set_etag(tag, weak=True)  # the same text, in other bytes
    return response


@cache
def _gzip(path: Path, _changed: int) -> bytes:
    return gzip.compress(path.read_bytes(), mtime=0)
