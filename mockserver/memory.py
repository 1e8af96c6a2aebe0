"""How a process that does nothing but serve deals with its memory."""

import ctypes
import gc

# Of glibc's malloc.h: blocks from which on, and free bytes at the end of the heap from which on, it asks the system.
_M_MMAP_THRESHOLD, _M_TRIM_THRESHOLD = -3, -1
_LARGE_BYTES = 4 << 20  # more than any answer; such a block can grow without being copied
_KEPT_BYTES = 32 << 20


def spare_the_garbage_collector() -> None:
    """What is loaded by now stays: walking it again and again, with a million ids, stops a server for seconds."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 1_000)


def keep_freed_memory() -> None:
    """Do not give back what the next request needs again: a batch and its answer are half a megabyte each.

    To get those pages anew took a fifth of the CPU of a `POST` of 1,000 contacts. Without glibc nothing changes.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
    mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
