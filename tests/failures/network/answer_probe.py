"""Answers as a process of their own meets them, by either driver: what came of each, and how the process has grown.

Started by `outcomes` with the driver, the server's URL, a folder, and the paths to fetch.
"""

import asyncio
import json
import resource
import subprocess
import sys
from pathlib import Path

from harness.client.target import Target
from harness.errors import RunError
from harness.flow import Call

ROOT = Path(__file__).parents[3]
ENDED_BY_TIME = ("/interim", "/continue")  # under httpx


def outcomes(driver, url, folder, paths):
    """What came of the answer at each path, and by how many KiB the process had grown by then."""
    command = [sys.executable, "-m", "tests.failures.network.answer_probe", driver, url, str(folder), *paths]
    asked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)
    return json.loads(asked.stdout)


def call(path):
    save_to = Path(sys.argv[3]) / "export.csv" if path.startswith("/export") else None
    return Call(
        op="probe",
        method="GET",
        url=path,
        save_to=save_to,
        bearer=False,
        timeout_s=0.4 if path in ENDED_BY_TIME else 30.0,
    )


def httpx_driver(target):
    from harness.client import httpx_transport

    async def fetched(path):
        async with httpx_transport.open_client(target, 1) as client:
            return await httpx_transport.send(client, target, call(path))

    return lambda path: asyncio.run(fetched(path))


def gevent_driver(target):
    from locust.env import Environment

    from harness.locust_driver import LeadUser
    from harness.locust_driver.gevent_driver import exchange

    class Prober(LeadUser):
        pass

    session = Prober(Environment(user_classes=[Prober])).client
    return lambda path: exchange(session, target, call(path))


def outcome(fetch, path):
    try:
        reply = fetch(path)
    except RunError as error:
        return error.code
    return reply.error or reply.status


def grown_kib():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main():
    driver, url, paths = sys.argv[1], sys.argv[2], sys.argv[4:]
    fetch = {"httpx": httpx_driver, "gevent": gevent_driver}[driver](Target.one_host(url))
    outcome(fetch, "/fine")
    before = grown_kib()
    found = {path: (outcome(fetch, path), grown_kib() - before) for path in paths}
    print(json.dumps(found))  # noqa: T201


if __name__ == "__main__":
    main()
