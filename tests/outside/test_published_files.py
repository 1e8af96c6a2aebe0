"""What is published, the repository, its wheel and its image: no secret, no number that somebody could be called at."""

import fnmatch
import re
import subprocess
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Source: the formats that the providers of these document, and RFC 7468 and 7519.
SECRETS = [  # each begins with letters, for which a search is quick
    re.compile(pattern)
    for pattern in (
        rb"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s+[A-Za-z0-9+/]{40}",
        rb"AKIA[0-9A-Z]{16}\b",
        rb"gh[pousr]_[A-Za-z0-9]{36}\b",
        rb"github_pat_\w{22,}",
        rb"AIza[\w-]{35}\b",
        rb"xox[abprs]-[\w-]{10,}",
        rb"sk_live_\w{16,}",
        rb"pypi-AgE\w{16,}",
        rb"eyJ[\w-]{16,}\.eyJ[\w-]{16,}\.[\w-]{16,}",
    )
]
NUMBER = re.compile(rb"\+(?<![\w.]\+)\d[\d ().-]{6,18}\d(?!\w)")
FICTIONAL = re.compile(rb"1?(\d{3})?55501\d*")
# Numbers that a run has to refuse, since they could be dialled.
REFUSED = {b"+1 202 456 0142", b"+44 20 7946 1234"}
REFUSED_IN = ("tests/failures/org_safety/test_before_a_request.py", "tests/outside/test_published_files.py")


def suspicious(name, content):
    """What must not be published of a file, with its place."""
    numbers = set(NUMBER.findall(content)) - (REFUSED if name in REFUSED_IN else set())
    dialled = [number for number in numbers if not FICTIONAL.fullmatch(re.sub(rb"\D", b"", number))]
    return [(name, each) for each in [*dialled, *(each for secret in SECRETS for each in secret.findall(content))]]


def tracked():
    """The files of the repository, by name."""
    names = subprocess.run(["git", "-C", ROOT, "ls-files", "-z"], capture_output=True, text=True)
    if names.returncode:
        pytest.skip("this is no clone of the repository")
    return [name for name in names.stdout.split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.hardening("harness-26")
def test_the_repository():
    names = tracked()
    assert [found for name in names for found in suspicious(name, (ROOT / name).read_bytes())] == []
    assert len(names) > 500


@pytest.mark.hardening("harness-26")
@pytest.mark.parametrize(
    "planted",
    [
        b"-----BEGIN " + b"PRIVATE KEY-----\n" + b"A" * 64,
        b"gh" + b"p_" + b"a1" * 18,
        b"+49 30 " + b"2093 1234",
        b"ey" + b"J" + b"a" * 20 + b".ey" + b"J" + b"b" * 20 + b"." + b"c" * 20,
    ],
    ids=["key", "token", "number", "JWT"],
)
def test_what_is_planted_is_found(planted):
    assert suspicious("a file", b"x = '" + planted + b"'\n") != []


@pytest.mark.smoke
@pytest.mark.hardening("harness-26")
def test_the_wheel(tmp_path):
    """It has the four packages and their licence, and nothing else that lay about."""
    wheel = pytest.importorskip("hatchling.builders.wheel")
    (built,) = wheel.WheelBuilder(str(ROOT)).build(directory=str(tmp_path))
    with zipfile.ZipFile(built) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    assert {name.partition("/")[0].partition("-")[0] for name in contents} == {
        "contactbench", "harness", "mockserver", "reports", "scenarios",
    }  # fmt: skip
    assert [found for name, content in contents.items() for found in suspicious(name, content)] == []


# --- the image --------------------------------------------------------------------------------------------------------


def is_sent(name):
    """Whether Docker would send a file to the build. Source: docs.docker.com, .dockerignore: the last match decides,
    and a pattern that matches a folder matches what is in it."""
    sent = True
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.strip()
        if not pattern or pattern.startswith("#"):
            continue
        included, pattern = pattern.startswith("!"), pattern.lstrip("!")
        parts = name.split("/")
        places = ["/".join(parts[:number]) for number in range(1, len(parts) + 1)]
        if pattern.startswith("**/"):
            matches = any(fnmatch.fnmatchcase(part, pattern[3:]) for part in parts)
        else:
            matches = any(fnmatch.fnmatchcase(p, pattern) for p in places if p.count("/") == pattern.count("/"))
        if matches:
            sent = included
    return sent


@pytest.mark.hardening("harness-25")
def test_what_the_image_holds():
    """The code, and what its installation reads; none of what a working folder may hold besides."""
    stray = [".git/config", ".env", "deploy/.env", "deploy/secrets/postgres-password", "runs/march/mapping.csv",
             ".venv/bin/python", ".tox/x", "leads.csv", "reports/runs/x/run.json", "harness/__pycache__/x.pyc",
             ".gc/config.toml", "tests/conftest.py", "credentials", "dist/x.whl"]  # fmt: skip
    assert [name for name in stray if is_sent(name)] == []
    sent = {name for name in tracked() if is_sent(name)}
    packages = {name for name in tracked() if name.startswith(("harness/", "mockserver/", "reports/", "scenarios/"))}
    assert sent == packages | {"LICENSE", "README.md", "pyproject.toml", "deploy/requirements.txt"}


@pytest.mark.hardening("harness-25", "mock-41")
def test_the_lock_of_the_image():
    """Each package in one version with the digests of its files, from no index that the list names; all that
    pyproject.toml asks for is there, in a version that it allows."""
    text = (ROOT / "deploy" / "requirements.txt").read_text()
    entries = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", "").splitlines()
    versions = {}
    for entry in entries:
        found = re.fullmatch(
            r"([a-z0-9-]+)(?:\[[\w,-]+\])?==([\w.]+)( *;[^-]+)?((?: +--hash=sha256:[0-9a-f]{64})+) *", entry
        )
        assert found, entry
        versions[found[1]] = found[2]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    for wanted in [*project["dependencies"], *extras["report"], *extras["locust"], *extras["postgres"]]:
        name, least = re.fullmatch(r"([\w-]+)(?:\[\w+\])?>=([\d.]+)", wanted).groups()
        assert _numbers(versions[name]) >= _numbers(least), wanted


def _numbers(version):
    return [int(each) for each in re.findall(r"\d+", version)]
