"""A spot check: the size of each list, and some contacts read back."""

import msgspec
import pytest

from harness.errors import VerifyFailed
from harness.strategies.csv_import import check, sample_verification
from harness.strategies.lists import SIZE_READINGS

from ..fakes import Files, entity, found, job, no, ok, ran, shard

SAMPLED = {f"c-A{n}": f"A{n}" for n in range(120)}
RECORD = shard(count=120, rows=120, state="mapped")


def reading(**changed):
    """A server that answers with what is asked for, some of it changed; None: not there."""

    def answer(call):
        stored = {f"c-A{n}": f"A{n}" for n in range(120)} | {key.replace("_", "-"): v for key, v in changed.items()}
        return ok([entity(stored[i], i) for i in msgspec.json.decode(call.body) if stored[i] is not None])

    return answer


def test_a_sample_that_agrees():
    """Fifty a request, every contact of the sample once."""
    end = ran(check(RECORD, job(files=Files(sampled=SAMPLED))), found(size=120), *[reading()] * 3)
    assert end.error is None
    asked = [msgspec.json.decode(call.body) for call in end.driver.calls[1:]]
    assert [len(ids) for ids in asked] == [50, 50, 20]
    assert [contact_id for ids in asked for contact_id in ids] == list(SAMPLED)


def test_the_sample_is_as_large_as_the_settings_say():
    """No more is read."""
    end = ran(check(RECORD, job(sample=30, files=Files(sampled=SAMPLED))), found(size=120), reading())
    assert len(msgspec.json.decode(end.driver.calls[-1].body)) == 30


@pytest.mark.parametrize("size", [119, 121, 0])
def test_a_list_of_another_size(size):
    """One contact more or less for a minute, and nothing is proved; the sample is not even read."""
    end = ran(check(RECORD, job()), *[found(size=size)] * (SIZE_READINGS + 1))
    assert isinstance(end.error, VerifyFailed)
    assert f"{size} contacts, 120 of them mapped" in str(end.error)


def test_a_size_that_lags_behind():
    """Is read again until it is what was mapped."""
    end = ran(check(RECORD, job(files=Files())), found(size=0), found(size=80), found(size=120))
    assert (end.error, end.driver.waits) == (None, [5.0, 5.0])


@pytest.mark.parametrize("changed", [{"c_A3": None}, {"c_A3": "A4"}, {"c_A3": "a3"}, {"c_A3": ""}])
def test_a_contact_that_differs(changed):
    """Gone, another lead's, in other letters, or empty."""
    end = ran(check(RECORD, job(files=Files(sampled=SAMPLED))), found(size=120), reading(**changed))
    assert isinstance(end.error, VerifyFailed)
    assert "1 of 50" in str(end.error)


@pytest.mark.parametrize("answers", [[no(404, "contact.list.not.found")], [found(size=120), no(503)]])
def test_a_server_that_does_not_say(answers):
    """Is no proof, and no disproof either."""
    end = ran(check(RECORD, job(files=Files(sampled=SAMPLED))), *answers)
    assert end.error is not None
    assert not isinstance(end.error, VerifyFailed)


def test_one_flow_a_list():
    """And no export."""
    verification = sample_verification(job(shard(0), shard(1), sample=7))
    assert (len(list(verification.flows)), verification.by_export) == (2, False)
    assert "7 contacts" in verification.method
