"""Faults by chance: the decision, what each kind does to a request and to the org, and that no rate means no fault."""

import asyncio
import random
from collections import Counter

import httpx
import pytest

from mockserver.control.inspection import exposition
from mockserver.faults import chance_fault
from mockserver.loaded_profile import ProfileError, load, with_changes

LISTS = "/api/v2/outbound/contactlists"
LIST = {"name": "Leads", "columnNames": ["Lead ID", "Phone"], "phoneColumns": [{"columnName": "Phone", "type": "cell"}]}
ROWS = [{"data": {"Lead ID": f"L-{n}", "Phone": "+1 555 0100"}} for n in range(4)]
KINDS = list(load("default").profile.faults.by_kind)
DRAWS = 10_000


def rates(mock, **given):
    """Set rates of the org's profile; the late commit of a test has nothing to wait for."""
    mock.org.profile = with_changes(mock.org.profile, {f"faults.{name}": value for name, value in given.items()})


@pytest.fixture
async def leads(mock_org):
    """The address of an empty list."""
    return f"{LISTS}/{(await mock_org.client.post(LISTS, json=LIST)).json()['id']}"


def stored(mock):
    return mock.org.store.total_size()


# --- the decision -----------------------------------------------------------------------------------------------------


def drawn(profile, op="contacts.add"):
    """Kinds of so many draws, with how often each came."""
    rng = random.Random(1)
    strokes = [chance_fault(profile, op, rng.random()) for _ in range(DRAWS)]
    return Counter(found.kind for found in strokes if found)


def test_each_kind_comes_as_often_as_its_rate():
    """Rates are shares of the requests, each within four standard deviations."""
    profile = load("troubled").profile
    counts = drawn(profile)
    for kind, rate in profile.faults.by_kind.items():
        assert abs(counts[kind] - DRAWS * rate) < 4 * (DRAWS * rate) ** 0.5, kind
    assert sum(profile.faults.by_kind.values()) == pytest.approx(0.05)


@pytest.mark.parametrize("op", ["oauth.token", "health"])
def test_what_is_spared(op):
    """A login is no request of the API, whatever the rates."""
    profile = with_changes(load("default").profile, {"faults.throttled": 1.0})
    assert drawn(profile, op) == {}
    assert drawn(profile, "export.file") == {"throttled": DRAWS}


def test_a_part_is_stored_of_batches_alone():
    """Other operations have no parts; of a batch, any number of contacts is as likely."""
    profile = with_changes(load("default").profile, {"faults.partial_commit": 1.0})
    assert chance_fault(profile, "import.upload", 0.5) is None
    assert [chance_fault(profile, "contacts.add", draw).action.partial_commit for draw in (0.0, 0.25, 0.9999)] == [
        0,
        250,
        999,
    ]


@pytest.mark.parametrize(
    ("patch", "complaint"),
    [
        ({"faults.throttled": 0.6, "faults.late_commit": 0.6}, "faults: the rates add up to 1.2, more than 1"),
        ({"faults.throttled": -0.1}, "faults.throttled: expected a number from 0 on"),
        ({"faults.thunder": 0.1}, "thunder"),
    ],
)
def test_rates_that_are_refused(patch, complaint):
    """A rate is a share of the requests, and all of them together are one, too."""
    with pytest.raises(ProfileError, match=complaint):
        with_changes(load("default").profile, patch)


# --- what they do -----------------------------------------------------------------------------------------------------


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("kind", "status", "contacts"),
    [
        ("error_before_commit", 503, 0),
        ("error_after_commit", 500, 4),
        ("reset_before_parse", None, 0),
        ("reset_after_commit", None, 4),
        ("late_commit", 504, 4),
        ("truncated_answer", None, 4),
        ("throttled", 429, 0),
    ],
)
async def test_a_kind(mock_org, leads, kind, status, contacts):
    """What the client hears, and what the org holds in the end; it is counted under its name."""
    rates(mock_org, **{kind: 1.0})
    if status is None:
        with pytest.raises(httpx.TransportError):
            await mock_org.client.post(f"{leads}/contacts", json=ROWS)
    else:
        assert (await mock_org.client.post(f"{leads}/contacts", json=ROWS)).status_code == status
    for _ in range(5):
        await asyncio.sleep(0)  # a late commit is another task's; on this clock there is nothing to wait for
    assert (stored(mock_org), mock_org.org.chance_faults.counts) == (contacts, {kind: 1})
    assert f'contactbench_mock_faults_by_chance_total{{kind="{kind}"}} 1' in exposition(mock_org.services)


@pytest.mark.anyio
async def test_a_part_of_a_batch(mock_org, leads):
    """The first contacts are there, as many as were drawn, and the answer does not say so."""
    rates(mock_org, partial_commit=1.0)
    mock_org.org.profile = with_changes(mock_org.org.profile, {"limits.contacts_per_post": 4})
    for _ in range(20):
        assert (await mock_org.client.post(f"{leads}/contacts", json=ROWS)).status_code == 500
    assert 15 < stored(mock_org) < 45  # 0 to 3 each


@pytest.mark.anyio
async def test_a_throttled_request_says_when(mock_org, leads):
    """The wait is the profile's."""
    rates(mock_org, throttled=1.0, retry_after_s=7)
    reply = await mock_org.client.get(leads)
    assert (reply.status_code, reply.headers["Retry-After"]) == (429, "7")


@pytest.mark.anyio
async def test_a_token_that_expires(mock_org, leads):
    """A fresh token is spared; one that has served for a while ends for good, and a new one is good again."""
    rates(mock_org, expired_token=1.0)
    answers = [(await mock_org.client.get(leads)).status_code for _ in range(52)]
    assert answers == [200] * 50 + [401] * 2
    assert mock_org.org.chance_faults.counts == {"expired_token": 1}  # the second is a token that is not in force
    login = {"grant_type": "client_credentials"}
    token = (await mock_org.client.post("/oauth/token", data=login, auth=("mock-client", "mock-secret"))).json()
    again = await mock_org.client.get(leads, headers={"Authorization": f"Bearer {token['access_token']}"})
    assert again.status_code == 200


@pytest.mark.anyio
async def test_luck_is_the_seed_s(mock_org, leads):
    """A reset starts it anew: the same requests meet the same faults, and the counts begin at 0."""
    rates(mock_org, throttled=0.5)

    async def answers():
        return [(await mock_org.client.get(leads)).status_code == 429 for _ in range(20)]

    first = await answers()
    mock_org.org.reseed()
    assert await answers() == first
    assert 0 < sum(first) < 20
    mock_org.services.reset()
    assert mock_org.org.chance_faults.counts == {}


@pytest.mark.anyio
async def test_without_rates_nothing_is_drawn(mock_org, leads):
    """The default costs no draw and leaves the luck of all else as it was."""
    await mock_org.client.get(leads)
    assert not any(purpose.startswith("faults/") for purpose in mock_org.org.streams())
