"""What a run measured survives the run."""

from contextlib import closing

import pytest

from harness.client.request_log import FIELDS, RequestLog, Sample


def sample(seq=0, **changed):
    known = {
        "seq": seq,
        "op": "contacts.add",
        "contact_list_id": "list-1",
        "batch": 0,
        "attempt": 1,
        "planned_at": 0.0,
        "sent_at": 1.0,
        "done_at": 3.0,
        "status": 200,
        "error": "",
        "sent_bytes": 10,
        "received_bytes": 20,
        "contacts": 2,
        "correlation_id": "abc",
    }
    return Sample(**{**known, **changed})


@pytest.fixture
def path(tmp_path):
    return tmp_path / "requests.csv"


def test_each_operation_has_its_own_times(path):
    """Service time counts from the sending, latency from the plan; percentiles are those of the samples."""
    with closing(RequestLog(path)) as samples:
        for n in range(1, 101):
            samples.add(sample(n, done_at=1.0 + n / 100))
        samples.add(sample(101, op="lists.get", planned_at=1.0))
        operations = samples.operations()
    assert list(operations) == ["contacts.add", "lists.get"]
    add = operations["contacts.add"]
    assert (add["count"], add["errors"], add["max_s"]) == (100, 0, 1.0)
    assert (add["p50_s"], add["p99_s"]) == (pytest.approx(0.505), pytest.approx(0.9901))
    assert add["latency_p50_s"] == pytest.approx(1.505)


def test_totals(path):
    """Refusals, repeats, waiting and the end are counted as requests come."""
    with closing(RequestLog(path)) as samples:
        for one in (sample(0, status=429), sample(1, attempt=2, done_at=9.0), sample(2, status=0, error="ReadError")):
            samples.add(one)
        assert (samples.count, samples.status_429, samples.retries, samples.ended_at) == (3, 1, 1, 9.0)
        assert samples.throttled_s == 3.0
        assert samples.operations()["contacts.add"]["errors"] == 2


@pytest.mark.parametrize(("status", "errors"), [(200, 0), (202, 0), (302, 0), (0, 1), (404, 1), (429, 1), (503, 1)])
def test_what_counts_as_an_error(path, status, errors):
    """A redirect is an answer."""
    with closing(RequestLog(path)) as samples:
        samples.add(sample(status=status))
        assert samples.operations()["contacts.add"]["errors"] == errors


def test_a_run_that_goes_on_counts_from_where_it_stopped(path):
    """The earlier requests and their times are there, and stay in the file."""
    with closing(RequestLog(path)) as samples:
        samples.add(sample(0, done_at=30.0))
    with closing(RequestLog(path)) as samples:
        assert (samples.count, samples.ended_at, samples.service_s("contacts.add")) == (1, 30.0, 29.0)
        samples.add(sample(1, done_at=40.0))
    lines = path.read_text().splitlines()
    assert lines[0] == ",".join(FIELDS)
    assert [line.split(",")[0] for line in lines[1:]] == ["0", "1"]


@pytest.mark.parametrize("cut", [2, 5, 20, 40])
def test_a_line_that_a_kill_cut_off(path, cut):
    """What is whole is kept; what follows it is not guessed."""
    with closing(RequestLog(path)) as samples:
        samples.add(sample(0))
        samples.add(sample(1, correlation_id="x" * 40))
    path.write_bytes(path.read_bytes()[: -len("x" * 40) - cut])
    with closing(RequestLog(path)) as samples:
        assert samples.count == 1


def test_samples_are_on_the_disk_while_the_run_goes_on(path):
    """A killed run keeps what it measured, but for the last few requests."""
    with closing(RequestLog(path)) as samples:
        for n in range(120):
            samples.add(sample(n))
        assert path.read_text().count("\n") >= 101
