"""Memory is given back only where the file still has it: a changed page would be lost."""

import json
import os
import subprocess
import sys

import pytest

from helpline.assistant import memory

SMAPS = """7f0000000000-7f0000400000 r-xp 00000000 fe:00 1 /lib/big.so
Rss:                4096 kB
Anonymous:             0 kB
VmFlags: rd ex
7f0000400000-7f0000800000 r--p 00000000 fe:00 1 /lib/relocated.so
Anonymous:            64 kB
7f0000800000-7f0000c00000 rw-p 00000000 fe:00 1 /lib/data.so
Anonymous:             0 kB
7f0000c00000-7f0000c01000 r-xp 00000000 fe:00 1 /lib/small.so
Anonymous:             0 kB
7f0000d00000-7f0001100000 r--s 00000000 fe:00 1 /tmp/shared
Anonymous:             0 kB
7f0002000000-7f0002400000 r-xp 00000000 00:00 0
Anonymous:             0 kB
"""


def test_only_unchanged_private_read_only_files_of_some_size_are_given_back():
    assert memory._program_files(SMAPS) == [(0x7F0000000000, 0x400000)]


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="about Linux")
def test_process_goes_on_with_less_memory():
    program = """
import json, os, numpy, scipy.linalg, sklearn.linear_model
from helpline.assistant import memory
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGESIZE")
before = resident()
memory.give_back()
after = resident()
solved = scipy.linalg.solve(numpy.eye(3) * 2, numpy.ones(3)).tolist()
print(json.dumps([before, after, solved]))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=os.environ)
    before, after, solved = json.loads(done.stdout)
    assert after < before and solved == [0.5, 0.5, 0.5]
