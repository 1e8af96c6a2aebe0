"""The last requests, and counts of all."""

import pytest

from mockserver.state.request_log import ServerRequestLog


@pytest.fixture
def asked():
    """A function: the log of so many requests, of which it keeps 1,200."""

    def after(requests):
        log = ServerRequestLog(capacity=1_200)
        for size in range(1, requests + 1):
            log.add(op="op", token="", status=200, size=size, t=size, list_id="", correlation_id="", sent=0)
        return log

    return after


@pytest.mark.parametrize("requests", [0, 1, 499, 500, 501, 1_200, 1_201, 1_700, 5_321])
def test_what_is_kept(asked, requests):
    """The newest ones in their order, wherever one begins to read; the numbers of the others are not used again."""
    log = asked(requests)
    first = max(1, requests - 1_199)
    for since in (0, first - 1, first, requests - 501, requests - 500, requests - 1, requests, requests + 7):
        kept = [*range(max(first, since + 1), requests + 1)]
        assert [(entry.seq, entry.bytes) for entry in log.since(since)] == [(seq, seq) for seq in kept]
    assert log.verification(0)["kept"] == min(requests, 1_200)
    assert log.counts() == ({"op": {200: requests}} if requests else {})
