"""The command line as a person meets it: help, version, numbers, addresses, secrets."""

import asyncio
import ssl
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest

import harness

from ..end_to_end.processes import environment

PASSWORD = "pw-s3cret"
COMMANDS = (
    "upload",
    "compare",
    "reconcile",
    "verify",
    "mapping",
    "report",
    "estimate",
    "probe",
    "calibrate",
    "conform",
)
OTHERS = ("cleanup", "gate", "leads", "mock", "purge")


@pytest.mark.parametrize("command", [*COMMANDS, *OTHERS])
def test_help_of_every_command(contactbench, command):
    """-h and --help are one; 80 columns hold it; options stand under headings, and one name of the environment is an
    example for all."""
    short = contactbench(command, "-h", COLUMNS="80")
    assert (short.code, short.err) == (0, "")
    assert short.out == contactbench(command, "--help", COLUMNS="80").out
    assert short.out.startswith(f"Usage: contactbench {command} [OPTIONS]")
    assert max(map(len, short.out.splitlines())) <= 80
    assert not set("╭│…") & set(short.out)
    assert short.out.count("CONTACTBENCH_") - short.out.count("CONTACTBENCH_JOURNAL") == 1
    assert "\nOutput:\n" in short.out


def test_the_mock_by_itself(contactbench):
    """Its own name, no boxes, and nothing of what it says about [[client]] is swallowed."""
    told = subprocess.run(
        [sys.executable, "-m", "mockserver", "-h"], capture_output=True, text=True, env=environment(COLUMNS="80")
    ).stdout
    for out in (told, contactbench("mock", "-h", COLUMNS="80").out):
        assert "[[client]]" in out
        assert "--i-understand-this-is-a-mock" in out
    assert told.startswith("Usage: python -m mockserver [OPTIONS]")


@pytest.mark.parametrize("arguments", [["--version"], ["mock", "--version"]])
def test_the_version(contactbench, arguments):
    """One line, whatever a variable of that name holds."""
    ran = contactbench(*arguments, CONTACTBENCH_VERSION="1.2")
    assert (ran.code, ran.out.split()[-1], ran.out.count("\n")) == (0, harness.__version__, 1)


@pytest.mark.parametrize(("count", "rows"), [("0.02k", 20), ("1_0", 10), ("1,000", 1_000), ("1e1", 10)])
def test_numbers_of_leads(contactbench, tmp_path, count, rows):
    """As people write them."""
    ran = contactbench("leads", "--count", count, "--to", "l.csv", "--json")
    assert (ran.document["leads"], len((tmp_path / "l.csv").read_bytes().splitlines())) == (rows, rows + 1)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["compare", "--leads", "1.5MB"], ["1.5MB is neither a number of leads", "nor a file"]),
        (["estimate", "--leads", "1,5"], ["1,5 is neither a number of leads", "nor a file"]),
        (["leads", "--count", "1,5", "--to", "l.csv"], ["1,5 is not a number", "1500000"]),
        (["leads", "--count", "-1", "--to", "l.csv"], ["-1 is less than 0"]),
        (["probe", "--max-contacts", "1.5"], ["1.5 is not a whole number"]),
    ],
)
def test_what_is_no_number(contactbench, arguments, words):
    """Exit 2, and the message shows how to write one."""
    ran = contactbench(*arguments)
    assert ran.code == 2
    assert all(word in ran.err for word in words), ran.err


@pytest.fixture
def sent_to(contactbench, make_leads, upload_of, tmp_path):
    """A function: what an upload to this address says; nothing is left behind by one that is refused."""

    def upload(target: str, **environ: str):
        ran = contactbench(*upload_of(make_leads(2), "batch-api", target), **environ)
        assert "Traceback" not in ran.err
        kept = [path for path in tmp_path.rglob("*") if path.is_file() and PASSWORD.encode() in path.read_bytes()]
        assert (kept, PASSWORD in ran.out + ran.err) == ([], False)
        return ran

    return upload


