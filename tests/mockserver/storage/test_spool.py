"""What a killed mock leaves, and who removes it."""

import os
import signal

import pytest

from mockserver.storage.spool import spool_folder


def killed_in_a_spool(parent):
    """The folder of a process that was killed with a file in it."""
    child = os.fork()
    if not child:
        with spool_folder(parent) as folder:
            (folder / "export.csv").write_text("Lead ID,Phone\nL-1,+1 555 0100\n")
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    (left,) = (folder for folder in parent.iterdir() if list(folder.iterdir()))
    return left


@pytest.mark.hardening("mock-29")
def test_what_a_killed_mock_has_left(tmp_path):
    """The next one removes it, but leaves what a living one holds, and whatever is no folder of a mock's."""
    with spool_folder(tmp_path) as held:
        left = killed_in_a_spool(tmp_path)
        assert (held.stat().st_mode & 0o777, left.stat().st_mode & 0o777) == (0o700, 0o700)
        (tmp_path / f"{left.name}-link").symlink_to("/")
        (tmp_path / f"{left.name}-file").touch()
        with spool_folder(tmp_path) as mine:
            names = {path.name for path in tmp_path.iterdir()}
            assert names == {held.name, mine.name, f"{left.name}-link", f"{left.name}-file"}
    assert not held.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make files of another user")
def test_what_another_user_has_left(tmp_path):
    """It is not touched."""
    left = killed_in_a_spool(tmp_path)
    os.chown(left, 12_345, -1)
    with spool_folder(tmp_path):
        assert left.exists()
