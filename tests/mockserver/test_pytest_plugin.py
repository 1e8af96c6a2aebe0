"""The fixtures as a project of somebody else has them: the examples of docs/testing.md, literally, and what fails."""

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

DOCUMENT = Path(__file__).parents[2] / "docs/testing.md"
EXAMPLES = {
    code.split("\n", 1)[0].removeprefix("# "): code
    for code in re.findall(r"```python\n(# test_\w+\.py\n.*?)```", DOCUMENT.read_text(), re.DOTALL)
}


@pytest.fixture
def project(tmp_path):
    """A function that runs pytest in an empty folder with these files in it; `ini` is its configuration."""

    def run(*arguments: str, ini: str = "", **files: str) -> "subprocess.CompletedProcess[str]":
        for name, code in files.items():
            (tmp_path / f"{name}.py").write_text(textwrap.dedent(code))
        (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n" + ini)
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--strict-markers", *arguments]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)

    return run


def passed(ran) -> int:
    """How many tests did, if all that ran did."""
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return int(re.search(r"(\d+) passed", ran.stdout)[1])


@pytest.mark.parametrize(("name", "count"), [("test_leads.py", 2), ("test_async.py", 2)])
def test_the_examples_of_the_documentation(project, name, count):
    """They are whole: nothing but the file and an installed contactbench is needed."""
    assert passed(project(**{name.removesuffix(".py"): EXAMPLES[name]})) == count


def test_tests_do_not_see_each_other(project):
    """Each finds the org empty, with its own settings again, and draws the same ids."""
    found = project(
        test_two="""
            import httpx, pytest
            ids = []

            @pytest.mark.parametrize("turn", [1, 2])
            def test_list(genesys_org, turn):
                assert genesys_org.control.state()["lists"] == []
                assert genesys_org.control.profile()["limits"]["lists_per_org"] == 1000
                genesys_org.control.profile(limits__lists_per_org=1)
                new = {"name": "Leads", "columnNames": ["E"], "emailColumns": [{"columnName": "E", "type": "work"}]}
                headers = {"Authorization": f"Bearer {genesys_org.control.token()}"}
                url = f"{genesys_org.url}/api/v2/outbound/contactlists"
                ids.append(httpx.post(url, json=new, headers=headers).json()["id"])
                assert len(set(ids)) == 1
        """
    )
    assert passed(found) == 2


def test_a_failure_tells_what_the_org_was_asked(project):
    """And an assertion of the org what it was asked instead."""
    ran = project(
        test_fails="""
            import httpx

            def test_health(genesys_org):
                httpx.get(f"{genesys_org.url}/healthz")
                genesys_org.assert_called("contacts.add", times=2)
        """
    )
    assert ran.returncode == 1
    assert "expected 2 of contacts.add, there were 0. Requests so far: health 200 x1" in ran.stdout
    assert re.search(r"requests to the mock org -+\n +1 +health +200", ran.stdout)


@pytest.mark.parametrize(("arguments", "ini", "profile"), [
    ([], "", "default"),
    ([], "genesys_profile = optimistic\n", "optimistic"),
    (["--genesys-profile", "unlimited"], "genesys_profile = optimistic\n", "unlimited"),
])  # fmt: skip
def test_profile(project, arguments, ini, profile):
    """The command line goes before the configuration."""
    code = f"""
        def test_profile(genesys_org):
            assert genesys_org.control.profile()["name"] == "{profile}"
    """
    assert passed(project(*arguments, ini=ini, test_profile=code)) == 1


def test_seed_and_strict_mode(project):
    """Both reach the org."""
    code = """
        import httpx

        def test_strict(genesys_org, genesys_org_factory):
            headers = {"Authorization": f"Bearer {genesys_org.control.token()}"}
            path = "/api/v2/outbound/contactlists?color=red"
            assert httpx.get(genesys_org.url + path, headers=headers).json()["code"] == "invalid.property"
            genesys_org.control.reset()
            with genesys_org_factory(seed=5) as same, genesys_org_factory(seed=6) as other:
                ids = [org_id(each) for each in (genesys_org, same, other)]
            assert ids[0] == ids[1] != ids[2]

        def org_id(org):
            headers = {"Authorization": f"Bearer {org.control.token()}"}
            return httpx.get(f"{org.url}/api/v2/organizations/me", headers=headers).json()["id"]
    """
    assert passed(project("--genesys-seed", "5", ini="genesys_strict = true\n", test_strict=code)) == 1


@pytest.mark.parametrize("seed", ["-1", pytest.param("many", marks=pytest.mark.slow)])
def test_a_seed_that_is_none(project, seed):
    """It is told in one line."""
    ran = project(f"--genesys-seed={seed}", test_seed="def test_seed(genesys_org): pass")
    assert ran.returncode != 0
    assert "the seed of the mock org must be a whole number" in ran.stdout + ran.stderr


def test_a_project_that_uses_no_fixture_pays_nothing():
    """The plugin is loaded in every project that has contactbench installed."""
    program = "import sys, mockserver.pytest_plugin; print(*{name.split('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not {"aiohttp", "msgspec", "httpx", "duckdb", "typer"} & {*loaded}