@pytest.mark.hardening("harness-1")
@pytest.mark.parametrize(
    ("target", "advice"),
    [
        (f"http://user:{PASSWORD}@127.0.0.1:8080", "GENESYSCLOUD_OAUTHCLIENT_ID"),
        (f"https://{PASSWORD}@localhost", "GENESYSCLOUD_OAUTHCLIENT_SECRET"),
        (f"http://127.0.0.1:8080/?access_token={PASSWORD}", "write http://127.0.0.1:8080"),
        ("http://127.0.0.1:99999", "from 1 to 65535"),
        ("http://127.0.0.1:0", "from 1 to 65535"),
        ("http://127.0.0.1:http", "from 1 to 65535"),
        ("127.0.0.1:8080", "write http://127.0.0.1:8080"),
        ("localhost", "write http://localhost"),
        ("http://::1:8080", "http://[::1]:8080"),
        ("http://127.0.0.1:8080/api/v2", "write http://127.0.0.1:8080"),
        ("http://löcalhost:8080", "beyond ASCII"),
        ("http://", "such as http://127.0.0.1:8080"),
        ("", "is empty"),
        ("moc", "`mock`, `org`"),
    ],
)
def test_an_address_that_is_none(sent_to, target, advice):
    """Exit 2 before anything is sent, and what to write in its place."""
    ran = sent_to(target)
    assert (ran.code, ran.complaint) == (2, "BAD_TARGET")
    assert advice in ran.err


@contextmanager
def listening(context: ssl.SSLContext | None):
    """The port of a server that answers every request in a few words, in TLS with a context."""

    async def answer(reader, writer) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(answer, "127.0.0.1", 0, ssl=context))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


@pytest.fixture(scope="module")
def certified(tmp_path_factory) -> ssl.SSLContext:
    """With a certificate that nobody vouches for."""
    folder = tmp_path_factory.mktemp("tls")
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
    files = [folder / "key.pem", folder / "cert.pem"]
    subprocess.run([*made, "-keyout", files[0], "-out", files[1]], check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(files[1], files[0])
    return context


@pytest.mark.parametrize(("said", "spoken"), [("https", "http"), ("http", "https")])
def test_the_other_scheme(sent_to, certified, said, spoken):
    """A server that is there, but speaks the other one, is not taken for one that is not there."""
    with listening(certified if spoken == "https" else None) as port:
        ran = sent_to(f"{said}://127.0.0.1:{port}")
    assert (ran.code, ran.complaint) == (2, "BAD_TARGET")
    assert f"speaks {spoken}, not {said}; write {spoken}://127.0.0.1:{port}." in ran.err


@pytest.mark.hardening("harness-1")
@pytest.mark.parametrize(
    "arguments",
    [
        ["upload", "--strategy", "batch-api", "--leads", "l.csv", "--lead-id", "a", "--phone", "b", "--journal"],
        ["verify", "runs/x", "--journal"],
        ["cleanup", "runs/x", "--journal"],
        ["mapping", "runs/x", "--to"],
    ],
)
@pytest.mark.parametrize(
    "form", ["postgresql://u:{}@127.0.0.1:1/d/t", "postgresql://127.0.0.1:1/d/t?user=u&password={}"]
)
def test_a_password_of_a_database_in_a_command(contactbench, tmp_path, arguments, form):
    """Whoever lists processes would see it: exit 2, and where it belongs."""
    ran = contactbench(*arguments, form.format(PASSWORD))
    assert (ran.code, "PASSWORD_SHOWN" in ran.err, PASSWORD in ran.out + ran.err) == (2, True, False)
    assert "PGPASSWORD" in ran.err
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(("first", "module"), [("os", "harness.cli"), ("locust", "scenarios.batch_api")])
def test_another_system(first, module):
    """One sentence, and no traceback of what that system lacks; locust itself takes any."""
    program = f"import importlib, os, {first}; os.name = 'nt'; importlib.import_module({module!r})"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment())
    assert (ran.returncode, ran.stderr.count("\n")) == (2, 1), ran.stderr
    assert "Linux or macOS" in ran.stderr
    assert "WSL" in ran.stderr


@pytest.mark.parametrize("name", ["l.parquet", "L.PARQUET"])
def test_leads_as_parquet(mock, contactbench, upload_of, tmp_path, name):
    """What the name says is what the file is: an upload takes it."""
    assert contactbench("leads", "--count", 20, "--to", name).code == 0
    assert (tmp_path / name).read_bytes()[:4] == b"PAR1"
    ran = contactbench(*upload_of(tmp_path / name, "batch-api", mock.url))
    assert (ran.code, ran.entry["mapped"]) == (0, 20)


@pytest.mark.parametrize(
    ("name", "code", "advice"),
    [
        ("l.xlsx", 2, ".csv or .parquet"),
        ("l", 2, ".csv or .parquet"),
        ("nodir/l.csv", 2, "nodir is not a folder; create it"),
    ],
)
def test_leads_that_cannot_be_written(contactbench, tmp_path, name, code, advice):
    """Nothing is written under a name that says something else, nor into a folder that is not there."""
    ran = contactbench("leads", "--count", 2, "--to", name)
    assert (ran.code, advice in ran.err, list(tmp_path.iterdir())) == (code, True, []), ran.err
