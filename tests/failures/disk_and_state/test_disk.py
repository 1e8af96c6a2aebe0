"""A disk that is full, fails or may not be written: said with exit 8; once it is mended the same command ends the rest.

F135 and F136 let strace fail system calls of a real process. CONTACTBENCH_DISK_FAULTS says how many of the 200 to play.
"""

import csv
import errno
import json
import os
import resource
import shutil
import subprocess
import time
from contextlib import suppress
from hashlib import sha256
from itertools import cycle

import pytest

from harness.errors import UsageError, disk_error
from harness.leads.synthetic import SyntheticLeads
from harness.mapping.files import needed_bytes, require_disk_space

from ...end_to_end.processes import CONTACTBENCH, WITHOUT_CHARTS, Mock, ended, environment, start
from ...oracle import complaints

FAULTS = int(os.environ.get("CONTACTBENCH_DISK_FAULTS", "4"))
STRATEGIES = cycle(["batch-api", "csv-import-export", "csv-import-own-ids"])
LEADS, OPTIONS = 300, ("--batch-size", 100, "--quiet-period", 0.3)
ALL = [
    *(("pwrite64", "ENOSPC", nth) for nth in range(1, 61)),
    *(("write", "ENOSPC", nth) for nth in range(1, 51)),
    *(("fdatasync", "EIO", nth) for nth in range(1, 21)),
    *(("fsync", "EIO", nth) for nth in range(1, 11)),
    *(("pwrite64", "EIO", nth) for nth in range(1, 61)),
]
CHOSEN = [(*fault, next(STRATEGIES)) for fault in ALL[:: max(1, len(ALL) // FAULTS)]]
CAN_MOUNT = shutil.which("unshare") and subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode == 0
STALL_S = 1.0
LISTS = "/api/v2/outbound/contactlists"
needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not on this machine")


def half_written(run):
    """Files under their final names that are not whole."""
    wrong = []
    mapping, manifest = run / "mapping.csv", run / "mapping.manifest.json"
    if mapping.exists():
        with mapping.open(newline="") as file:
            rows = list(csv.DictReader(file))
        if len(rows) != LEADS or any(None in row.values() for row in rows):
            wrong.append("mapping.csv")
        if manifest.exists() and json.loads(manifest.read_text())["sha256"] != sha256(mapping.read_bytes()).hexdigest():
            wrong.append("mapping.manifest.json")
    if (run / "run.json").exists():
        json.loads((run / "run.json").read_text())
    return wrong


@pytest.mark.sized
@needs_strace
@pytest.mark.parametrize(("call", "error", "nth", "strategy"), CHOSEN)
def test_a_call_that_fails(mock, contactbench, make_leads, upload_of, tmp_path, call, error, nth, strategy):
    """The n-th write or fsync of the process fails: exit 8, or no effect; then ALL by the same command."""
    leads, run = make_leads(LEADS), tmp_path / "run"
    arguments = upload_of(leads, strategy, mock.url, *OPTIONS)
    inject = [
        "strace",
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "-e",
        f"trace={call}",
        "-e",
        f"inject={call}:error={error}:when={nth}",
    ]
    spoiled = subprocess.run(
        [*inject, CONTACTBENCH, *arguments],
        cwd=tmp_path,
        env=environment(**WITHOUT_CHARTS),
        capture_output=True,
        text=True,
    )
    # The library that draws the report wakes its threads by a write, to no disk, and aborts where that fails.
    assert spoiled.returncode in (0, 8) or "failed to wake I/O driver" in spoiled.stderr, spoiled.stderr
    assert half_written(run) == []
    ran = contactbench(*arguments)
    assert (ran.code, complaints(mock.contacts(), run, leads)) == (0, []), ran.err


@pytest.fixture
def small_disk(tmp_path):
    """A function: a disk of so many bytes, mounted; unmounted at last."""
    mounted = []

    def mount(size, *options):
        folder = tmp_path / f"disk-{len(mounted)}"
        folder.mkdir()
        about = ",".join([f"size={size}", "mode=0700", *options])
        subprocess.run(["mount", "-t", "tmpfs", "-o", about, "tmpfs", folder], check=True)
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "-l", folder], check=True)


def fill(disk):
    """Not one byte more fits on the disk; whoever removes the file makes room again."""
    filler = disk / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    return filler


def struck(mock, process):
    """Wait until the mock holds the answer that the rule is about."""
    ends = time.monotonic() + 60
    while mock.unfired() and process.poll() is None and time.monotonic() < ends:
        time.sleep(0.02)


@pytest.mark.parametrize("how", ["limit", *(["tmpfs"] if CAN_MOUNT else [])])
@pytest.mark.parametrize(
    ("strategy", "op", "nth"),
    [
        ("batch-api", "contacts.add", 2),  # the state
        ("csv-import-own-ids", "contacts.search", 1),  # a part of the mapping
        ("csv-import-export", "export.download", 1),  # the download
        ("batch-api", "export.create", 1),  # the download that proves
    ],
)
def test_f134_a_disk_that_fills_up(
    mock, contactbench, make_leads, upload_of, tmp_path, small_disk, strategy, op, nth, how
):
    """The disk fills up while an answer is awaited: exit 8, no partial file; the same command with more room: ALL."""
    leads, disk = make_leads(LEADS), small_disk("16m") if how == "tmpfs" else tmp_path
    run = disk / "run"
    arguments = upload_of(leads, strategy, mock.url, *OPTIONS, "--concurrency", 1, "--run", run)
    mock.faults({"op": op, "nth": nth, "action": {"stall_s": STALL_S}})
    process = start(arguments, tmp_path)
    struck(mock, process)
    if how == "tmpfs":
        filler = fill(disk)
    else:
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (1000, 1000))
    full = ended(process)
    if how == "tmpfs":
        filler.unlink()
    assert (full.code, half_written(run)) == (8, []), full.err
    mock.faults()
    ran = contactbench(*arguments)
    assert (ran.code, complaints(mock.contacts(), run, leads)) == (0, []), ran.err


