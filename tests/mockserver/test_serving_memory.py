"""What a serving process does about its memory; in processes of their own, since it lasts."""

import ctypes
import subprocess
import sys

import pytest

CHURN = """
import gc, resource
from mockserver import serving
{settings}
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
def answer():
    return [b"x" * 700_000 for _ in range(4)]
for _ in range(20):
    answer()
before = faults()
for _ in range(50):
    answer()
print(faults() - before, gc.get_freeze_count())
"""


def churned(settings: str) -> list[int]:
    """How often the process had to ask for a page, and how many objects the collector leaves alone."""
    command = [sys.executable, "-c", CHURN.format(settings=settings)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    return list(map(int, ran.stdout.split()))


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="the C library is not glibc")
def test_answers_are_made_in_memory_that_was_used_before():
    """Hardly a page of those 140 MB is asked for again; without the setting it is most of their 34,000."""
    assert churned("serving.keep_freed_memory()")[0] < 100


def test_the_collector_leaves_alone_what_was_loaded():
    """All modules, tables and routes."""
    assert churned("serving.spare_the_garbage_collector()")[1] > 1_000
