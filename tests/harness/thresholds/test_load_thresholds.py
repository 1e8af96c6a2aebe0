"""Where thresholds come from."""

import os
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.thresholds import load_thresholds


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("limits.txt", "# of every month\nmapped==leads\n\nduration<1h  # as the client asked\n"),
        ("limits.toml", 'thresholds = ["mapped==leads", "duration<1h"]\n'),
    ],
)
def test_of_options_a_file_and_the_environment(tmp_path, name, content):
    """All of them hold, in that order."""
    (tmp_path / name).write_text(content)
    environ = {"CONTACTBENCH_THRESHOLDS": "rejected==0; requests<=1600\n"}
    found = load_thresholds(["lost==0"], tmp_path / name, environ)
    assert [one.text for one in found] == ["lost==0", "mapped==leads", "duration<1h", "rejected==0", "requests<=1600"]


@pytest.mark.parametrize(
    ("name", "content"), [("limits.txt", "mapped==leads\n"), ("limits.toml", 'thresholds = ["mapped==leads"]\n')]
)
def test_a_file_as_editors_save_it(tmp_path, name, content):
    """A byte order mark is skipped; what is not UTF-8 is told with what to do."""
    (tmp_path / name).write_text(content, encoding="utf-8-sig")
    assert [one.text for one in load_thresholds([], tmp_path / name, {})] == ["mapped==leads"]
    for encoding, told in (("utf-16", "looks like UTF-16; save it as UTF-8"), ("cp1252", "line 1 is not UTF-8")):
        (tmp_path / name).write_text(f"# \u00e9\n{content}", encoding=encoding)
        with pytest.raises(UsageError, match=told):
            load_thresholds([], tmp_path / name, {})


def test_what_is_no_file(tmp_path):
    """A pipe is not waited for, and a device not read."""
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(UsageError, match="no regular file"):
            load_thresholds([], path, {})


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("e.txt", ""),
        ("e.txt", "# none yet\n\n"),
        ("e.toml", "thresholds = []"),
        ("a.toml", "thresholds = 3"),
        ("a.toml", "thresholds = ["),
        ("a.toml", "thresholds = " + "[" * 2_000),
        ("a.txt", "mapped"),
        ("b.txt", None),
    ],
)
def test_a_file_that_says_none(tmp_path, name, content):
    """Is a usage error."""
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(UsageError):
        load_thresholds([], tmp_path / name, {})
