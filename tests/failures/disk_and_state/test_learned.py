"""What the platform's refusals taught is known to the run that goes on."""

import pytest


@pytest.mark.parametrize("name", ["batch-api", "batch-api-own-ids"])
def test_a_body_that_is_too_long_is_not_sent_again(rig, name):
    """Refused with 413 before it was stopped: the next run cuts its batches from the start: ALL, and no 413 more."""
    rig.settings(limits__request_body_bytes=10_000)
    no = {"status": 403, "body": {"code": "missing.permissions", "message": "no", "status": 403}}
    rig.faults({"op": "contacts.add", "nth": 12, "times": 100, "action": no})
    assert rig.upload(name, concurrency=1).word == "FORBIDDEN"
    rig.faults()
    refused = rig.count("contacts.add", 413)
    end = rig.upload(name, concurrency=1)
    assert refused > 0
    assert rig.count("contacts.add", 413) == refused
    rig.check(end, name)
