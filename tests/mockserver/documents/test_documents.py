"""What every kind of document does: it is kept, checked, listed, changed with its version, and deleted."""

import pytest

from mockserver.operations.documents import KINDS

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)]


async def test_what_was_sent_comes_back(outbound, kind):
    """All of it, with what the server adds."""
    sent, document_id = outbound.body(kind.name), outbound.ids[kind.name]
    got = await outbound.ask("GET", f"{kind.path}/{document_id}")
    assert {name: without_names(got[name]) for name in sent} == sent
    assert (got["id"], got["version"]) == (document_id, 1)
    assert got["selfUri"] == f"/api/v2/outbound/{kind.path}/{document_id}"
    assert got["dateCreated"] == got["dateModified"]


async def test_listings(outbound, kind):
    """By name, page by page."""
    second = outbound.body(kind.name) | {"name": "Another"}
    await outbound.ask("POST", kind.path, second)
    page = await outbound.ask("GET", f"{kind.path}?pageSize=1&sortOrder=d")
    assert ([each["name"] for each in page["entities"]], page["total"]) == ([f"First {kind.name}"], 2)
    assert [each["name"] for each in (await outbound.ask("GET", f"{kind.path}?name=Ano"))["entities"]] == ["Another"]


async def test_names(outbound, kind):
    """They are there, and taken once; refusals name the entity."""
    sent = outbound.body(kind.name)
    code, message = await outbound.refused("POST", kind.path, sent)
    assert (code, f"create an invalid {kind.type.__name__}." in message) == ("duplicate.name", True)
    assert (await outbound.refused("POST", kind.path, without(sent, "name")))[0] == "name.cannot.be.blank"
    assert (await outbound.refused("POST", kind.path, sent | {"name": "n" * 300}))[0] == "name.length.exceeded"


async def test_what_is_required(outbound, kind):
    """A field that is left out or empty is refused by its name, and the others may be left out; null is nothing."""
    sent = outbound.body(kind.name) | {"name": "Second"}
    for name in kind.required:
        for refused in (without(sent, name), *([sent | {name: []}] if isinstance(sent[name], list) else ())):
            code, message = await outbound.refused("POST", kind.path, refused)
            assert (code, f"{name} must be provided" in message) == ("invalid.create", True)
    optional = set(sent) - {"name", *kind.required, "callerName", "callerAddress"}
    nulls = sent | dict.fromkeys(optional)
    reply = await outbound.lenient.post(f"/api/v2/outbound/{kind.path}", json=nulls)
    again = await outbound.ask("POST", kind.path, without(sent, *optional) | {"name": "Third"})
    assert set(reply.raise_for_status().json()) == set(again)


async def test_changes(outbound, kind):
    """With the current version; what is not named is gone, and the dates move."""
    at = f"{kind.path}/{outbound.ids[kind.name]}"
    sent = outbound.body(kind.name) | {"name": "Changed"}
    assert (await outbound.refused("PUT", at, sent, 409))[0] == "invalid.update.wrong.version"
    assert (await outbound.refused("PUT", at, sent | {"version": 2}, 409))[0] == "invalid.update.wrong.version"
    changed = await outbound.ask("PUT", at, sent | {"version": 1})
    assert (changed["name"], changed["version"]) == ("Changed", 2)
    assert await outbound.ask("GET", at) == changed


async def test_types(outbound, kind):
    """A value of another type, or not of the enumeration, is refused; enumerations are read in any case."""
    sent = outbound.body(kind.name) | {"name": "Second"}
    assert (await outbound.refused("POST", kind.path, sent | {"version": "x"}))[0] == "bad.request"
    enumerated = {"resetPeriod", "liveSpeakerDetectionMode", "dialingMode", "status"} & set(sent)
    for name in enumerated:
        assert (await outbound.refused("POST", kind.path, sent | {name: "SOMEHOW"}))[0] == "bad.request"
        made = await outbound.ask("POST", kind.path, sent | {name: sent[name].swapcase()})
        assert made[name] == sent[name]


async def test_references_lead_somewhere(outbound, kind):
    """Each field that refers to another kind is refused with an id that nobody has; answers tell the name."""
    sent = outbound.body(kind.name)
    for name in kind.references:
        nowhere = [{"id": "nobody"}] if isinstance(sent.get(name), list) else {"id": "nobody"}
        code, message = await outbound.refused("POST", kind.path, sent | {"name": "Second", name: nowhere})
        assert (code, f"{name} nobody does not exist" in message) == ("invalid.create", True)
        at = f"{kind.path}/{outbound.ids[kind.name]}"
        assert (await outbound.refused("PUT", at, sent | {"version": 1, name: nowhere}))[0] == "invalid.update"
    got = await outbound.ask("GET", f"{kind.path}/{outbound.ids[kind.name]}")
    assert [name for name in kind.references if name in sent and "name" not in str(got[name])] == []


async def test_what_is_in_use_stays(outbound, kind):
    """Nothing that another refers to can be deleted; once nobody does, it goes."""
    at = f"{kind.path}/{outbound.ids[kind.name]}"
    if any(kind.name in user.references.values() for user in KINDS):
        assert (await outbound.refused("DELETE", at))[0] == "referential.integrity.error"
    for user in reversed(KINDS):
        await outbound.ask("DELETE", f"{user.path}/{outbound.ids[user.name]}")
    assert (await outbound.refused("GET", at, status=404))[0] == "resource.not.found"
    assert (await outbound.refused("DELETE", at, status=404))[0] == "resource.not.found"


def without(body, *names):
    return {name: value for name, value in body.items() if name not in names}


def without_names(value):
    """References as a client sends them."""
    if isinstance(value, list):
        return [without_names(each) for each in value]
    is_reference = isinstance(value, dict) and "id" in value and set(value) <= {"id", "name", "selfUri"}
    return {"id": value["id"]} if is_reference else value
