"""Between a client and a PostgreSQL server: a proxy on Unix sockets that does something at the nth COMMIT."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Literal

CHUNK = 1 << 20
Fate = Literal["pass", "lose the commit", "lose the answer"]


class DatabaseProxy:
    """`at` says at which COMMIT of all connections what is to happen; `done` what has happened."""

    def __init__(self, folder: Path, server: Path) -> None:
        self.at: dict[int, Callable[[], Fate]] = {}
        self.commits = 0
        self.done: list[Fate] = []
        self._server = server
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / ".s.PGSQL.5432"))
        self._listener.listen()
        Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        """One connection, to its end."""
        with client, socket.socket(socket.AF_UNIX) as server, suppress(OSError):
            server.connect(str(self._server))
            answers = Thread(target=_copy, args=(server, client), daemon=True)
            answers.start()
            self._requests(client, server)
            answers.join()

    def _requests(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(CHUNK):
                fate: Fate = "pass"
                if b"COMMIT" in data:  # the client waits for its answer before it sends anything else
                    self.commits += 1
                    fate = self.at.pop(self.commits, _passing)()
                    self.done += [] if fate == "pass" else [fate]
                if fate == "lose the answer":
                    client.shutdown(socket.SHUT_RDWR)
                if fate == "lose the commit":
                    break
                server.sendall(data)
        _end(client, server)


def _passing() -> Fate:
    return "pass"


def _copy(from_: socket.socket, to: socket.socket) -> None:
    with suppress(OSError):
        while data := from_.recv(CHUNK):
            to.sendall(data)
    _end(from_, to)


def _end(*sockets: socket.socket) -> None:
    for each in sockets:
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


@contextmanager
def proxied(folder: Path, server: Path) -> Iterator[DatabaseProxy]:
    """A proxy whose socket is in `folder`, before the socket `server`."""
    proxy = DatabaseProxy(folder, server)
    try:
        yield proxy
    finally:
        proxy.close()
