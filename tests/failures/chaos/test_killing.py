"""A process that ends in the middle, without having one."""

import pytest

from harness.flow import Call, Reply, Wait

from .killing import PAUSES_A_STEP, Killed, KillingShell, Runaway, restarted
from .plan import Kill

pytestmark = pytest.mark.anyio
CALL = Call(op="contacts.add", method="POST", url="/")


class Shell:
    """Leaves a trace in the run folder of every step it takes."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()

    async def send(self, call):
        (self.folder / "sent").touch()
        return Reply(status=200)

    async def sleep(self, wait):
        pass

    async def save(self, event):
        (self.folder / event).touch()

    async def work(self, function):
        return function()


@pytest.fixture
def killing(tmp_path):
    """A function: a driver with this kill."""
    return lambda kill, most=100: KillingShell(Shell(tmp_path / "run"), kill, most, tmp_path / "run", tmp_path / "kept")


@pytest.mark.parametrize(("moment", "left"), [("before", ["one"]), ("after", ["one", "two"])])
async def test_what_the_disk_holds_is_what_is_left(killing, tmp_path, moment, left):
    """What the run writes while it is taken apart is gone."""
    driver = killing(Kill(2, moment, 0.0))
    await driver.save("one")
    with pytest.raises(Killed):
        await driver.save("two")
    (tmp_path / "run" / "clean-up").touch()
    restarted(tmp_path / "run", tmp_path / "kept")
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == left


async def test_nothing_is_done_after_death(killing, tmp_path):
    """Not by any other flow of the run either."""
    driver = killing(Kill(1, "before", 0.0))
    for step in (driver.send(CALL), driver.save("one"), driver.work(list), driver.sleep(Wait(1.0))):
        with pytest.raises(Killed):
            await step
    assert not list((tmp_path / "run").iterdir())


async def test_where_requests_go_and_what_they_carry(killing):
    """Addresses that the server handed out, and what must not be found afterwards."""
    driver = killing(None)
    await driver.send(CALL)
    signed = Call(
        op="export.file", method="GET", url="https://elsewhere.example/x", headers={"Authorization": "Bearer t"}
    )
    await driver.send(signed)
    assert (driver.hosts, driver.secrets) == ({"elsewhere.example"}, {"Bearer t"})


async def test_a_run_without_end_is_stopped(killing):
    """Pauses count, or waiting for ever would pass for patience."""
    driver = killing(None, most=2)
    assert (await driver.send(CALL)).ok
    assert await driver.work(lambda: 7) == 7
    for _ in range(PAUSES_A_STEP - 1):
        await driver.sleep(Wait(1.0))
    with pytest.raises(Runaway):
        await driver.sleep(Wait(1.0))
