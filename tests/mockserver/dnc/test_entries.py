"""Entries of DNC lists over HTTP: added, removed, cleared, and refused."""

import pytest

pytestmark = pytest.mark.anyio

LISTS = "/api/v2/outbound/dnclists"
START = "2026-01-01T00:00Z"  # where the clock of the tests begins
SOON, LATER = "2026-01-01T00:10Z", "2026-01-01T01:00Z"

# path, what a PATCH calls the entries, three entries
KINDS = {
    "phone": ("phonenumbers", "phoneNumbers", ["+15550100", "+15550101", "+15550102"]),
    "email": ("emailaddresses", "emailAddresses", ["a@example.com", "b@example.com", "c@example.com"]),
    "whatsapp": ("whatsappnumbers", "whatsAppNumbers", ["+15550110", "+15550111", "+15550112"]),
    "custom": ("customexclusioncolumns", "customExclusionColumnEntries", ["L-1", "L-2", "L, 3"]),
}


async def dnc_list(mock_org, **fields):
    body = {"name": "List", "dncSourceType": "rds", "contactMethod": "Any"} | fields
    reply = await mock_org.client.post(LISTS, json=body)
    assert reply.status_code == 200, reply.text
    return reply.json()["selfUri"]


async def list_of(mock_org, kind):
    if kind == "custom":
        return await dnc_list(mock_org, dncSourceType="rds_custom", customExclusionColumn="Lead ID")
    return await dnc_list(mock_org)


async def patch(mock_org, at, kind, entries, action="Add", expires=None):
    path, field, _ = KINDS[kind]
    body = {"action": action, field: entries} | ({} if expires is None else {"expirationDateTime": expires})
    return await mock_org.client.patch(f"{at}/{path}", json=body)


async def size(mock_org, at):
    return (await mock_org.client.get(at, params={"includeSize": "true"})).json()["size"]


@pytest.mark.parametrize("kind", KINDS)
async def test_add_and_remove(mock_org, kind):
    """PATCH answers 204 without a body; what is added twice is there once, what is not there may be removed."""
    at, entries = await list_of(mock_org, kind), KINDS[kind][2]
    for _ in range(2):
        reply = await patch(mock_org, at, kind, entries)
        assert (reply.status_code, reply.content) == (204, b"")
    assert await size(mock_org, at) == 3
    reply = await patch(mock_org, at, kind, [*entries[:2], "+15550199" if kind != "email" else "z@z"], "Remove")
    assert (reply.status_code, await size(mock_org, at)) == (204, 1)


@pytest.mark.parametrize("kind", KINDS)
async def test_clear(mock_org, kind):
    """Expired entries go on demand, to the minute; all go without `expiredOnly`."""
    at, path, entries = await list_of(mock_org, kind), KINDS[kind][0], KINDS[kind][2]
    for entry, expires in zip(entries, (SOON, LATER, None), strict=True):
        assert (await patch(mock_org, at, kind, [entry], expires=expires)).status_code == 204
    sizes = []
    for seconds in (599, 1, 3_000):
        mock_org.clock.advance(seconds)
        reply = await mock_org.client.delete(f"{at}/{path}", params={"expiredOnly": "true"})
        sizes.append((reply.status_code, await size(mock_org, at)))
    assert sizes == [(204, 3), (204, 2), (204, 1)]
    await mock_org.client.delete(f"{at}/{path}")
    assert await size(mock_org, at) == 0


async def test_clearing_one_kind_leaves_the_others(mock_org):
    """A list for any contact method keeps phone numbers, emails and WhatsApp numbers apart."""
    at = await dnc_list(mock_org)
    for kind in ("phone", "email", "whatsapp"):
        await patch(mock_org, at, kind, KINDS[kind][2])
    await mock_org.client.delete(f"{at}/emailaddresses")
    assert await size(mock_org, at) == 6


@pytest.mark.parametrize(("path", "entries"), [("phonenumbers", ["+1 (555) 01-00"]), ("emailaddresses", ["a@b.c"])])
async def test_post(mock_org, path, entries):
    """An array of entries; 204 for both, the former by assumption."""
    at = await dnc_list(mock_org)
    reply = await mock_org.client.post(f"{at}/{path}", json=entries)
    assert (reply.status_code, await size(mock_org, at)) == (204, 1)


