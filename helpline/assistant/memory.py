"""Gives back what starting needed and answering does not: mostly TensorFlow, which Rasa imports and we never call.

Pages of program files that were only touched while importing are left to the kernel, which reads them again from its
cache should they be needed; freed memory goes back to the system; and what lives as long as the process is not looked
at by the garbage collector any more, which also makes its pauses shorter.
"""

from __future__ import annotations

import ctypes
import gc
import sys
from pathlib import Path

from helpline import logs

DO_NOT_NEED = 4
"""MADV_DONTNEED: the next look at such a page reads it from its file again."""
LEAST = 1 << 20
"""Bytes of a mapping worth the call."""

log = logs.get(__name__)


def give_back() -> None:
    """Once, when everything is loaded and warm."""
    gc.collect()
    gc.freeze()
    if not sys.platform.startswith("linux"):
        return
    try:
        libc = ctypes.CDLL("libc.so.6", use_errno=True)
        for start, size in _program_files(Path("/proc/self/smaps").read_text("ascii", "replace")):
            libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(size), DO_NOT_NEED)
        libc.malloc_trim(0)
    except (OSError, AttributeError):  # another C library, or no /proc: then it stays as it is
        logs.failure(log, "memory_not_given_back")


def _program_files(smaps: str) -> list[tuple[int, int]]:
    """Start and size of read-only mappings of files in which no page was ever changed (`Anonymous` is 0).

    A page that was written, as the linker does with addresses before it protects them, exists nowhere else.
    """
    found: list[tuple[int, int]] = []
    place: tuple[int, int] | None = None
    for line in smaps.splitlines():
        name, _, rest = line.partition(" ")
        if not name.endswith(":"):
            fields = line.split()
            start, end = (int(one, 16) for one in name.split("-"))
            file = len(fields) > 5 and fields[5].startswith("/") and "w" not in fields[1] and fields[1].endswith("p")
            place = (start, end - start) if file and end - start >= LEAST else None
        elif name == "Anonymous:" and place is not None and int(rest.split()[0]) == 0:
            found.append(place)
    return found
