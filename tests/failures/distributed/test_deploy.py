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


def pods() -> list[dict[str, Any]]:
    """Of the cluster."""
    return [thing["spec"]["template"]["spec"] for thing in cluster() if "template" in thing.get("spec", {})]


def containers() -> dict[str, dict[str, Any]]:
    """Of the cluster, by name."""
    return {each["name"]: each for pod in pods() for each in pod["containers"]}


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


@pytest.mark.hardening("harness-1")
def test_no_secret_is_written_down():
    """A password is in no file here and in no environment: containers read it from a mounted file."""
    for name in ("compose.yaml", "kubernetes.yaml"):
        content = (DEPLOY / name).read_text()
        assert "contactbench:contactbench@" not in content
        assert [line for line in content.splitlines() if "PASSWORD" in line and "PASSWORD_FILE" not in line] == []
    given = [each.get("environment", {}) for each in compose().values()]
    given += [{each["name"]: each["value"] for each in container.get("env", [])} for container in containers().values()]
    files = {value for each in given for name, value in each.items() if name.endswith("FILE")}
    assert files == {"/run/secrets/postgres-password", "/run/secrets/pg_service.conf"}


@pytest.mark.hardening("harness-25")
@pytest.mark.parametrize("service", compose())
def test_a_service_is_confined(service):
    """Not root, without capabilities and ways to get some, on a disk that it cannot change but for its volumes."""
    about = compose()[service]
    assert int(about["user"].partition(":")[0]) > 0
    assert (about["read_only"], about["cap_drop"], about["security_opt"]) == (True, ["ALL"], ["no-new-privileges:true"])
    assert not {"privileged", "cap_add", "ports"} & about.keys()


@pytest.mark.hardening("harness-25")
@pytest.mark.parametrize("container", containers())
def test_a_container_is_confined(container):
    """The same in the cluster; and no pod may ask the cluster for anything."""
    pod = next(pod for pod in pods() if container in [each["name"] for each in pod["containers"]])
    assert (pod["securityContext"]["runAsNonRoot"], pod["automountServiceAccountToken"]) == (True, False)
    assert (pod["securityContext"]["runAsUser"] > 0, pod["securityContext"]["seccompProfile"]["type"]) == (
        True, "RuntimeDefault",
    )  # fmt: skip
    assert containers()[container]["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
    }  # fmt: skip


@pytest.mark.hardening("harness-25")
def test_the_image():
    """Its packages are those of the lock, by digest; it does not run as root; its base can be named by digest."""
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    (locked, own) = [line for line in lines if "pip install" in line]
    assert "--require-hashes" in locked
    assert {"--no-deps", "--no-build-isolation"} <= set(own.split())
    assert lines.index("USER 10001:10001") > lines.index(own)
    assert "FROM ${PYTHON_IMAGE}" in lines