async def test_post_of_phone_numbers_as_the_profile_says(mock_org):
    """Its status is a setting; its expiration comes in the query."""
    mock_org.change(semantics__dnc_post_status=200)
    at = await dnc_list(mock_org)
    query = {"expirationDateTime": SOON}
    reply = await mock_org.client.post(f"{at}/phonenumbers", params=query, json=["+15550100"])
    mock_org.clock.advance(600)
    await mock_org.client.delete(f"{at}/phonenumbers", params={"expiredOnly": "true"})
    assert (reply.status_code, await size(mock_org, at)) == (200, 0)


async def test_numbers_are_the_same_however_they_are_written(mock_org):
    """Formatting characters do not count, the plus does."""
    at = await dnc_list(mock_org)
    await patch(mock_org, at, "phone", ["+1 555-0100", "+1(555)0100", "+15550100", "15550100"])
    assert await size(mock_org, at) == 2


async def test_adding_again_sets_another_expiration(mock_org):
    """The last one said is in force, also none at all."""
    at = await dnc_list(mock_org)
    for expires in (SOON, None):
        await patch(mock_org, at, "phone", ["+15550100"], expires=expires)
    mock_org.clock.advance(3_600)
    await mock_org.client.delete(f"{at}/phonenumbers", params={"expiredOnly": "true"})
    assert await size(mock_org, at) == 1


async def test_expired_entries_that_do_not_stay(mock_org):
    """If the profile says so, they vanish by themselves when their minute has come."""
    mock_org.change(semantics__dnc_expired_entries="dropped")
    at = await dnc_list(mock_org)
    await patch(mock_org, at, "phone", ["+15550100", "+15550101"], expires=SOON)
    await patch(mock_org, at, "phone", ["+15550102"])
    before = await size(mock_org, at)
    mock_org.clock.advance(600)
    assert (before, await size(mock_org, at)) == (3, 1)


@pytest.mark.parametrize(
    "expires",
    [
        "2026-01-01T00:10:00Z",  # seconds
        "2026-01-01T00:10:00.000Z",
        "2026-01-01T00:10",
        "2026-01-01T00:10+00:00",
        "2026-02-30T00:10Z",
        "2026-01-01",
        " ",
        START,  # now
        "2025-12-31T23:59Z",
    ],
)
async def test_expirations_that_are_refused(mock_org, expires):
    """Minutes and Z, a day that exists, and in the future."""
    at = await dnc_list(mock_org)
    reply = await patch(mock_org, at, "phone", ["+15550100"], expires=expires)
    assert (reply.status_code, reply.json()["code"]) == (400, "invalid.date.value")
    assert await size(mock_org, at) == 0


async def test_expirations_beyond_a_limit(mock_org):
    """With a limit of days, what lies beyond is refused."""
    mock_org.change(limits__dnc_expiration_days=1)
    at = await dnc_list(mock_org)
    near = await patch(mock_org, at, "phone", ["+15550100"], expires="2026-01-02T00:00Z")
    far = await patch(mock_org, at, "phone", ["+15550100"], expires="2026-01-02T00:01Z")
    assert (near.status_code, far.json()["code"]) == (204, "invalid.date.value")


async def test_an_expiration_in_the_past_where_it_is_accepted(mock_org):
    """Then the entry has expired from the start."""
    mock_org.change(semantics__dnc_past_expiration="accept")
    at = await dnc_list(mock_org)
    reply = await patch(mock_org, at, "phone", ["+15550100"], expires=START)
    await mock_org.client.delete(f"{at}/phonenumbers", params={"expiredOnly": "true"})
    assert (reply.status_code, await size(mock_org, at)) == (204, 0)


@pytest.mark.parametrize(
    ("kind", "entries", "code"),
    [
        ("phone", ["+15550100", "call me"], "constraint.validation"),
        ("phone", ["+1555010012345678"], "constraint.validation"),  # 16 digits
        ("email", ["nobody"], "constraint.validation"),
        ("custom", [" "], "constraint.validation"),
        ("custom", ["x" * 513], "constraint.validation"),
        ("custom", [], "constraint.validation"),
        ("custom", [str(n) for n in range(1_001)], "constraint.validation"),
        ("custom", [1], "bad.request"),
        ("custom", None, "bad.request"),
        ("custom", "L-1", "bad.request"),
    ],
)
async def test_entries_that_are_refused(mock_org, kind, entries, code):
    """One that is wrong refuses all; nothing is stored."""
    at = await list_of(mock_org, kind)
    reply = await patch(mock_org, at, kind, entries)
    assert (reply.status_code, reply.json()["code"]) == (400, code)
    assert await size(mock_org, at) == 0


