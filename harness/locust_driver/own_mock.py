"""The org of somebody who named none: the mock that listens in its usual place, else one of Locust's own."""

import atexit
from contextlib import ExitStack
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from ..errors import UsageError
from ..runs.resolve_target import MOCK_URL
from ..simulator.mock_org import started

PATIENCE_S = 5.0


def own_mock(*, refused: bool, seed: int) -> dict[str, str]:
    """What the ready file of the new mock says; nothing where a mock listens already. Raises UsageError for another
    server there, and where a new one is `refused`."""
    if _listens():
        return {}
    if refused:
        raise UsageError(
            "NO_MOCK", f"nothing listens at {MOCK_URL}: start `contactbench mock`, give --host, or omit --no-mock."
        )
    stack = ExitStack()
    ready = stack.enter_context(started("default", seed, "none"))
    atexit.register(stack.close)
    return ready


def _listens() -> bool:
    """Whether a mock does. Raises UsageError for something else."""
    connection = HTTPConnection(urlsplit(MOCK_URL).netloc, timeout=PATIENCE_S)
    try:
        connection.request("GET", "/healthz")
        is_mock = connection.getresponse().getheader("X-Mock") is not None
    except ConnectionRefusedError:
        return False
    except (OSError, HTTPException):
        is_mock = False
    finally:
        connection.close()
    if not is_mock:
        raise UsageError("NOT_A_MOCK", f"what listens at {MOCK_URL} is not a mock; stop it, or give --host.")
    return True
