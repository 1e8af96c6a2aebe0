"""A server under comparison: a process of its own, asked over one connection that stays open."""

import http.client
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.end_to_end.processes import Mock

from .work import COLUMNS

_LISTS = "/api/v2/outbound/contactlists"
_HERE = Path(__file__).parent
_HIGH = 100_000_000
_BLOCK_BYTES = 1 << 20


class Served:
    """One contact list of a server, and what its process has used. All of them have the same few addresses."""

    def __init__(self, url: str, pid: int) -> None:
        self.pid = pid
        where = urlsplit(url)
        self._connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=600)
        form = "grant_type=client_credentials&client_id=mock-client&client_secret=mock-secret"
        self._headers = {"Content-Type": "application/x-www-form-urlencoded"}
        token = json.loads(self.ask("POST", "/oauth/token", form.encode()))["access_token"]
        self._headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        self.list_id = self.new_list()

    def new_list(self) -> str:
        phones = [{"columnName": "Phone", "type": "cell"}]
        spec = {"name": f"list {time.monotonic_ns()}", "columnNames": COLUMNS, "phoneColumns": phones}
        return json.loads(self.ask("POST", _LISTS, json.dumps(spec).encode()))["id"]

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> bytes:
        """The body of the answer. Raises AssertionError unless the server is content."""
        self._connection.request(method, path, body, self._headers | headers)
        reply = self._connection.getresponse()
        content = reply.read()
        assert reply.status < 300, (reply.status, content[:500])
        return content

    def post(self, body: bytes) -> bytes:
        return self.ask("POST", f"{_LISTS}/{self.list_id}/contacts", body)

    def clear(self) -> None:
        self.rest()
        self.ask("POST", f"{_LISTS}/{self.list_id}/clear", b"")

    def size(self) -> int:
        return int(json.loads(self.ask("GET", f"{_LISTS}/{self.list_id}?includeSize=true"))["size"])

    def renew(self) -> None:
        """Another list instead of this one."""
        self.rest()
        self.ask("DELETE", f"{_LISTS}/{self.list_id}")
        self.list_id = self.new_list()

    def upload(self, path: Path) -> None:
        """A CSV file into the list; it is all in when this returns."""
        fields = {"id": self.list_id, "fileType": "contactlist"}
        head = "".join(f'--b\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items())
        head += '--b\r\nContent-Disposition: form-data; name="file"; filename="leads.csv"\r\n\r\n'
        ends = head.encode(), b"\r\n--b--\r\n"
        sizes = {"Content-Type": "multipart/form-data; boundary=b"}
        sizes["Content-Length"] = str(path.stat().st_size + sum(map(len, ends)))
        with path.open("rb") as file:
            blocks = iter(lambda: file.read(_BLOCK_BYTES), b"")
            self.ask("POST", "/uploads/v2/contactlist", chain(ends[:1], blocks, ends[1:]), **sizes)
        status = json.loads(self.ask("GET", f"{_LISTS}/{self.list_id}/importstatus"))
        assert status.get("percentComplete") == 100, status

    def export(self, to: Path) -> Path:
        """The list as a CSV file."""
        self.ask("POST", f"{_LISTS}/{self.list_id}/export")
        uri = urlsplit(json.loads(self.ask("GET", f"{_LISTS}/{self.list_id}/export"))["uri"])
        signed = urlsplit(json.loads(self.ask("GET", f"{uri.path}?issueRedirect=false"))["url"])
        self._connection.request("GET", f"{signed.path}?{signed.query}")
        reply = self._connection.getresponse()
        assert reply.status == 200, reply.read()
        with to.open("wb") as file:
            shutil.copyfileobj(reply, file, _BLOCK_BYTES)
        return to

    def cpu_s(self) -> float:
        """Seconds of CPU that the process has used so far, to the nanosecond. The clock's number is the C library's."""
        return time.clock_gettime(~self.pid << 3 | 2)

    def rss(self) -> int:
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * 4096

    def begin_peak(self) -> int:
        """The memory now, from which on `peak` counts anew."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")
        return self.rss()

    def peak(self) -> int:
        """The most memory since then."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024

    def rest(self) -> None:
        """End the connection, as a server would during a long turn of another; the next request opens one."""
        self._connection.close()


@contextmanager
def reference(name: str) -> Iterator[Served]:
    """A server of this folder."""
    process = subprocess.Popen([sys.executable, str(_HERE / f"{name}.py")], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        served = Served(f"http://127.0.0.1:{int(process.stdout.readline())}", process.pid)
        yield served
        served.rest()
    finally:
        process.terminate()
        process.communicate()


@contextmanager
def mock_org(folder: Path, *options: str) -> Iterator[Served]:
    """The mock: it does not wait, and its limits are there but out of reach."""
    mock = Mock(folder, "--pace", "none", "--seed", "1", *options)
    try:
        caps = {"limits__contacts_per_list": _HIGH, "limits__contacts_per_org": _HIGH, "limits__upload_bytes": 1 << 40}
        mock.settings(rate__requests_per_window=_HIGH, **caps)
        served = Served(mock.url, mock.process.pid)
        yield served
        served.rest()
    finally:
        mock.stop()
