"""A server that has imported everything and forks for each command: a start costs no imports, a kill is still a kill.

Each request is one message: program, arguments, folder and environment as JSON, and three file descriptors: standard
output, standard error, and a pipe that is told the pid of the child and, when it has ended, its wait status.
"""

import atexit
import inspect
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
MOST_BYTES = 1 << 17  # of one request
PROGRAMS = {"contactbench": ("harness.cli", "main"), "mockserver": ("mockserver.__main__", "main")}
LOADED_AHEAD = (
    "anyio._backends._asyncio",
    "concurrent.futures.thread",
    "duckdb",
    "encodings.idna",
    "encodings.utf_8_sig",
    "harness.cli",
    "harness.commands.compare",
    "harness.commands.reconcile",
    "harness.commands.verify",
    "harness.estimate",
    "harness.mapping.copy_mapping",
    "harness.runs.cleanup",
    "harness.runs.prepare",
    "harness.simulator",
    "httpx",
    "mockserver.__main__",
    "mockserver.serving",
    "mockserver.storage.durable_store",
    "numpy.ma",
    "reports",
    "reports.documents",
)


class ForkedProcess(subprocess.Popen[str]):
    """A `Popen` of one of the PROGRAMS, started by the fork server of this process."""

    def __init__(self, program: str, arguments: list[str], cwd: Path, environ: dict[str, str]) -> None:
        self._status = -1
        pipe = subprocess.PIPE
        super().__init__([program, *arguments], cwd=cwd, env=environ, stdout=pipe, stderr=pipe, text=True)

    def _execute_child(self, *arguments: Any) -> None:
        given = inspect.signature(super()._execute_child).bind(*arguments).arguments
        self._status, theirs = os.pipe()
        program, *options = given["args"]
        request = {"program": program, "arguments": options, "cwd": str(given["cwd"]), "environ": given["env"]}
        fds = [given["c2pwrite"], given["errwrite"], theirs]
        socket.send_fds(_server(), [json.dumps(request).encode()], fds)
        for fd in fds:
            os.close(fd)
        self.pid = self._told()
        self._child_created = True

    def _told(self) -> int:
        line = b""
        while not line.endswith(b"\n"):
            line += os.read(self._status, 1) or b"0\n"
        return int(line)

    def _try_wait(self, wait_flags: int) -> tuple[int, int]:
        if wait_flags & os.WNOHANG and not select.select([self._status], [], [], 0)[0]:
            return 0, 0
        status = self._told()
        os.close(self._status)
        return self.pid, status

    def _internal_poll(self, *_: Any, **__: Any) -> int | None:
        if self.returncode is None and self._child_created:
            pid, status = self._try_wait(os.WNOHANG)
            if pid:
                self._handle_exitstatus(status)
        return self.returncode


@cache
def _server() -> socket.socket:
    """The socket of this process's server, which ends when the socket is closed."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [sys.executable, "-m", "tests.end_to_end.fork_server", str(theirs.fileno())]
    environ = os.environ | {"OPENBLAS_NUM_THREADS": "1"}  # a process with threads cannot be forked
    server = subprocess.Popen(command, cwd=ROOT, env=environ, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
    theirs.close()
    atexit.register(_stop, server, ours)
    return ours


def _stop(server: "subprocess.Popen[bytes]", channel: socket.socket) -> None:
    channel.close()
    server.wait()


def serve(channel: socket.socket) -> None:
    """Fork for each request until the other end is closed."""
    while True:
        message, fds, _, _ = socket.recv_fds(channel, MOST_BYTES, 3)
        if not message:
            return
        guardian = os.fork()
        if not guardian:
            channel.close()
            _guard(json.loads(message), *fds)
        for fd in fds:
            os.close(fd)
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass


def _guard(request: dict[str, Any], out: int, err: int, status: int) -> None:
    """Fork the child, and tell its pid and how it ended. Never returns."""
    child = os.fork()
    if not child:
        os.close(status)
        _become(request, out, err)
    for fd in (out, err, 1, 2):
        os.close(fd)
    os.write(status, b"%d\n" % child)
    os.write(status, b"%d\n" % os.waitpid(child, 0)[1])
    os._exit(0)


def _become(request: dict[str, Any], out: int, err: int) -> None:
    """Run the program in this process, to its end. Never returns."""
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environ"])
    time.tzset()
    tempfile.tempdir = None
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = [request["program"], *request["arguments"]]
    sys.modules["__main__"].__package__ = None  # or help would name this module
    module, name = PROGRAMS[request["program"]]
    try:
        code = _exit_code(getattr(import_module(module), name))
        threading._shutdown()
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        traceback.print_exc()
        code = 120
    os._exit(code)


def _exit_code(main: Any) -> int:
    try:
        code = main()
    except SystemExit as ended:
        code = ended.code
    except BaseException:
        traceback.print_exc()
        return 1
    if isinstance(code, str):
        sys.stderr.write(f"{code}\n")
        return 1
    return code or 0


if __name__ == "__main__":
    sys.path.insert(0, str(HERE / "without_charts"))
    for loaded in LOADED_AHEAD:
        import_module(loaded)
    serve(socket.socket(fileno=int(sys.argv[1])))
