"""Stories that the machine told once and that must not be told again."""

import pytest

from harness.strategies import STRATEGIES

from .world import World


@pytest.fixture
def world():
    """A function that makes one; all of them are closed in the end."""
    made = []

    def of(name, leads=60, **options):
        made.append(World(STRATEGIES[name], leads, **options))
        return made[-1]

    yield of
    for each in made:
        each.close()


@pytest.mark.parametrize("name", ["batch-api", "csv-import-export"])
def test_a_command_for_other_leads_leaves_the_run_beside_it_alone(world, name):
    """It is refused with exit 7, and the leads of the run under way are still its own: that one ends well."""
    org = world(name)
    org.begin()
    org.go_on(10)
    with org.another_input():
        refused, steps = org.beside()
    end = org.go_on(float("inf"))
    assert (refused.word, steps, end.code, org.rig.complaints()) == ("STATE_LOCKED", 0, 0, []), end.message
    assert list(org.folder.glob("leads*")) == [org.folder / "leads.parquet"]


@pytest.mark.parametrize("name", ["batch-api", "csv-import-own-ids"])
def test_an_export_of_a_killed_start_is_no_proof(world, name):
    """It becomes ready when the next start waits for its own, and shows contacts that are gone: exit 4, not 0."""
    org = world(name, lists=1, concurrency=1)
    org.rig.settings(jobs__export_start_delay_s=30.0)
    org.begin()
    while not org.rig.count("export.create"):
        assert org.go_on(1) is None
    org.kill()
    org.rig.clear()
    org.rig.sleep(15)
    org.begin()
    assert org.go_on(float("inf")).code == 4
