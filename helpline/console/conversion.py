"""Files made safe and playable: nothing that tells where or by whom they were made reaches a colleague, or leaves.

Photos are drawn anew here; sound and film go through ffmpeg. A film that cannot be cleaned is not shown.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from PIL import Image, ImageOps

from helpline import logs
from helpline.errors import InputError

CONVERT_SECONDS = 30
_READ_AS = {
    "audio/ogg": "ogg", "audio/mpeg": "mp3", "audio/aac": "aac", "audio/amr": "amr", "audio/mp4": "mp4",
    "audio/webm": "matroska", "video/mp4": "mp4", "video/3gpp": "mp4",
}  # fmt: skip
"""ffmpeg is told what it reads: left to guess, it would follow a playlist to other files of this machine."""
PIXELS, SIDE = 60_000_000, 1600
"""A larger picture is not opened: it may be made to fill the memory. A screen needs no more than SIDE."""
_FILM = ["-map_metadata", "-1", "-map_chapters", "-1", "-c", "copy", "-movflags", "+faststart"]
_SOUND = ["-map_metadata", "-1", "-vn", "-ac", "1", "-b:a", "48k"]
_VOICE = ["-map_metadata", "-1", "-vn", "-ac", "1", "-ar", "48000", "-c:a", "libopus", "-b:a", "24k"]
log = logs.get(__name__)


def plain(content: bytes, kind: str) -> tuple[bytes, str]:
    """Photos without metadata and not larger than a screen; sound as MP3, which every browser plays."""
    if kind.startswith("audio/"):
        return _converted(content, kind, _SOUND, ".mp3", "audio/mpeg")
    if kind.startswith("video/"):
        cleaned, _ = _converted(content, kind, _FILM, ".mp4", "video/mp4")
        if cleaned is content:
            raise InputError("error.file_unclean")
        return cleaned, "video/mp4"
    return (_photo(content), "image/jpeg") if kind.startswith("image/") else (content, kind)


def _photo(content: bytes) -> bytes:
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP")) as picture:
            if picture.width * picture.height > PIXELS:
                raise InputError("error.file_unclean")
            upright = ImageOps.exif_transpose(picture).convert("RGBA")
            upright.thumbnail((SIDE, SIDE))
            drawn, out = Image.new("RGB", upright.size, "white"), io.BytesIO()
            drawn.paste(upright, mask=upright)
            drawn.save(out, "JPEG", quality=85)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        logs.failure(log, "file_not_converted")
        raise InputError("error.file_unclean") from None
    return out.getvalue()


def voice_note(content: bytes, kind: str) -> tuple[bytes, str]:
    """What a browser recorded as the one form WhatsApp shows as a voice note: Opus in Ogg, one channel."""
    return _converted(content, kind, _VOICE, ".ogg", "audio/ogg")


@cache
def _ffmpeg() -> str | None:
    return shutil.which("ffmpeg")


def _converted(content: bytes, kind: str, options: list[str], suffix: str, becomes: str) -> tuple[bytes, str]:
    program = _ffmpeg()
    if program is None or kind not in _READ_AS:
        return content, kind
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "in"), Path(folder, f"out{suffix}")
        source.write_bytes(content)
        command = [program, "-nostdin", "-loglevel", "error", "-protocol_whitelist", "file", "-f", _READ_AS[kind], "-i"]
        command += [str(source), *options, str(target)]
        try:
            subprocess.run(command, check=True, timeout=CONVERT_SECONDS, capture_output=True)  # noqa: S603
        except (subprocess.SubprocessError, OSError):
            logs.failure(log, "file_not_converted")
            return content, kind
        return target.read_bytes(), becomes
