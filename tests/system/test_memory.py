import ctypes
import subprocess
import sys

import pytest

from isthmus.system.memory import keep_freed_memory

FAULTS = """
import resource, torch
from isthmus.system.memory import keep_freed_memory

def faults_of_blocks():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(8):
        torch.ones(16 * 2**20)  # 64 MiB
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

print(faults_of_blocks())
with keep_freed_memory():
    faults_of_blocks()  # it takes some blocks until one is found again, whatever small ones lie between
    print(faults_of_blocks())
"""


@pytest.mark.skipif(
    not sys.platform.startswith("linux") or not hasattr(ctypes.CDLL(None), "malloc_trim"),
    reason="only the GNU C library has these settings",
)
def test_the_pages_of_large_blocks_are_mapped_once():
    # In a process of its own, since what the C library does with a block depends on all that came before.
    said = subprocess.run([sys.executable, "-c", FAULTS], capture_output=True, text=True, check=True).stdout
    given_back, kept = map(int, said.split())
    assert kept < given_back / 2


def test_it_ends_with_an_error_too():
    with pytest.raises(RuntimeError, match="inside"), keep_freed_memory():
        raise RuntimeError("inside")
