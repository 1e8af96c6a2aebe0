"""One request on Locust's client: what a flow is told about it, and what Locust counts."""

import json
import subprocess
import sys
from contextlib import contextmanager
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread

import pytest

from .conftest import ROOT

pytestmark = pytest.mark.smoke

HEAD = b"HTTP/1.1 %b\r\nContent-Length: %d\r\n%b\r\n"


def answer(body=b"", status=b"200 OK", headers=b"", length=None):
    return HEAD % (status, len(body) if length is None else length, headers) + body


class Scripted(BaseRequestHandler):
    """Reads a whole request, notes it, sends the next answer of the script, hangs up; None: hangs up at once, "": waits
    until the client does."""

    def handle(self):
        head, _, body = self._until_blank_line().partition(b"\r\n\r\n")
        announced = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
        while announced and len(body) < int(announced[0].split(b":")[1]):
            body += self.request.recv(1 << 20)
        self.server.seen.append((head.decode(), body))
        reply = self.server.script.pop(0) if self.server.script else None
        if reply == "":
            try:
                self.request.recv(1)
            except ConnectionResetError:
                self.server.resets += 1
        elif reply is not None:
            self.request.sendall(reply)

    def _until_blank_line(self):
        data = b""
        while b"\r\n\r\n" not in data:
            chunk = self.request.recv(1 << 16)
            assert chunk
            data += chunk
        return data


@contextmanager
def server(*script):
    with ThreadingTCPServer(("127.0.0.1", 0), Scripted) as serving:
        serving.script, serving.seen, serving.resets = list(script), [], 0
        thread = Thread(target=serving.serve_forever)
        thread.start()
        try:
            yield serving
        finally:
            serving.shutdown()
            thread.join()


def probe(serving, *calls):
    """The replies to `calls`, sent one after the other from a process that Locust has patched."""
    command = [sys.executable, "-m", "tests.scenarios.exchange_probe"]
    url = f"http://127.0.0.1:{serving.server_address[1]}"
    printed = subprocess.run(
        [*command, url, json.dumps(calls)], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    return [json.loads(line) for line in printed.stdout.splitlines()]


def told(reply, *names):
    return tuple(reply[name] for name in names)


def test_answers_and_what_locust_counts():
    """Any status is an answer; a 429 and an export that is not ready are no failures."""
    script = [
        answer(b"[1]", headers=b"X-A: 1\r\nX-A: 2\r\n"),
        answer(b"<html>", status=b"503 Busy"),
        answer(status=b"429 Slow"),
        answer(status=b"404 Not yet"),
        answer(status=b"404 Gone"),
        answer(status=b"303 There", headers=b"Location: http://127.0.0.1:1/\r\n"),
    ]
    with server(*script) as serving:
        calls = [{"op": op} for op in ("contacts.add", "x", "x", "export.get", "x", "export.download")]
        replies = probe(serving, *calls)
    assert [told(reply, "status", "failure") for reply in replies] == [
        (200, None),
        (503, "HTTP 503"),
        (429, None),
        (404, None),
        (404, "HTTP 404"),
        (303, None),
    ]
    assert (replies[0]["body"], replies[0]["headers"]["x-a"], replies[0]["name"]) == ("[1]", "1, 2", "contacts.add")
    assert replies[1]["body"] == "<html>"


@pytest.mark.parametrize(
    ("script", "call", "sent", "truncated"),
    [
        ([answer(b"[1", length=100)], {}, True, True),  # cut by the end of the connection
        ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"], {}, True, True),
        ([b"HTTP/1.1 200 OK\r\nContent-Le"], {}, True, False),
        ([None], {"method": "POST", "body": "[]"}, True, False),  # read and hung up: it may have been done
        ([b"no such protocol\r\n\r\n"], {}, True, False),
        ([""], {"timeout_s": 0.3}, True, False),
        ([answer(b"[", length=9)], {"method": "POST", "body": "[]"}, True, True),
        ([], {"at": "http://127.0.0.1:1"}, False, False),  # nobody listens: nothing left
    ],
)
def test_what_is_no_answer(script, call, sent, truncated):
    """An answer that is late, cut or garbled is none, and nobody claims that nothing was sent."""
    with server(*script) as serving:
        (reply,) = probe(serving, call)
    assert told(reply, "status", "sent", "truncated") == (0, sent, truncated), reply
    assert reply["error"] == reply["failure"]


def test_a_post_is_sent_once():
    """A lost answer is the flow's to resolve, so the client repeats nothing by itself."""
    with server(None, answer()) as serving:
        probe(serving, {"method": "POST", "body": "[]"})
        assert len(serving.seen) == 1


def test_a_connection_that_is_given_up_is_reset():
    """What the system still holds of the request goes with it, and is not delivered to a server that reads on."""
    with server("") as serving:
        probe(serving, {"method": "POST", "body": "[]", "timeout_s": 0.3})
    assert serving.resets == 1


@pytest.mark.hardening("harness-5", "harness-8")
def test_what_goes_out():
    """Header, query and body go as they are, gzip alone is requested, and no cookie comes back; the statistics never
    see a signed query."""
    with server(answer(headers=b"Set-Cookie: a=1; Path=/\r\n"), answer()) as serving:
        call = {"method": "POST", "url": "/a", "query": {"sig": "a b&c"}, "headers": {"X-T": "1"}, "body": "[ü]"}
        reply, _ = probe(serving, call, {"url": "/b"})
        (head, body), (second, _) = serving.seen
    assert ("Accept-Encoding: gzip\r\n" in head, "Cookie" in second) == (True, False)
    assert head.startswith("POST /a?sig=a+b%26c HTTP/1.1\r\n")
    assert ("X-T: 1" in head, body.decode()) == (True, "[ü]")
    assert "sig" not in reply["url"]


def test_a_download_goes_to_its_file(tmp_path):
    """A file of any size; only a success is kept."""
    saved, refused = tmp_path / "export.csv", tmp_path / "refused.csv"
    with server(answer(b"123456,\n" * 375_000), answer(b"no", status=b"403 No")) as serving:
        good, bad = probe(serving, {"save_to": str(saved)}, {"save_to": str(refused)})
    assert (good["body"], saved.stat().st_size) == ("", 3_000_000)
    assert (bad["body"], refused.exists()) == ("no", False)


def test_a_large_file_is_not_held_in_memory(tmp_path):
    """48 MB go out whole, and the process grows by less than 8 MB."""
    large = tmp_path / "leads.csv"
    large.write_bytes(b"0123456789abcde\n" * 3_000_000)
    with server(answer()) as serving:
        (reply,) = probe(serving, {"method": "POST", "upload": str(large)})
        (head, body), *_ = serving.seen
    assert f"Content-Length: {len(body)}" in head
    assert body.count(b"0123456789abcde\n") == 3_000_000
    assert reply["grown_kib"] < 8 * 1024
