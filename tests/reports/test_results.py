import pytest

from reports import ReportError, results


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"schema": 2}', "run.json has schema version 2, and this version reads only 1"),
        (b'{"strategies": []}', "run.json has schema version None"),
        (b'{"schema": 1, "strategies": [{}]}', "strategy"),
        (b'{"schema": 1,', "cannot be read"),
        (b'{"schema": 1, "strategies": [{"strategy": "x", "directory": "../other"}]}', "outside the run directory"),
        (b'{"schema": 1, "strategies": [{"strategy": "x", "directory": "/etc"}]}', "outside the run directory"),
    ],
)
def test_an_unreadable_run_says_why(tmp_path, content, message):
    """Whatever is wrong with run.json is one error with one sentence."""
    (tmp_path / "run.json").write_bytes(content)
    with pytest.raises(ReportError, match=message) as refused:
        results.load(tmp_path)
    assert "\n" not in str(refused.value)


def test_a_directory_without_a_run_says_so(tmp_path):
    """The missing file is named."""
    with pytest.raises(ReportError, match=r"run\.json cannot be read"):
        results.load(tmp_path)


def test_unknown_fields_are_ignored_and_missing_ones_left_out(tmp_path):
    """A run written by a later or an older version of the same schema is still read."""
    (tmp_path / "run.json").write_bytes(b'{"schema": 1, "new": [], "strategies": [{"strategy": "x", "more": 1}]}')
    run = results.load(tmp_path)
    assert run.strategies[0].duration_s is None
    assert run.valid() == []


def test_verified_strategies_come_soonest_first(fake, tmp_path):
    """The order is that of the complete mapping, and an unproved strategy is never among them."""
    values = fake.run(
        fake.entry("csv-import-export"), fake.entry("batch-api"), fake.entry("batch-api-own-ids", verified=False)
    )
    run = results.load(fake.write(tmp_path, values))
    assert [entry.strategy for entry in run.valid()] == ["batch-api", "csv-import-export"]
    assert [entry.strategy for entry in run.invalid()] == ["batch-api-own-ids"]
