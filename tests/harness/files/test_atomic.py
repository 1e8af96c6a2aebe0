"""Files are whole or not there, and their owner's alone."""

import errno
import os
import subprocess
import sys

import pytest

from harness.errors import LocalResource
from harness.files.atomic import atomic_file, private_folder, remove_stale_drafts


def test_a_file_takes_its_name_when_it_is_complete(tmp_path):
    """Until then the old one stays; afterwards only the owner can read the new one."""
    target = tmp_path / "leads.csv"
    target.write_text("old")
    with atomic_file(target) as temporary:
        temporary.write_text("new")
        assert (target.read_text(), temporary.parent) == ("old", tmp_path)
    assert (target.read_text(), target.stat().st_mode & 0o777) == ("new", 0o600)


def test_a_failed_write_leaves_nothing(tmp_path):
    """A failed write leaves neither a partial file nor a temporary one."""
    with pytest.raises(ValueError, match="stop"), atomic_file(tmp_path / "leads.csv"):
        raise ValueError("stop")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("number", "code"), [(errno.ENOSPC, "DISK_FULL"), (errno.EDQUOT, "DISK_FULL"), (errno.EACCES, "NOT_WRITTEN")]
)
def test_the_trouble_is_told_with_a_code(tmp_path, number, code):
    """The code tells a full disk from a missing permission."""
    with pytest.raises(LocalResource, match="the same command again") as raised, atomic_file(tmp_path / "leads.csv"):
        raise OSError(number, "trouble")
    assert raised.value.code == code
    assert list(tmp_path.iterdir()) == []


def test_a_folder_for_intermediate_files_is_private_and_goes(tmp_path):
    """It lies on the disk of the result."""
    with private_folder(tmp_path / "leads.parquet") as folder:
        assert (folder.parent, folder.stat().st_mode & 0o777) == (tmp_path, 0o700)
    assert list(tmp_path.iterdir()) == []


KILLED = """
import os, signal, sys
from pathlib import Path
from harness.files.atomic import private_folder, atomic_file
to = Path(sys.argv[1])
with atomic_file(to / "mapping.csv"), private_folder(to / "leads.parquet") as folder:
    (folder / "scanned.csv").write_text("L-1")
    (to / f"leads-{os.getpid()}.parquet").write_text("L-1")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_left_is_swept(tmp_path):
    """Drafts of killed processes are removed, folders too; those of living processes and finished files stay."""
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    kept = {"leads.parquet", f".mapping.csv.{os.getppid()}.abc", f"leads-{os.getppid()}.parquet"}
    for name in kept:
        (tmp_path / name).touch()
    assert len(list(tmp_path.iterdir())) == 6
    remove_stale_drafts(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == kept
