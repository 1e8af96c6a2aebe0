"""Where thresholds come from."""

import pytest

from harness.errors import UsageError
from harness.thresholds.gathering import gathered


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
    found = gathered(["lost==0"], tmp_path / name, environ)
    assert [one.text for one in found] == ["lost==0", "mapped==leads", "duration<1h", "rejected==0", "requests<=1600"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("e.txt", ""),
        ("e.txt", "# none yet\n\n"),
        ("e.toml", "thresholds = []"),
        ("a.toml", "thresholds = 3"),
        ("a.toml", "thresholds = ["),
        ("a.txt", "mapped"),
        ("b.txt", None),
    ],
)
def test_a_file_that_says_none(tmp_path, name, content):
    """Is a usage error."""
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(UsageError):
        gathered([], tmp_path / name, {})
