"""A PostgreSQL server for tests, of Debian's package: in a folder of its own, on a Unix socket, as durable as any.

It refuses to run as root, so it then runs as the user `postgres`. Tests that need it skip where it is absent.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

PACKAGED = "/usr/lib/postgresql"
PORT = 5432  # of the socket's name: nothing listens on TCP
STARTING_S = 60


@dataclass
class Server:
    """One that can be killed and started again, its data kept."""

    programs: Path
    folder: Path
    within: Sequence[str] = ()  # what its command is prefixed with: a network namespace, or nothing
    _leader: "subprocess.Popen[bytes]" = field(init=False)

    def url(self, database: str = "postgres", user: str = "postgres") -> str:
        return f"postgresql://{user}@/{database}?host={self.folder}&port={PORT}"

    def start(self, *settings: str) -> None:
        options = ["-c", "listen_addresses=", "-k", str(self.folder), *(f"-c{each}" for each in settings)]
        with self.log.open("ab") as log:
            command = [
                *self.within,
                *_as_nobody_special(),
                str(self.programs / "postgres"),
                "-D",
                str(self.data),
                *options,
            ]
            self._leader = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log)
        ready = [str(self.programs / "pg_isready"), "-q", "-h", str(self.folder)]
        ends = time.monotonic() + STARTING_S
        while subprocess.run(ready).returncode:
            assert time.monotonic() < ends, self.log.read_text()
            assert self._leader.poll() is None, self.log.read_text()
            time.sleep(0.05)

    def stop(self) -> None:
        """As an operator stops it for maintenance: whoever is connected is told."""
        self._leader.send_signal(signal.SIGINT)
        self._leader.wait()

    def kill(self) -> None:
        """SIGKILL, with every process of the server's: nothing is written down any more."""
        children = [
            int(pid) for pid in Path(f"/proc/{self._leader.pid}/task/{self._leader.pid}/children").read_text().split()
        ]
        self._leader.kill()
        for pid in children:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._leader.wait()
        while not all(map(_gone, children)):  # for as long as one has its memory, no server begins
            time.sleep(0.01)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def _run(self, program: str, *arguments: str) -> None:
        command = [*_as_nobody_special(), str(self.programs / program), *arguments]
        done = subprocess.run(
            command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        assert done.returncode == 0, done.stdout.decode()


def _gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@contextmanager
def running(*settings: str, within: Sequence[str] = ()) -> Iterator[Server]:
    """A new server with an empty database. Skips the test where there is no PostgreSQL, or nobody it could run as."""
    programs = _programs()
    if os.geteuid() == 0:
        try:
            owner = pwd.getpwnam("postgres")
        except KeyError:
            pytest.skip("PostgreSQL does not run as root, and there is no user `postgres`")
    folder = Path(tempfile.mkdtemp(prefix="cbpg"))  # short: a socket's path has 107 bytes at the most
    folder.chmod(0o755)
    if os.geteuid() == 0:
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    server = Server(programs, folder, within)
    try:
        server._run("initdb", "-D", str(server.data), "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-locale")
        server.start(*settings)
        yield server
    finally:
        if hasattr(server, "_leader"):
            server.kill()
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    packaged = sorted(Path(PACKAGED).glob("*/bin/initdb"), key=lambda path: int(path.parts[-3].partition(".")[0]))
    found = shutil.which("initdb")
    if packaged:
        return packaged[-1].parent
    if found is None:
        pytest.skip(f"PostgreSQL is absent: no initdb in {PACKAGED}/*/bin or on the PATH")
    return Path(found).parent


def _as_nobody_special() -> list[str]:
    return ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--init-groups"] if os.geteuid() == 0 else []


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A server for the whole session; who stops it starts it again."""
    with running() as server:
        yield server
