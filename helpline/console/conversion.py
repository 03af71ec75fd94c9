"""Files made safe and playable with ffmpeg, where it is installed: without it they pass as they are."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from helpline import logs

CONVERT_SECONDS = 30
_READ_AS = {
    "image/jpeg": "jpeg_pipe", "image/png": "png_pipe", "image/webp": "webp_pipe", "audio/ogg": "ogg",
    "audio/mpeg": "mp3", "audio/aac": "aac", "audio/amr": "amr", "audio/mp4": "mp4", "audio/webm": "matroska",
}  # fmt: skip
"""ffmpeg is told what it reads: left to guess, it would follow a playlist to other files of this machine."""
_PHOTO = ["-map_metadata", "-1", "-frames:v", "1", "-vf", "scale='min(1600,iw)':-2"]
_SOUND = ["-map_metadata", "-1", "-vn", "-ac", "1", "-b:a", "48k"]
_VOICE = ["-map_metadata", "-1", "-vn", "-ac", "1", "-ar", "48000", "-c:a", "libopus", "-b:a", "24k"]
log = logs.get(__name__)


def plain(content: bytes, kind: str) -> tuple[bytes, str]:
    """Photos without metadata and not larger than a screen; sound as MP3, which every browser plays."""
    if kind.startswith("audio/"):
        return _converted(content, kind, _SOUND, ".mp3", "audio/mpeg")
    return _converted(content, kind, _PHOTO, ".jpg", "image/jpeg")


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
