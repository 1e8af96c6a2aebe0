"""2.5: tokens and permissions. A 401 or 403 changed nothing, and the secret is never in a message."""

import pytest

from harness.client.oauth import MOCK_CREDENTIALS

from .rig import BATCH, BATCHES

GEN, OWN, CSV = "batch-api", "batch-api-own-ids", "csv-import-export"
ALL = [GEN, OWN, "csv-import-export", "csv-import-own-ids"]
EXPIRED = {"status": 401, "body": {"code": "bad.credentials", "message": "no", "status": 401}}
FORBIDDEN = {"status": 403, "body": {"code": "missing.permissions", "message": "outbound:contact:add", "status": 403}}


@pytest.mark.parametrize("name", ALL)
def test_f064_a_token_that_does_not_last(rig, name):
    """One worker renews the expired token for all, and the same batch is sent again: ALL."""
    rig.settings(tokens__lifetime_s=2)
    end = rig.upload(name, batch_size=5)
    assert (end.entry["in_doubt"], rig.count("oauth.token") > 2) == (0, True)
    rig.check(end, name, batch_size=5)


@pytest.mark.parametrize("name", [GEN, OWN])
def test_f065_a_token_is_renewed_ahead(rig, name):
    """Renewed after nine tenths of its lifetime: ALL, without a single 401."""
    rig.settings(tokens__lifetime_s=20, **{"latency__contacts.add__base_s": 1.5, "latency__contacts.add__sigma": 0.0})
    end = rig.upload(name, batch_size=5)
    assert (rig.count("contacts.add", 401), rig.count("oauth.token") > 2) == (0, True)
    rig.check(end, name, batch_size=5)


def test_f064_one_401(rig):
    """A single 401 costs one token and one repeat: ALL."""
    rig.faults({"op": "contacts.add", "nth": 3, "action": EXPIRED})
    end = rig.upload(GEN)
    assert (rig.count("oauth.token"), rig.count("contacts.add")) == (2, BATCHES + 1)
    rig.check(end, GEN)


@pytest.mark.parametrize("name", ALL)
def test_f066_401_for_ever(rig, name):
    """Exit 6 after two new tokens were refused too; the secret is not in the message."""
    rig.faults(*({"op": op, "action": EXPIRED} for op in ("lists.create", "contacts.add", "import.upload")))
    end = rig.upload(name, concurrency=1)
    assert (end.code, end.word, MOCK_CREDENTIALS.client_secret in end.message) == (6, "AUTH_REJECTED", False)
    assert (rig.count("oauth.token"), rig.size()) == (3, 0)


def test_f066_a_secret_that_is_wrong(rig):
    """A login that is refused is not tried again: exit 6, one request."""
    rig.faults({"op": "oauth.token", "action": {"status": 401, "body": {"error": "invalid_client"}}})
    end = rig.upload(GEN)
    assert (end.code, end.word, rig.requests()) == (6, "AUTH_REJECTED", 1)


@pytest.mark.parametrize("name", [GEN, OWN])
def test_f067_a_permission_that_is_missing(rig, name):
    """Exit 6 names the permission, and not one contact was stored; ALL once it is given."""
    rig.faults({"op": "contacts.add", "action": FORBIDDEN})
    end = rig.upload(name)
    assert (end.code, end.word, "outbound:contact:add" in end.message) == (6, "FORBIDDEN", True)
    assert rig.size() == 0
    rig.faults()
    rig.check(rig.upload(name), name)


@pytest.mark.parametrize(("name", "missing"), [(GEN, "contact:add"), (OWN, "contactList:add"), (CSV, "contact:view")])
def test_f067_the_org_tells_what_is_missing(rig, name, missing):
    """Noticed before the first write: exit 6 names the permission and its use, no list is made; ALL with it."""
    rig.grant([f"-outbound:{missing}"])
    end = rig.upload(name)
    assert (end.code, end.word, f"lacks outbound:{missing} to " in end.message) == (6, "FORBIDDEN", True)
    assert (rig.writes(), rig.lists()) == (0, [])
    rig.grant(None)
    rig.check(rig.upload(name), name)


@pytest.mark.parametrize("action", [FORBIDDEN, {"status": 404}, {"reset": True}], ids=["403", "404", "reset"])
def test_f067_an_org_that_does_not_tell(rig, action):
    """The upload goes on and says that it could not check the permissions: ALL."""
    rig.faults({"op": "subjects.me", "action": action})
    end = rig.upload(GEN)
    assert end.entry["notices"][0].startswith("not known: what the OAuth client may do")
    rig.check(end, GEN)


@pytest.mark.parametrize("name", [GEN, OWN])
def test_f068_a_permission_that_is_taken_away(rig, name):
    """Exit 6 in the middle, no lead in doubt; ALL after the same command once it is given back."""
    rig.faults({"op": "contacts.add", "nth": 3, "times": 100, "action": FORBIDDEN})
    end = rig.upload(name, concurrency=1)
    assert (end.code, end.word, rig.size()) == (6, "FORBIDDEN", 2 * BATCH)
    rig.faults()
    end = rig.upload(name)
    assert end.entry["in_doubt"] == 0
    rig.check(end, name)
