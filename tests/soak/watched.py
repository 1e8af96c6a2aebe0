"""`python -m tests.soak.watched FILE MODULE ...`: a module as a program, whose number of asyncio tasks FILE holds."""

import asyncio
import runpy
import sys
import threading
import time
from pathlib import Path

EVERY_S = 1.0
_running: set[asyncio.AbstractEventLoop] = set()


def _watch_loops() -> None:
    run_forever = asyncio.BaseEventLoop.run_forever

    def watched(loop: asyncio.BaseEventLoop) -> None:
        _running.add(loop)
        try:
            run_forever(loop)
        finally:
            _running.discard(loop)

    asyncio.BaseEventLoop.run_forever = watched  # type: ignore[method-assign]


def _tell(file: Path) -> None:
    draft = file.with_suffix(".draft")
    while True:
        draft.write_text(str(sum(len(asyncio.all_tasks(loop)) for loop in tuple(_running))))
        draft.replace(file)
        time.sleep(EVERY_S)


if __name__ == "__main__":
    _watch_loops()
    threading.Thread(target=_tell, args=[Path(sys.argv[1])], daemon=True).start()
    sys.argv = sys.argv[2:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