@pytest.mark.parametrize("free", [0, 1000])
def test_f137_room_is_asked_for_first(tmp_path, free):
    """Too little room: exit 2 names the free and the needed room; the needed room is enough."""
    need = needed_bytes(1000, SyntheticLeads(1000, seed=1))
    with pytest.raises(UsageError, match=f"NO_ROOM .*free={free} need={need}"):
        require_disk_space(tmp_path, need, free)
    require_disk_space(tmp_path, need, need)


def test_f137_a_run_takes_no_more_than_was_asked_for(mock, contactbench, make_leads, upload_of, tmp_path):
    """What a finished run has laid down is less than the room it wanted."""
    assert contactbench(*upload_of(make_leads(3000), "batch-api", mock.url, *OPTIONS)).code == 0
    laid_down = sum(path.stat().st_size for path in (tmp_path / "run").rglob("*") if path.is_file())
    assert laid_down < needed_bytes(3000, SyntheticLeads(3000, seed=1))


@pytest.mark.parametrize(("what", "code"), [("small", 2), ("read-only", 8)] if CAN_MOUNT else [("forbidden", 8)])
def test_f137_f143_a_disk_that_will_not_do(mock, contactbench, make_leads, upload_of, tmp_path, small_disk, what, code):
    """A disk that is too small or cannot be written is reported before a login."""
    if what == "forbidden":
        run = tmp_path / "run"
        run.mkdir(mode=0o500)
    else:
        run = small_disk("2m", *(["ro"] if what == "read-only" else []))
    ran = contactbench(*upload_of(make_leads(LEADS), "batch-api", mock.url, *OPTIONS, "--run", run))
    assert (ran.code, mock.count("oauth.token")) == (code, 0), ran.err


@pytest.mark.parametrize(("number", "code"), [(errno.ENOSPC, "DISK_FULL"), (errno.EROFS, "NOT_WRITTEN")])
def test_a_trouble_of_the_disk_is_told(number, code):
    """Wherever a file is written, with what it means; other troubles are not taken for it."""
    told = disk_error(OSError(number, os.strerror(number), "requests.csv"))
    assert (told.code, told.exit_code, "requests.csv" in str(told)) == (code, 8, True)
    assert disk_error(OSError(errno.EPIPE, "broken")) is None


@pytest.mark.hardening("mock-24", "mock-32")
@pytest.mark.skipif(not CAN_MOUNT, reason="a small disk has to be mounted")
def test_a_mock_whose_disk_fills_up(small_disk, tmp_path):
    """507 as long as it is full, for contacts, files and exports; what was answered is there after a kill."""
    disk = small_disk("2m")
    mock = Mock(tmp_path / "first", "--store", str(disk / "org.sqlite"), "--pace", "none")
    with mock.api() as client:
        columns = {"columnNames": ["Lead ID", "Phone"], "phoneColumns": [{"columnName": "Phone", "type": "cell"}]}
        leads = f"{LISTS}/{client.post(LISTS, json={'name': 'Leads', **columns}).json()['id']}"
        rows = [{"data": {"Lead ID": f"L-{n}", "Phone": "+15550100"}} for n in range(1000)]
        assert client.post(f"{leads}/contacts", json=rows).status_code == 200
        client.post(f"{leads}/export")
        filler = fill(disk)
        answers, answered = [client.post(f"{leads}/contacts", json=rows)], 1000
        while answers[-1].status_code == 200:  # what is left of the last page of the store
            answered += 1000
            answers.append(client.post(f"{leads}/contacts", json=rows))
        form, file = {"fileType": "contactlist", "id": leads.rpartition("/")[2]}, {"file": ("a.csv", "Lead ID,Phone\n")}
        answers = [answers[-1], client.post("/uploads/v2/contactlist", data=form, files=file), exported(client, leads)]
        assert [(each.status_code, each.json()["code"]) for each in answers] == [(507, "insufficient.storage")] * 3
        assert client.get(f"{leads}?includeSize=true").json()["size"] == answered
        filler.unlink()
        assert exported(client, leads).text.count("\n") == 1001
        assert client.post(f"{leads}/contacts", json=rows[:1]).status_code == 200
    mock.process.kill()
    mock.stop()
    again = Mock(tmp_path / "second", "--store", str(disk / "org.sqlite"))
    assert len(list(again.contacts())) == answered + 1
    again.stop()
    assert sorted(path.name for path in disk.iterdir()) == ["org.sqlite", "org.sqlite.lock"]


def exported(client, leads):
    """The answer of the signed address of the list's newest export."""
    uri = client.get(f"{leads}/export").json()["uri"]
    return client.get(uri, follow_redirects=True)
