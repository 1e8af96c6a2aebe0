"""Started by test_exchange.py in a process of its own: sends the calls of argv[1] (JSON) and prints what came back."""

import json
import resource
import sys
from pathlib import Path

from locust.env import Environment

from harness.client.target import Target
from harness.flow import Call, FilePart
from harness.locust_driver import LeadUser
from harness.locust_driver.gevent_driver import exchange


class Prober(LeadUser):
    pass


def call(options):
    if "upload" in options:
        part = FilePart(path=Path(options.pop("upload")), filename="leads.csv")
        options["form"] = (("id", "list-1"), ("file", part))
    if "save_to" in options:
        options["save_to"] = Path(options["save_to"])
    if "body" in options:
        options["body"] = options["body"].encode()
    options["query"] = tuple(options.pop("query", {}).items())
    return Call(**{"op": "probe", "method": "GET", "url": "/", **options})


def main(url, calls):
    noted = []
    environment = Environment(user_classes=[Prober])
    environment.events.request.add_listener(lambda **meta: noted.append(meta))
    session = Prober(environment).client
    for options in calls:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        reply = exchange(session, Target.one_host(options.pop("at", url)), call(options))
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        meta = noted[-1]
        answer = {
            "status": reply.status,
            "headers": dict(reply.headers),
            "body": reply.body.decode(),
            "error": reply.error,
            "sent": reply.sent,
            "truncated": reply.truncated,
            "grown_kib": grown,
            "name": meta["name"],
            "url": meta["url"],
            "failure": meta["exception"] and str(meta["exception"]),
        }
        sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
