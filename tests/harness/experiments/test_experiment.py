"""The lab: what it makes is noted before it is asked for, and is gone at the end, however that came."""

import asyncio
from contextlib import suppress

import pytest

from harness import experiments, simulator
from harness.api import create_list
from harness.client.oauth import MOCK_CREDENTIALS
from harness.client.org_safety import RunCaps
from harness.domain import LeadColumns
from harness.errors import SafetyStop, StateError
from harness.flow import Reply, Save
from harness.runs import cleanup, created_resources

COLUMNS = LeadColumns(names=("Lead ID", "Phone"), lead_id="Lead ID", phone="Phone")
FOREIGN = "contactbench probe run 1 not ours"


class Killed(BaseException):
    pass


class DyingShell:
    """Passes on so many steps; at the next one the process is gone."""

    def __init__(self, driver, steps):
        self._shell, self._steps = driver, steps

    def __getattr__(self, name):
        async def step(what):
            if self._steps == 0:
                raise Killed
            self._steps -= 1
            return await getattr(self._shell, name)(what)

        return step


def lists_of(org):
    return [item.name for item in org.store.contact_lists()]


async def in_org(tmp_path, work, **caps):
    """What `work` does with a lab, and the names of the lists that were there during it and after it."""
    async with simulator.serve_in_process(simulator.load_profile("default"), 1) as (target, services):
        seen = []
        try:
            async with experiments.open_lab(
                tmp_path, target, MOCK_CREDENTIALS, purpose="probe", run_id="run", caps=RunCaps(**caps)
            ) as opened:
                await work(opened)
                seen = lists_of(services.org)
        finally:
            left = lists_of(services.org)
    return seen, left


def test_what_is_made_is_gone_at_the_end(tmp_path):
    """Two lists are there as long as the experiment lasts, each under a name that carries the run's id."""

    async def work(opened):
        await opened.run(opened.contact_list(COLUMNS, "a"))
        await opened.run(opened.contact_list(COLUMNS, "b"))

    seen, left = simulator.run(in_org(tmp_path, work))
    assert (seen, left) == (["contactbench probe run 1 a", "contactbench probe run 2 b"], [])
    assert created_resources.read(tmp_path / created_resources.FILE).left == []


def test_gone_after_an_error_too(tmp_path):
    """A cap ends the experiment; tidying up is not held against it."""

    async def work(opened):
        for _ in range(9):
            await opened.run(opened.contact_list(COLUMNS))

    with pytest.raises(SafetyStop, match="RUN_CAP"):
        simulator.run(in_org(tmp_path, work, requests=4))
    assert created_resources.read(tmp_path / created_resources.FILE).left == []


@pytest.mark.parametrize("steps", range(6))
def test_killed_at_any_step(tmp_path, steps):
    """What the notes say is enough to remove it; a foreign list of a similar name stays."""

    async def story():
        async with simulator.serve_in_process(simulator.load_profile("default"), 1) as (target, services):
            caps = RunCaps()
            async with experiments.open_lab(
                tmp_path, target, MOCK_CREDENTIALS, purpose="probe", run_id="run", caps=caps
            ) as opened:
                await opened.run(_foreign())
                whole, opened.driver = opened.driver, DyingShell(opened.driver, steps)
                with suppress(Killed):
                    await opened.run(opened.contact_list(COLUMNS))
                opened.driver = whole
            return lists_of(services.org)

    assert simulator.run(story()) == [FOREIGN]


def _foreign():
    yield create_list(FOREIGN, COLUMNS)


def test_a_list_that_was_renamed_is_not_ours():
    """Somebody has made it his own: it stays."""
    thing = created_resources.CreatedResource(kind="contact_list", name="contactbench probe run 1", id="x")
    flow = cleanup.remove(thing)
    assert next(flow).op == "lists.get"
    with pytest.raises(StopIteration) as ended:
        flow.send(Reply(status=200, body=b'{"id":"x","name":"Customers"}'))
    assert ended.value.value == "not ours"


def test_the_notes_survive_a_cut_line(tmp_path):
    """The last line was cut by a crash: what stands before it holds."""
    notes = created_resources.ResourceLog(tmp_path, "http://mock", "run")
    thing = created_resources.CreatedResource(kind="contact_list", name="one")
    notes.save(created_resources.Creating(thing))
    with notes.path.open("ab") as file:
        file.write(b'{"event":"Removed","thing":{"kind":"conta')
    assert created_resources.read(notes.path).left == [thing]
    notes = created_resources.ResourceLog(tmp_path, "http://mock", "another run")
    notes.save(created_resources.Removed(thing))
    assert notes.run_id == "run"
    assert created_resources.read(notes.path).left == []


def test_notes_of_another_org(tmp_path):
    """A folder belongs to one org."""
    created_resources.ResourceLog(tmp_path, "http://mock", "run")
    with pytest.raises(StateError, match="STATE_MISMATCH"):
        created_resources.ResourceLog(tmp_path, "http://other", "run")


def test_intent_comes_first():
    """A list is noted before it is asked for, and its id before anything is done with it."""
    opened = experiments.Lab("probe", _Notes(), None, None, None, None, None)
    steps = opened.contact_list(COLUMNS)
    assert isinstance(next(steps), Save)
    assert steps.send(None).op == "lists.create"


class _Notes:
    run_id = "run"


def test_a_lab_needs_no_wall_clock(tmp_path):
    """On the virtual loop nothing of it waits for real."""

    async def work(opened):
        await asyncio.sleep(3600)

    assert simulator.run(in_org(tmp_path, work)) == ([], [])
