"""The options of a load test, and the order they make."""

from pathlib import Path

import configargparse
import pytest

from harness.errors import UsageError
from harness.load.locust_options import _lists, declare, from_form, is_repeatable, order


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


def test_the_form_of_the_web_ui_has_few_fields_in_order():
    """Locust shows an action that says so, in the order of declaration; its default says what kind of value it is."""
    parser = configargparse.ArgumentParser()
    declare(parser)
    shown = [action for action in parser._actions if getattr(action, "include_in_web_ui", False)]
    assert [action.dest for action in shown] == ["contacts", "lists", "batch_size", "rate", "shape"]
    assert all(action.default is not None and action.default != [] for action in shown)


def test_a_form_gives_numbers_as_people_write_them(asked):
    """Locust converts what is left of them; what is no number is said with its option."""
    parser = configargparse.ArgumentParser()
    declare(parser)
    given = parser.parse_args([])
    assert from_form(given, {"contacts": "1.5k", "rate": " 3/s "}) == {"contacts": "1500", "rate": "3/s"}
    for wrong in ({"contacts": "many"}, {"lists": ""}, {"batch_size": "0"}, {"shape": "round"}, {"rate": "fast"}):
        with pytest.raises(UsageError, match="BAD_OPTION"):
            from_form(given, wrong)


@pytest.mark.parametrize(("users", "contacts", "lists"), [(4, 1000, 4), (4, 2_500_000, 4), (1, 2_500_000, 3)])
def test_a_csv_import_has_a_list_for_each_user(asked, users, contacts, lists):
    """And as many as the leads need."""
    parser = configargparse.ArgumentParser()
    parser.add_argument("--users", dest="num_users", type=int)
    declare(parser)
    given = parser.parse_args(["--users", str(users), "--contacts", str(contacts)])
    assert _lists(given, "csv-import-export") == lists
    assert _lists(given, "batch-api") is None


@pytest.mark.parametrize(
    ("arguments", "host", "repeatable"),
    [
        ([], None, True),
        (["--run-dir", "x"], None, False),
        (["--leads", "x.csv"], None, False),
        (["--leads", "x.csv", "--again"], None, True),
        (["--again"], "org", False),
    ],
)
def test_whether_each_start_is_a_test_of_its_own(arguments, host, repeatable):
    """Never where leads of somebody's, or a real org, would be loaded twice unasked."""
    parser = configargparse.ArgumentParser()
    declare(parser)
    assert is_repeatable(parser.parse_args(arguments), host) is repeatable


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
    ("given", "in_flight_grace_s"), [([], 20.0), (["--quiet-period", "0"], 0.0), (["--quiet-period", "2.5"], 2.5)]
)
def test_the_quiet_period(asked, given, in_flight_grace_s):
    """As in the CLI: what fits this machine, or what is named; 0 is none at all."""
    assert asked(*given).settings.in_flight_grace_s == in_flight_grace_s


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
