"""A command in a terminal of its own, as a person sees it."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..end_to_end.processes import CONTACTBENCH, environment

LIVE = re.compile(r"\r([^\r\n\x1b]+)\x1b\[K")  # what was drawn over the row, and the rest of the row erased
TIMEOUT_S = 120.0


@dataclass(frozen=True)
class Screen:
    """All that was written, and the exit code."""

    text: str
    code: int

    @property
    def drawn(self) -> list[str]:
        """The live line, as it was each time."""
        return LIVE.findall(self.text)

    @property
    def lines(self) -> list[str]:
        """What is left on the screen: each row after what was erased in it."""
        rows = [re.split(r"\x1b\[K", row)[-1] for row in self.text.replace("\r\n", "\n").split("\n")]
        return [row for row in rows if row]


def in_terminal(
    arguments: list[str], cwd: Path, columns: int, stop_when: Callable[[], bool] = lambda: False, **environ: str
) -> Screen:
    """`contactbench` to its end in a terminal that is so wide; Ctrl-C is typed once `stop_when` holds."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(cwd)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.execve(CONTACTBENCH, [CONTACTBENCH, *arguments], environment(**{"TERM": "xterm", **environ}))
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    ends, written, stopped = time.monotonic() + TIMEOUT_S, b"", False
    try:
        while time.monotonic() < ends:
            if select.select([terminal], [], [], 0.05)[0]:
                try:
                    written += os.read(terminal, 65536)
                except OSError:  # the other end is closed
                    break
            if not stopped and stop_when():
                stopped = bool(os.write(terminal, b"\x03"))
        else:
            os.kill(pid, signal.SIGKILL)
    finally:
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        os.close(terminal)
    return Screen(written.decode(), code)
