"""`python -m harness.twin.companion`: the mock, for as long as the process that started it lives.

That process holds the other end of standard input, which closes however it ends, SIGKILL included.
"""

import os
import signal
import sys
import threading

from mockserver.__main__ import main


def _end_with_the_other() -> None:
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_end_with_the_other, daemon=True).start()
    sys.exit(main(sys.argv[1:]))
