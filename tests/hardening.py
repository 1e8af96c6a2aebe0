"""Draws docs/security.md: `python -m tests.hardening` writes its tables anew.

A promise and, where it is not kept in full, the reason stand here; the tests that prove it are those marked
`@pytest.mark.hardening("mock-17")`, read from their sources.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from .architecture import with_parts

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "security.md"


class Line(NamedTuple):
    """What is promised; what of it is not kept, or has no test, and why."""

    promise: str
    reason: str = ""


MOCK = (
    Line("It listens on this machine only; any other address has to be allowed by an option of its own."),
    Line("A request for a host name that is not the mock's is refused with 421, on both ports."),
    Line("Pages of other origins get nothing from the control port and open no WebSocket."),
    Line(
        "It warns when it runs as root, stays in the foreground, and tells its ports once, in a form programs read.",
        "It does not refuse to run as root: containers and CI do so.",
    ),
    Line("Every answer says that it comes from a mock."),
    Line("The control API has a port and a token of its own; neither port takes the token of the other."),
    Line(
        "Nobody but the holder of the control token injects a fault or moves the clock.",
        "The control API is always there: tests need it. It listens on loopback and wants its own token.",
    ),
    Line("A store that the mock did not make is refused and left as it is."),
    Line("A fault plan is checked before it counts, has a bounded number of rules, and tells which rules never fired."),
    Line("Every operation but the few public ones refuses a request without a valid bearer token."),
    Line(
        "Tokens, signing keys and channel ids cannot be foreseen, and secrets are compared in constant time.",
        "Tokens and codes are looked up, tokens by their hash, instead of being compared: they have 256 random bits.",
    ),
    Line("A token opens its own org alone, and within it what its permissions allow."),
    Line("What belongs to another org is not found, whatever the operation and wherever its id is put."),
    Line(
        "A signed download address opens one file, for its time, exactly as it was signed.",
        "A token that is sent there too is ignored unless the profile says `bearer_at_signed_address`: the address is"
        " on the same host, where most clients send it. Without a token the first step is a 401; one report"
        " says that the platform answers 200 with a page.",
    ),
    Line(
        "The token endpoint takes the credentials of known clients only, and not without limit.",
        "Credentials in the form are taken as well, unless the profile says no: official clients send them so.",
    ),
    Line("Fields that the server owns are never taken from a body."),
    Line("A body over its operation's limit is refused by the bytes that arrive, on every route."),
    Line("An upload is a form of few, small parts beside its file, complete to its last boundary."),
    Line("A compressed request body is refused before anything is unpacked."),
    Line(
        "JSON that is too deep, too long, doubled in its keys or not a finite number is refused with 400.",
        "Doubled keys of contacts are not looked for: it would cost a POST of 1,000 contacts a sixth of its time.",
    ),
    Line("A CSV file is read in pieces, within limits for cells and lines, while other clients are served."),
    Line(
        "A connection that is silent or drips is closed in time; an idle one gives way.",
        "An idle connection may stay for 75 s, as behind a load balancer, and serves any number of requests.",
    ),
    Line(
        "A client has a bounded share of the connections; one more gets a clear answer.",
        "There is no bound for each token: a load test has one token for a thousand connections.",
    ),
    Line(
        "Jobs, stored bytes and running imports are bounded; a full store answers 507 and goes on.",
        "The bytes of a store are bounded by its disk and by the limits of the profile, not by an option of their own.",
    ),
    Line("No pattern that a user supplies can hold the server up."),
    Line("An error has the platform's form and says nothing of traces, paths or other people's data."),
    Line("The name of an uploaded file never becomes a path."),
    Line("An id in an address is read once and cannot leave its place."),
    Line(
        "The mock's files are their owner's alone, links in their place are refused, and a kill leaves none for long."
    ),
    Line("An exported file is sent so that a browser stores it and neither guesses its type nor keeps a copy."),
    Line(
        "HEAD and ranges are answered right or refused.",
        "There are no ETags, since nothing is answered by conditions.",
    ),
    Line("What was answered as done is there after a kill."),
    Line("A job that a kill interrupts has a known end."),
    Line("One store serves one mock; a second one is refused."),
    Line(
        "No log holds a token, a secret, a signed address, or a value of a contact.",
        "The lines that a start prints hold the client's secret and the control token, for who started it.",
    ),
    Line("What a client sends cannot forge a line of a log, nor control a terminal."),
    Line("Metrics and health tell counts, never data."),
    Line("Requests that two parsers could read differently are refused."),
    Line("A wrong method or content type gets the status that says so, and no foreign origin is let in."),
    Line(
        "A TLS mode lets tests see that clients refuse wrong certificates.",
        "The mock itself shows a right certificate only; the tests make the wrong ones.",
    ),
    Line(
        "The server library is kept at a version whose known faults are mended.",
        "The lock and the lowest version that is allowed are tested. `tox -e security` looks for advisories, in CI each"
        " week; where no source of advisories can be reached it says so, and proves nothing.",
    ),
)
HARNESS = (
    Line("Secrets come from a file, a keyring or the environment, never from the command line or stray settings."),
    Line(
        "A secret shows as *** wherever it is printed, is passed to no other process, and ends in no core dump.",
        "The kernel keeps a process's first environment readable for its own user. The database's password stays in the"
        " environment, where its library reads it at each connection.",
    ),
    Line("The permissions that a run needs are documented, and more than that is told."),
    Line("The token is sent to the org's own hosts and nowhere else."),
    Line(
        "No redirect is followed but an export's, over TLS, without token or cookie, to a host that is allowed.",
        "That a real org keeps its files under the region's domain or in S3 is an assumption. Where a proxy connects to"
        " is the proxy's affair.",
    ),
    Line("Certificates are always checked, old versions of TLS are refused, and a refusal is called by its name."),
    Line("For a mock on this machine, the address that was checked is the one that is used."),
    Line("No answer takes unbounded memory, disk or time, whatever its encoding."),
    Line(
        "A real org is reached only by naming it twice, consenting, and setting limits.",
        "Instead of a file of allowed hosts there is a fixed table of the platform's regions; the org has to say that"
        " its id is the one that was typed. Production has no switch of its own: the platform does not tell it apart.",
    ),
    Line(
        "A run's limits on contacts, requests and time stop it, even amid an answer that never ends.",
        "Lists and bytes have no limits of their own: a list costs a request, and bytes follow from contacts.",
    ),
    Line("Load tests reach a real org only by consent on the command line, never over a web page."),
    Line("The first contact with a real org is a small canary that is checked and removed."),
    Line("Before anything is written, the checks only read, and a list that a campaign uses is refused."),
    Line(
        "A run stops within a second of a signal or of a file STOP in its folder, and can be resumed.",
        "No URL is watched: that would be one more host to trust.",
    ),
    Line(
        "Only what the run itself made is deleted, and only while it holds what the run sent.",
        "Lists of probes and calibrations hold invented contacts, which are not compared.",
    ),
    Line("The state of a run holds ids and digests, no other cell of a lead."),
    Line("A run's files are their owner's alone; links and folders that others can write are refused."),
    Line(
        "Logs and messages show the server's text short, masked, and without control characters.",
        "No message holds a Lead ID or contact id, so none has to be hashed, and no option shows them.",
    ),
    Line(
        "No cell, header, secret or token is found outside input, rejects and mapping, not even after a crash.",
        "Names of columns are no values: run.json lists them. Lead IDs and contact ids are the run's state."
        " After a kill, files in work/ hold rows until the next start or a purge.",
    ),
    Line("A report shows figures, never rows, escapes everything, and loads nothing."),
    Line("The file of rejects keeps rows exactly, for their owner alone, and says that it holds people's data."),
    Line("Files that machines read are exact; those that people open in a spreadsheet run no formula."),
    Line(
        "A run can be purged of people's data; its figures stay.",
        "Blocks of a disk are not overwritten; a database frees rows with its next vacuum.",
    ),
    Line(
        "Nothing is sent to anybody but the org.",
        "Sockets that a C library opens by itself are not seen by the test; DuckDB, the only one that could, loads no"
        " extensions.",
    ),
    Line(
        "Dependencies are few and locked by hash; no file is read in a way that runs code.",
        "The image is locked; an installation by pip takes what the lowest versions of pyproject.toml allow. The"
        " image's base is pinned by whoever builds it: its digest is not known here.",
    ),
    Line(
        "Checks for insecure code and for secrets run with the others.",
        "The search for secrets knows the formats of common providers, and phone numbers: no proof that there is none.",
    ),
    Line("Version, target and the origin of the credentials are printed before the first request."),
)
LINES = {
    f"{kind}-{number}": line for kind, lines in (("mock", MOCK), ("harness", HARNESS))
    for number, line in enumerate(lines, 1)
}  # fmt: skip


class Mark(NamedTuple):
    """A mark in a test's source: what it proves, where, and the test's name ("" for the whole module)."""

    lines: tuple[str, ...]
    path: str
    test: str


def marks() -> list[Mark]:
    """All marks of the tests.

    Raises:
        ValueError: A mark's arguments are no literal strings.
    """
    paths = sorted((ROOT / "tests").rglob("test_*.py"))
    return [mark for path in paths if "hardening" in (text := path.read_text("utf-8")) for mark in marks_of(text, path)]


def marks_of(text: str, path: Path) -> Iterator[Mark]:
    for node in ast.parse(text).body:
        name = getattr(node, "name", "")  # a function or class; a mark elsewhere is the module's
        for call in (each for each in ast.walk(node) if _is_mark(each)):
            lines = tuple(ast.literal_eval(each) for each in call.args)
            if not lines or not all(isinstance(each, str) for each in lines):
                raise ValueError(f"{path}:{call.lineno}: the lines of a mark are to be literal strings")
            yield Mark(lines, path.relative_to(ROOT).as_posix(), name)


def _is_mark(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.hardening"


def table(kind: str) -> str:
    """Of each line of `mock` or `harness` the promise, its tests, and what is not kept."""
    proofs: dict[str, dict[str, None]] = {}  # in the order of the files, each once
    for mark in marks():
        for name in mark.lines:
            proofs.setdefault(name, {})[f"[`{mark.test or mark.path}`](../{mark.path})"] = None
    rows = ["| line | promise | proved by | what is not kept or not tested, and why |", "|---|---|---|---|"]
    for name, line in LINES.items():
        if name.startswith(f"{kind}-"):
            tests = "<br>".join(proofs.get(name, ()))
            rows.append(f"| {name} | {line.promise} | {tests} | {line.reason} |")
    return "\n".join(rows)


def drawn(page: str) -> str:
    """The page with its tables as the tests are now."""
    return with_parts(page, {kind: table(kind) for kind in ("mock", "harness")})


if __name__ == "__main__":
    PAGE.write_text(drawn(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
