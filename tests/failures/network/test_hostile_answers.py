"""Answers that would take all memory, all of a disk or all time of whoever reads them whole, by both drivers."""

import gzip
import zlib
from contextlib import contextmanager
from itertools import repeat
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread

import pytest

from .answer_probe import outcomes

MIB = 1024 * 1024
MOST_KIB = 64 * 1000
OK = b"HTTP/1.1 200 OK\r\n"


def unzipping_to(content, times):
    """A gzip body that unzips to `content` so many times; each time takes a thousandth of it."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    head = packer.compress(content) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(content) + packer.flush(zlib.Z_FULL_FLUSH)
    return head + again * times


def coded(coding, body):
    yield OK + b"Content-Encoding: %b\r\nContent-Length: %d\r\n\r\n" % (coding, len(body)) + body


def endless(head, piece):
    yield head
    yield from repeat(piece)


def chunk(data):
    return b"%x\r\n%b\r\n" % (len(data), data)


CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
ONE_LINE = bytes(MIB)
BOMB = unzipping_to(ONE_LINE, 1024)
ANSWERS = {
    "/fine": lambda: [OK + b"Content-Length: 2\r\n\r\n{}"],
    "/endless": lambda: endless(CHUNKED, chunk(ONE_LINE)),
    "/gzip": lambda: coded(b"gzip", BOMB),
    "/gzip-twice": lambda: coded(b"gzip, gzip", gzip.compress(BOMB)),
    "/gzip-on-two-lines": lambda: coded(b"gzip\r\nContent-Encoding: gzip", gzip.compress(BOMB)),
    "/brotli": lambda: coded(b"br", b"\x1b"),
    "/gzip-and-more": lambda: coded(b"gzip", gzip.compress(b"{}") + bytes(MIB)),
    "/gzip-cut": lambda: coded(b"gzip", gzip.compress(b"{}")[:-4]),
    "/export-endless": lambda: endless(CHUNKED, chunk(ONE_LINE)),
    "/export-gzip": lambda: coded(b"gzip", BOMB),
    "/header-line": lambda: endless(OK + b"X-A: ", b"a" * 65_536),
    "/header-lines": lambda: endless(OK, b"X-A: a\r\n" * 4_096),
    "/trailers": lambda: endless(CHUNKED + chunk(b"{}") + b"0\r\n", b"X-A: a\r\n" * 4_096),
    "/interim": lambda: endless(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 1_024),
    "/continue": lambda: endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1_024),
}
LOST = {
    "/gzip": "AnswerTooLong",
    "/endless": "AnswerTooLong",
    "/gzip-twice": "BadContentEncoding",
    "/gzip-on-two-lines": "BadContentEncoding",
    "/brotli": "BadContentEncoding",
    "/gzip-and-more": "BadGzip",
    "/gzip-cut": "BadGzip",
    "/export-endless": "BAD_FILE",
    "/export-gzip": "BAD_FILE",
}
FLOODS = {
    "httpx": {
        **dict.fromkeys(("/header-line", "/header-lines", "/trailers"), "RemoteProtocolError"),
        **dict.fromkeys(("/interim", "/continue"), "TimeoutError"),  # nothing of it is kept; the call's time ends it
    },
    "gevent": dict.fromkeys(("/header-line", "/header-lines", "/trailers", "/interim", "/continue"), "HTTPParseError"),
}


class Hostile(StreamRequestHandler):
    """Answers a request by its path, for as long as it is read."""

    def handle(self):
        path = self.rfile.readline().split()[1].decode()
        while self.rfile.readline().strip():
            pass
        try:
            for piece in ANSWERS[path]():
                self.wfile.write(piece)
        except OSError:
            pass  # it is read no more


@contextmanager
def hostile_server():
    with ThreadingTCPServer(("127.0.0.1", 0), Hostile) as serving:
        Thread(target=serving.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{serving.server_address[1]}"
        finally:
            serving.shutdown()


@pytest.mark.hardening("harness-8")
@pytest.mark.parametrize(
    "driver", [pytest.param("httpx", marks=pytest.mark.slow), pytest.param("gevent", marks=pytest.mark.smoke)]
)
def test_answers_that_grow(tmp_path, driver):
    """None is believed, the process grows by less than 64 MB, and the disk gets no more than a line may have."""
    expected = LOST | FLOODS[driver]
    with hostile_server() as url:
        found = outcomes(driver, url, tmp_path, expected)
    assert {path: came for path, (came, _) in found.items()} == expected
    assert max(grown for _, grown in found.values()) < MOST_KIB
    assert (tmp_path / "export.csv").stat().st_size < 4 * MIB
