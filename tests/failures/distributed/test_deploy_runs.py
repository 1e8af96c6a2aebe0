"""The files of `deploy/`, played: their commands, environment, users and networks, as processes of this machine."""

import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from ... import oracle
from .pods import USER, database, deployment, pods
from .swarm import size
from .test_deploy import cluster, compose

pytestmark = pytest.mark.smoke

RELAY = Path(__file__).with_name("relay.py")
READY = {"CONTACTBENCH_MOCK_READY_FILE": "/runs/mock.json"}  # to look into the org afterwards


def fewer(command):
    """The same with as many contacts as there is time for."""
    words = [word.split("=") for word in command]
    at = next(number for number, (word, *_) in enumerate(words) if word == "--contacts")
    return [*command[:at], f"--contacts={size()}", *command[at + (1 if words[at][1:] else 2) :]]


def require_proved(there, mock, run):
    """The master's exit, and the org's own store against mapping and leads: none lost, none doubled."""
    code, printed = there.ended("master")
    assert code == 0, printed
    run = there.folder / "runs" / run
    (leads,) = run.glob("leads-*.csv")
    contacts = list(there.contacts(mock))
    assert (len(contacts), oracle.complaints(iter(contacts), run, leads)) == (size(), [])
    lines = Path(f"/proc/{there.processes['mock'].pid}/status").read_text().splitlines()
    status = dict(line.split(":", 1) for line in lines)
    assert [int(each) for each in status["Uid"].split()] == [USER] * 4
    assert (int(status["CapBnd"], 16), int(status["NoNewPrivs"])) == (0, 1)


@pytest.mark.hardening("harness-1")
def test_compose():
    """All services in one network namespace, the database's password in files: every lead is proved."""
    services = compose()
    with ExitStack() as stack:
        there = stack.enter_context(deployment())
        pod = stack.enter_context(pods("mock"))["mock"]
        assert all(each.get("network_mode", "service:mock") == "service:mock" for each in services.values())
        there.start("mock", pod, services["mock"]["command"].split(), READY)
        stack.enter_context(database(pod, services["postgres"]["environment"], there))
        there.until_listening(pod, 8080)
        master = fewer(services["master"]["command"].split())
        there.start("master", pod, master, services["master"]["environment"])
        for number in range(int(master[master.index("--expect-workers") + 1])):
            there.start(f"worker-{number}", pod, services["worker"]["command"].split())
        require_proved(there, pod, "compose")


@pytest.mark.hardening("harness-1")
def test_kubernetes():
    """Each pod in a network namespace of its own, found by the name of its service: every lead is proved."""
    specs = {each["metadata"]["name"]: each["spec"] for each in cluster() if "template" in each.get("spec", {})}
    of = {
        container["name"]: (container, {each["name"]: each["value"] for each in container.get("env", [])})
        for spec in specs.values()
        for container in spec["template"]["spec"]["containers"]
    }
    workers = [f"worker-{number}" for number in range(specs["worker"]["replicas"])]
    with ExitStack() as stack:
        there = stack.enter_context(deployment())
        own = stack.enter_context(pods("mock", "postgres", "master", *workers))
        there.start("mock", own["mock"], of["mock"][0]["command"], READY)
        stack.enter_context(database(own["postgres"], of["postgres"][1], there))
        there.until_listening(own["mock"], 8080)
        there.start("master", own["master"], fewer(of["master"][0]["command"]), of["master"][1])
        listening, towards = (word.split(":") for word in of["mock-relay"][0]["args"])
        port, host = listening[1].partition(",")[0], towards[1]
        assert (port, towards[2], "bind=127.0.0.1" in listening[1]) == ("8080", "8080", True)
        for worker in workers:
            there.start(f"{worker}-relay", own[worker], [sys.executable, str(RELAY), port, host])
            there.start(worker, own[worker], of["worker"][0]["command"])
        require_proved(there, own["mock"], "month")
