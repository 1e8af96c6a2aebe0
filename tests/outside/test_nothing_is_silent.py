"""What a person sees of a command: where it stands while it runs, what goes wrong, and at its end what came of it."""

import json
import shlex

import pytest

from ..end_to_end.processes import ended, start
from .terminals import in_terminal

LEADS = 600
QUICK = ("--batch-size", 100, "--quiet-period", 0.3, "--concurrency", 2)
OFTEN = {"CONTACTBENCH_PROGRESS_S": "0.2"}
REFUSED = {"op": "contacts.add", "nth": 2, "when": "before_commit", "action": {"status": 429, "headers": {"Retry-After": "2"}}}  # fmt: skip  # noqa: E501
CUT = {"op": "contacts.add", "nth": 4, "when": "after_commit", "action": {"reset": True}}
DENIED = {"op": "contacts.add", "nth": 6, "when": "before_parse", "action": {"status": 401}}
SLOW = {"op": "contacts.add", "every": 1, "when": "before_parse", "action": {"stall_s": 0.7}}
STUCK = {"op": "contacts.add", "nth": 3, "when": "after_commit", "action": {"stall_s": 60}}


def slow(*values):
    return pytest.param(*values, marks=pytest.mark.slow)


@pytest.fixture
def arguments(make_leads, upload_of, mock):
    """Of an upload of some leads by batches, without --json."""
    made = upload_of(make_leads(LEADS), "batch-api", mock.url, *QUICK)
    return [argument for argument in made if argument != "--json"]


def test_a_troubled_upload_without_a_terminal(mock, contactbench, arguments):
    """Plain lines say where it stands and each trouble once; the last ones what came of it; stdout stays empty."""
    mock.faults(REFUSED, CUT, DENIED)
    ran = contactbench(*arguments, **OFTEN)
    assert (ran.code, ran.out, mock.unfired()) == (0, "", [])
    assert not set(ran.err) & {"\r", "\x1b"}
    lines = ran.err.splitlines()
    assert [line for line in lines if line.startswith("batch-api: sending") and f"of {LEADS} leads" in line]
    for said in ("rate limit: 1 request refused (429)", "in doubt: 1 batch;", "looked up: 100 leads were in the org"):
        assert len([line for line in lines if line.startswith(said)]) == 1, (said, lines)
    assert any(line.startswith("token: 1 request refused (401)") for line in lines)
    mapped, waited, report, after = lines[-4:]
    assert mapped.startswith(f"batch-api: mapped {LEADS} of {LEADS} leads in ")
    assert ("proved in" in mapped, "mapping.csv" in mapped, "for the rate limit" in waited) == (True, True, True)
    assert report.startswith("report: ")
    assert contactbench(*shlex.split(after.removeprefix("next: contactbench"))).code == 0


def test_json_is_alone_on_stdout(contactbench, arguments):
    """With --json stdout is one document, and stderr says the same as ever."""
    ran = contactbench(*arguments, "--json", **OFTEN)
    assert json.loads(ran.out)["strategies"][0]["mapped"] == LEADS
    assert ran.err.splitlines()[-1].startswith("next: contactbench mapping ")


@pytest.mark.parametrize(("columns", "environ"), [(80, {}), slow(140, {"NO_COLOR": "1"}), slow(140, {"COLUMNS": "50"})])
def test_a_live_line_in_a_terminal(mock, arguments, tmp_path, columns, environ):
    """One row that is drawn over, fits, tells waits apart, and is gone whenever something else is written."""
    mock.faults(REFUSED, SLOW)
    screen = in_terminal(arguments, tmp_path, columns, **environ)
    fits = int(environ.get("COLUMNS", columns)) - 1
    assert screen.code == 0
    assert any("sending" in line for line in screen.drawn)
    assert max(map(len, screen.drawn)) <= fits
    assert any("rate limit: " in line and " s left" in line for line in screen.drawn) or fits < 79
    assert "\x1b" not in screen.text.replace("\x1b[K", "")
    assert not any("\r" in line for line in screen.lines)
    assert screen.lines[-1].startswith("next: contactbench mapping ")


def test_a_terminal_that_can_do_nothing(mock, arguments, tmp_path):
    """TERM=dumb gets plain lines: nothing is drawn over, nothing erased."""
    mock.faults(SLOW)
    screen = in_terminal(arguments, tmp_path, 80, **{"TERM": "dumb", **OFTEN})
    assert (screen.code, "\x1b" in screen.text, "\r" in screen.text.replace("\r\n", "")) == (0, False, False)
    assert any(line.startswith("batch-api: sending") for line in screen.lines)


def test_ctrl_c_and_the_same_command_again(mock, contactbench, arguments, tmp_path):
    """Whoever stops an upload is told how much is mapped and in doubt, and how it goes on; that goes on."""
    mock.faults(STUCK)
    screen = in_terminal(arguments, tmp_path, 80, stop_when=lambda: not mock.unfired())
    stopped, so_far, after = screen.lines[-3:]
    assert (screen.code, "STOPPED by SIGINT" in stopped) == (130, True)  # a terminal may show ^C before it
    assert so_far.startswith("so far: mapped ")
    assert "in doubt" in so_far
    mock.faults()
    ran = contactbench(*shlex.split(after.removeprefix("next: contactbench")))
    assert (ran.code, f"mapped {LEADS} of {LEADS} leads" in ran.err) == (0, True), ran.err


def test_every_command_says_what_came_of_it(mock, contactbench, arguments):
    """The last line of each is an outcome or the next command, whatever stdout holds."""
    assert contactbench(*arguments).code == 0
    run = arguments[arguments.index("--run") + 1]
    for command, said in {
        ("verify", run): f"verified: the org holds {LEADS} leads",
        ("mapping", run, "--to", "m.parquet"): f"copied: {LEADS} rows to m.parquet, verified",
        ("report", run): "report: ",
        ("cleanup", run): "next: contactbench cleanup ",
        ("cleanup", run, "--yes"): "removed: 1 of 1 list",
        ("purge", run): "next: contactbench purge ",
        ("purge", run, "--yes"): "not touched: the input",
        ("leads", "--count", "1", "--to", "one.csv"): "written: 1 lead to one.csv",
        ("estimate", "--leads", "2000", "--replicates", "20", "--json"): "Soonest is ",
    }.items():
        ran = contactbench(*command)
        assert ran.code == 0, ran.err
        assert any(line.startswith(said) for line in ran.err.splitlines()[-2:]), (command, ran.err)


def test_a_probe_says_what_it_asks_as_it_goes(mock, tmp_path):
    """The first answers are there while others are still being asked for."""
    process = start(["probe", "--target", mock.url, "--settle", "0.2"], tmp_path, **OFTEN)
    first = [process.stderr.readline() for _ in range(2)]
    under_way = process.poll() is None
    ran = ended(process)
    assert (ran.code, under_way, all(first)) == (0, True, True)
    assert "question " in "".join(first) + ran.err
    assert any(line.startswith("probed: ") for line in ran.err.splitlines())


def test_a_comparison_says_which_is_soonest(contactbench):
    """Its last lines rank what is proved, and say what to type next."""
    ran = contactbench("compare", "--leads", 2000, "--strategies", "batch-api,csv-import-export")
    lines = ran.err.splitlines()
    places = [line.split(".")[0] for line in lines if line[1:3] == ". "]
    assert (ran.code, ran.out, places) == (0, "", ["1", "2"]), ran.err
    assert "soonest: batch-api, mapped as well as proved" in lines, ran.err
    assert lines[-1].startswith("next: contactbench estimate ")
