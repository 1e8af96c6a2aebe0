"""The mock as a process: `contactbench mock`, and the one that a command starts for itself.

`python -m harness.simulator.mock_process` lives as long as the process that started it. That process holds the other
end of standard input, which closes however it ends, SIGKILL included.
"""

import os
import signal
import sys
import threading
from collections.abc import Sequence

from typer.core import TyperCommand

from mockserver.__main__ import main


def serve(arguments: Sequence[str], style: type[TyperCommand]) -> int:
    """Serve until told to stop; the exit code. `style`: of its help."""
    return main(arguments, "contactbench mock", style)


def _end_with_parent() -> None:
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, daemon=True).start()
    sys.exit(main(sys.argv[1:]))