@pytest.mark.parametrize("action", ["Adds", "Replace", None, 1])
async def test_actions_that_are_refused(mock_org, action):
    """There are Add and Remove."""
    at = await dnc_list(mock_org)
    assert (await patch(mock_org, at, "phone", ["+15550100"], action)).status_code == 400
    assert await size(mock_org, at) == 0


INTERNAL = {"dncSourceType": "rds"}
DNC_COM = {"dncSourceType": "dnc.com", "contactMethod": None, "loginId": "1", "dncCodes": ["B"]}
CUSTOM = {"dncSourceType": "rds_custom", "contactMethod": None, "customExclusionColumn": "Lead ID"}


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        (INTERNAL | {"contactMethod": "Any"}, {"custom"}),
        (INTERNAL | {"contactMethod": "Phone"}, {"email", "whatsapp", "custom"}),
        (INTERNAL | {"contactMethod": "Email"}, {"phone", "whatsapp", "custom"}),
        (INTERNAL | {"contactMethod": "WhatsApp"}, {"phone", "email", "custom"}),
        (CUSTOM, {"phone", "email", "whatsapp"}),
        (DNC_COM, set(KINDS)),
        ({"dncSourceType": "gryphon", "contactMethod": None, "licenseId": "1"}, set(KINDS)),
    ],
    ids=["any", "phone", "email", "whatsapp", "custom", "dnc.com", "gryphon"],
)
async def test_operations_a_source_does_not_support(mock_org, fields, refused):
    """Adding and clearing are refused alike, with one code; the other kinds work."""
    at = await dnc_list(mock_org, **fields)
    for kind, (path, _, entries) in KINDS.items():
        replies = [await patch(mock_org, at, kind, entries), await mock_org.client.delete(f"{at}/{path}")]
        assert {reply.status_code for reply in replies} == ({400} if kind in refused else {204})
        if kind in refused:
            assert {reply.json()["code"] for reply in replies} == {"dnc.source.operation.not.supported"}


async def test_posting_to_a_list_kept_by_others(mock_org):
    """Numbers cannot be appended to it; the message is the platform's."""
    at = await dnc_list(mock_org, **DNC_COM)
    reply = await mock_org.client.post(f"{at}/phonenumbers", json=["+15550100"])
    assert (reply.status_code, reply.json()["code"]) == (400, "dnc.source.operation.not.supported")
    assert reply.json()["message"].endswith("not of type Internal")


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        ({"limits__dnc_records_per_list": 3}, "dnc.records.per.list.limit.exceeded"),
        ({"limits__dnc_records_per_org": 5}, "dnc.records.per.organization.limit.exceeded"),
    ],
)
async def test_a_full_list_or_org(mock_org, limits, code):
    """What does not fit is refused as a whole; entries that are there already need no room."""
    mock_org.change(**limits)
    other, at = await dnc_list(mock_org, name="Other"), await dnc_list(mock_org)
    await patch(mock_org, other, "phone", ["+15550190", "+15550191"])
    await patch(mock_org, at, "phone", KINDS["phone"][2])
    reply = await patch(mock_org, at, "phone", [*KINDS["phone"][2], "+15550103"])
    assert (reply.status_code, reply.json()["code"]) == (400, code)
    assert (await patch(mock_org, at, "phone", KINDS["phone"][2])).status_code == 204
    assert await size(mock_org, at) == 3


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
async def test_a_list_that_does_not_exist(mock_org, method):
    """404 in the platform's words."""
    body = ["+15550100"] if method == "POST" else {"action": "Add", "phoneNumbers": ["+15550100"]}
    reply = await mock_org.client.request(method, f"{LISTS}/none/phonenumbers", json=body)
    assert (reply.status_code, reply.json()["code"]) == (404, "dnc.list.not.found")


async def test_an_org_without_the_feature_of_clearing(mock_org):
    """501 is what such an org says."""
    mock_org.change(semantics__dnc_delete_entries="refuse")
    at = await dnc_list(mock_org)
    reply = await mock_org.client.delete(f"{at}/phonenumbers", params={"expiredOnly": "true"})
    assert (reply.status_code, reply.json()["code"]) == (501, "not.implemented")
