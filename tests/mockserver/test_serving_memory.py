"""What a serving process does about its memory; in processes of their own, since it lasts."""

import ctypes
import socket
import subprocess
import sys
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import pytest

from ..end_to_end.processes import Mock

CHURN = """
import gc, resource
from mockserver import serving
{settings}
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
def answer():
    return [b"x" * 700_000 for _ in range(4)]
for _ in range(20):
    answer()
before = faults()
for _ in range(50):
    answer()
print(faults() - before, gc.get_freeze_count())
"""


def churned(settings: str) -> list[int]:
    """How often the process had to ask for a page, and how many objects the collector leaves alone."""
    command = [sys.executable, "-c", CHURN.format(settings=settings)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    return list(map(int, ran.stdout.split()))


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="the C library is not glibc")
def test_answers_are_made_in_memory_that_was_used_before():
    """Hardly a page of those 140 MB is asked for again; without the setting it is most of their 34,000."""
    assert churned("serving.keep_freed_memory()")[0] < 100


def test_the_collector_leaves_alone_what_was_loaded():
    """All modules, tables and routes."""
    assert churned("serving.spare_the_garbage_collector()")[1] > 1_000


CROWD_MB = 64  # more than that must not be taken


@pytest.fixture
def mock(tmp_path):
    mock = Mock(tmp_path, "--pace", "none")
    yield mock
    mock.stop()


def connected(mock, request):
    """A connection on which as much of the request has been sent as goes in."""
    connection = socket.create_connection(("127.0.0.1", int(mock.url.rpartition(":")[2])))
    connection.settimeout(1.0)
    with suppress(OSError):
        connection.sendall(request)
    return connection


def peak_mb(mock):
    status = Path(f"/proc/{mock.process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def token_of(mock):
    form = {"grant_type": "client_credentials"}
    return httpx.post(f"{mock.url}/oauth/token", data=form, auth=mock.client).json()["access_token"]


def half_sent(token):
    head = f"POST /api/v2/outbound/contactlists HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
    return f"{head}Content-Type: application/json\r\nContent-Length: 2900000\r\n\r\n".encode() + b" " * 2_800_000


def pipelined(token):
    return (
        f"GET /api/v2/tokens/me HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n".encode() * 20_000
    )


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="there is no /proc")
@pytest.mark.hardening("mock-17", "mock-22")
@pytest.mark.parametrize(("attack", "times"), [(half_sent, 60), (pipelined, 20)])
def test_a_crowd_takes_little_memory(mock, attack, times):
    """Bodies that stop before their end, or answers that nobody reads: at most 64 MB, and others are served."""
    token = token_of(mock)
    before, request = peak_mb(mock), attack(token)
    with ExitStack() as crowd:
        for _ in range(times):
            crowd.enter_context(connected(mock, request))
        assert len(token_of(mock)) == len(token)
        taken = peak_mb(mock) - before
    assert taken < CROWD_MB
