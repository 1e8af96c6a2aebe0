"""The files of `deploy/` say what the program takes, and hold no secret."""

from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy"


def compose() -> dict[str, Any]:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]


def cluster() -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text()))


def containers() -> dict[str, dict[str, Any]]:
    """Of the cluster, by name."""
    pods = [thing["spec"]["template"]["spec"] for thing in cluster() if "template" in thing.get("spec", {})]
    return {each["name"]: each for pod in pods for each in pod["containers"]}


def commands() -> list[list[str]]:
    """Everything that is run of this project."""
    ours = [each["command"].split() for each in compose().values() if each["image"] == "contactbench"]
    return ours + [each["command"] for each in containers().values() if each["image"] == "contactbench"]


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_a_command_is_one_of_this_project(command):
    """Its scenario is there, and a master waits for as many workers as there are."""
    scenarios = [word.rpartition("=")[2] for word in command if word.endswith(".py")]
    assert all((ROOT / scenario).exists() for scenario in scenarios)
    assert command[0] == "contactbench" or len(scenarios) == 1


def test_whoever_is_named_is_there():
    """Services, secrets, volumes: each reference has what it is about."""
    services = {thing["metadata"]["name"] for thing in cluster() if thing["kind"] == "Service"}
    assert "--master-host=master" in containers()["worker"]["command"]
    assert services == {"master", "mock", "postgres"}
    assert {each for service in compose().values() for each in service.get("depends_on", {})} <= compose().keys()


def test_a_master_and_its_workers_have_the_same_scenario():
    """A user class that a worker does not have would send nothing."""
    of = {name: next(word for word in containers()[name]["command"] if ".py" in word) for name in ("master", "worker")}
    assert of["master"] == of["worker"]
    replicas = next(t["spec"]["replicas"] for t in cluster() if t["metadata"]["name"] == "worker")
    assert f"--expect-workers={replicas}" in containers()["master"]["command"]


def test_no_secret_is_written_down():
    """Passwords come from the environment and from a secret of the cluster."""
    for name in ("compose.yaml", "kubernetes.yaml"):
        content = (DEPLOY / name).read_text()
        assert "contactbench:contactbench@" not in content
        assert not [line for line in content.splitlines() if "PASSWORD" in line and "value:" in line]
    assert compose()["postgres"]["environment"]["POSTGRES_PASSWORD"].startswith("${POSTGRES_PASSWORD")
