"""Pictures of pages for the documentation, kept small: as many colours as a page of the console needs."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    from playwright.sync_api import Page

COLOURS = 64


def take(page: Page, path: Path) -> None:
    """Write what the window shows."""
    shown = Image.open(io.BytesIO(page.screenshot()))
    shown.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
