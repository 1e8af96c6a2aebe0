"""Started by test_locust.py in a process of its own: uploads and bare posts in turns, and the CPU time of each request.

python -m tests.benchmarks.locust_rounds URL FOLDER LEADS ROUNDS
"""

import json
import sys
import time
from pathlib import Path

import gevent
import msgspec
from locust import FastHttpUser
from locust.env import Environment

from harness import api
from harness.client.oauth import MOCK_CREDENTIALS
from harness.client.retry import RetryPolicy
from harness.events import BatchAcked
from harness.leads.synthetic import SyntheticLeads, write_csv
from harness.load.shared_run import SharedRun
from harness.locust_driver import LeadUser
from harness.locust_driver.gevent_driver import GeventDriver
from harness.runs.prepare import UploadOrder, prepare
from harness.strategies.job import Settings

USERS = 4


class Timed:
    """CPU seconds from the first request of an upload to the last answer that is in the journal."""

    def __init__(self):
        self.began = self.ended = None

    def shell(self, run, user):
        timed = self

        class Shell(GeventDriver):
            def send(self, call):
                if call.op == "contacts.add" and timed.began is None:
                    timed.began = time.process_time()
                return GeventDriver.send(self, call)

            def save(self, event):
                GeventDriver.save(self, event)
                if isinstance(event, BatchAcked):
                    timed.ended = time.process_time()

        return Shell(user.client, run.target, run.context)


def uploaded(url, leads, folder, users):
    """CPU seconds a request of a whole strategy: leads read, bodies made, answers joined, journal kept."""
    order = UploadOrder(
        strategy="batch-api",
        leads=leads,
        lead_id="Lead ID",
        phone="Phone",
        target=url,
        credentials=MOCK_CREDENTIALS,
        run_id=folder.name,
        folder=folder,
        again=True,
        settings=Settings(poll_initial_s=0.02, consistency_wait_s=0.05),
    )
    run, timed = SharedRun(prepare(order, lambda line: None), RetryPolicy(), time.monotonic), Timed()

    def drive(user):
        while run.drive_one(lambda run: timed.shell(run, user)):
            pass

    gevent.joinall([gevent.spawn(drive, user) for user in users], raise_error=True)
    verdict = run.finish()
    if verdict.exit_code:
        raise SystemExit(verdict.text)
    return (timed.ended - timed.began) / run.context.samples.operations()["contacts.add"]["count"]


def posted(bodies, path, token, users):
    """CPU seconds a request of users who post the same bodies and parse the answers, and do nothing else."""
    todo, headers = iter(bodies), {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def post(user):
        for body in todo:
            with user.client.post(path, data=body, headers=headers, name="bare", catch_response=True) as response:
                msgspec.json.decode(response.content)

    began = time.process_time()
    gevent.joinall([gevent.spawn(post, user) for user in users], raise_error=True)
    return (time.process_time() - began) / len(bodies)


class Bare(FastHttpUser):
    pass


def main(url, folder, leads, rounds):
    source = SyntheticLeads(leads, seed=1)
    write_csv(source, folder / "leads.csv")
    environment = Environment(user_classes=[Bare, LeadUser])
    Bare.host = LeadUser.host = url
    bare, users = [[kind(environment) for _ in range(USERS)] for kind in (Bare, LeadUser)]
    token = api_token(bare[0])
    made = (
        bare[0]
        .client.post(
            api.LISTS,
            data=json.dumps(
                {"name": "bare", "columnNames": list(source.columns.names), "phoneColumns": PHONE}
            ).encode(),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        .json()["id"]
    )
    bodies = [b"[" + b",".join(contacts(batch, source.columns, made)) + b"]" for batch in source.batches(1000)]
    for number in range(rounds):
        pair = {
            "upload": uploaded(url, folder / "leads.csv", folder / f"run-{number}", users),
            "bare": posted(bodies, f"{api.LISTS}/{made}/contacts", token, bare),
        }
        sys.stdout.write(json.dumps(pair) + "\n")


PHONE = [{"columnName": "Phone", "type": "cell"}]


def contacts(batch, columns, list_id):
    pairs = zip(batch.ids, batch.rows, strict=True)
    return [api.contact(lead_id, row, columns, list_id, own_id=False) for lead_id, row in pairs]


def api_token(user):
    call = api.token(MOCK_CREDENTIALS.client_id, MOCK_CREDENTIALS.client_secret)
    return user.client.post(call.url, data=call.body, headers=dict(call.headers)).json()["access_token"]


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
