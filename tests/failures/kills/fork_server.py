"""A process that has loaded everything and forks: a start costs no imports, and a kill is a kill.

One JSON object a line, one answer each: `start` a child, or `wait` for one to have ended. Whoever is still alive when
the input ends is killed.
"""

import json
import os
import signal
import sys
import traceback
from collections.abc import Iterable
from typing import Any, TextIO

from . import children

DUTIES = {"uploading": children.uploading, "serving": children.serving}


def attend(requests: Iterable[str], answers: TextIO) -> None:
    living: set[int] = set()
    for line in requests:
        request = json.loads(line)
        if request["do"] == "start":
            pid = _forked(request)
            living.add(pid)
            answer: dict[str, Any] = {"pid": pid}
        else:
            _, status, used = os.wait4(request["pid"], 0)
            living.discard(request["pid"])
            answer = {"code": os.waitstatus_to_exitcode(status), "cpu_s": used.ru_utime + used.ru_stime}
        answers.write(f"{json.dumps(answer)}\n")
        answers.flush()
    for pid in living:
        os.kill(pid, signal.SIGKILL)


def _forked(request: dict[str, Any]) -> int:
    """The pid of a new child, which does its duty and nothing else."""
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        _on_its_own(request["out"], request["err"])
        code = DUTIES[request["duty"]](**request["about"])
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)  # nothing of the parent's may be closed or flushed twice


def _on_its_own(out: str, err: str) -> None:
    """Streams of its own."""
    for number, path, flags in ((0, os.devnull, os.O_RDONLY), (1, out, os.O_WRONLY), (2, err, os.O_WRONLY)):
        handle = os.open(path, flags | (os.O_CREAT | os.O_APPEND if number else 0), 0o600)
        os.dup2(handle, number)
        os.close(handle)


if __name__ == "__main__":
    attend(sys.stdin, sys.stdout)
