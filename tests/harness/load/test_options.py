"""The options of a load test, and the order they make."""

from pathlib import Path

import configargparse
import pytest

from harness.errors import UsageError
from harness.load.options import OPTIONS, count, declare, order


@pytest.fixture
def asked(tmp_path):
    """Makes an order of command line arguments, in a run folder of the test."""

    def parsed(*arguments, environment=None):
        parser = configargparse.ArgumentParser()
        parser.add_argument("--users", dest="num_users", type=int)
        declare(parser)
        command = [*arguments, "--run-dir", str(tmp_path / "run")]
        options = parser.parse_args(command, env_vars=environment or {})
        return order(options, "batch-api", None, "run-1", ["-f", "scenarios/batch_api.py", *arguments])

    return parsed


def test_every_option_is_in_the_form_of_the_web_ui():
    """Locust shows an action that says so, and converts what comes back to the type of the default; a flag is a box."""
    parser = configargparse.ArgumentParser()
    declare(parser)
    shown = {action.dest: action for action in parser._actions if getattr(action, "include_in_web_ui", False)}
    named = {name.replace("-", "_") for group in OPTIONS.values() for name, _, _ in group}
    assert shown.keys() == named | {"threshold"}
    values = [action for action in shown.values() if action.default not in (False, [])]
    assert all(action.default is not None and action.type in (type(action.default), count) for action in values)


def test_contacts_as_people_write_them(asked, capsys):
    """20k is a number here as in the CLI; what could be two is refused."""
    assert asked("--contacts", "0.02k").leads.name == "leads-20-1.csv"
    with pytest.raises(SystemExit):
        asked("--contacts", "1,5")
    assert "--contacts: 1,5 is not a number, such as 1500000" in capsys.readouterr().err


def test_leads_once_more(asked):
    """A flag, or a variable of the environment."""
    assert [asked().again, asked("--again").again] == [False, True]
    assert asked(environment={"CONTACTBENCH_LOCUST_AGAIN": "true"}).again


def test_invented_leads(asked, tmp_path):
    """They lie in the run's folder, named for what they are; nothing else is asked for."""
    made = asked("--contacts", "20", "--seed", "3")
    assert made.leads == tmp_path / "run" / "leads-20-3.csv"
    assert len(made.leads.read_bytes().splitlines()) == 21
    assert (made.lists, made.concurrency, made.target) == (None, 1, "http://127.0.0.1:8080")


def test_a_soak_invents_what_its_rate_takes(asked):
    """Two POSTs of 10 leads a second, for 30 seconds."""
    made = asked("--shape", "soak", "--rate", "2/s", "--soak-seconds", "30", "--batch-size", "10")
    assert made.leads.name == "leads-600-1.csv"


def test_leads_of_a_file(asked):
    """The file's own columns count, the number of leads does not."""
    made = asked("--leads", "mine.csv", "--lead-id", "Ref", "--phone", "Tel", "--lists", "2", "--users", "3")
    assert (made.leads, made.lead_id, made.phone) == (Path("mine.csv"), "Ref", "Tel")
    assert (made.lists, made.concurrency) == (2, 3)


def test_the_environment(asked):
    """A variable stands for an option that was not given."""
    assert asked(environment={"CONTACTBENCH_LOCUST_BATCH_SIZE": "7"}).settings.batch_size == 7


@pytest.mark.parametrize(
    ("given", "quiet_s"), [([], 5.0), (["--quiet-period", "0"], 0.0), (["--quiet-period", "2.5"], 2.5)]
)
def test_the_quiet_period(asked, given, quiet_s):
    """As in the CLI: what fits this machine, or what is named; 0 is none at all."""
    assert asked(*given).settings.quiet_s == quiet_s


@pytest.mark.parametrize(
    "arguments",
    [
        ["--quiet-period", "soon"],
        ["--quiet-period", "-1"],
        ["--quiet-period", "nan"],
        ["--rate", "fast"],
        ["--shape", "soak"],  # at no rate
        ["--batch-size", "0"],
        ["--batch-size", "1001"],
        ["--contacts", "-1"],
        ["--lists", "-1"],
        ["--body-bytes", "9"],
    ],
)
def test_nonsense(asked, arguments):
    """Refused before anything is written."""
    with pytest.raises(UsageError, match="BAD_OPTION"):
        asked(*arguments)
