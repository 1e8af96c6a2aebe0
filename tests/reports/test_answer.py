import msgspec
import pytest

from reports.answer import answer
from reports.results import RunResult
from reports.tables import comparison


def of(values):
    return answer(msgspec.convert(values, RunResult))


def test_the_soonest_complete_mapping_is_the_answer(fake):
    """The first sentence has strategy, time, requests and file; the second what the others needed."""
    found = of(fake.run())
    assert found.first == (
        "On the mock (profile `default`), `batch-api-own-ids` gives the complete mapping of 1,500,000 leads soonest: "
        "4 min 39 s with 1,510 requests; the mapping is in `batch-api-own-ids/mapping.csv`."
    )
    assert found.others.startswith("`batch-api` needed 4 min 43 s and 1,510 requests, `csv-import-own-ids` needed")


def test_strategies_within_one_percent_are_named_together(fake):
    """A difference that another seed would turn round decides nothing."""
    values = fake.run(fake.entry("batch-api", duration_s=280.0), fake.entry("batch-api-own-ids", duration_s=281.0))
    found = of(values)
    assert "`batch-api` and `batch-api-own-ids` give" in found.first
    assert "equally soon: 4 min 40 s with 1,510 requests each" in found.first
    assert comparison(msgspec.convert(values, RunResult)).best == -1


def test_an_upload_says_when_and_where(fake):
    """One strategy alone is not called the soonest, and an org is named."""
    target = {"kind": "org", "host": "api.mypurecloud.de", "org": "Example"}
    found = of(fake.run(fake.entry("batch-api", directory="."), kind="upload", target=target))
    assert found.first.startswith("On the Genesys Cloud org `Example`, `batch-api` gives the complete mapping")
    assert "leads after 4 min 43 s" in found.first


@pytest.mark.parametrize("names", [["batch-api"], ["batch-api", "csv-import-export"], []])
def test_without_proof_there_is_no_number(fake, names):
    """The answer to a run in which nothing was proved is the word INVALID."""
    found = of(fake.run(changed=True) | {"strategies": [fake.entry(name, verified=False) for name in names]})
    assert not found.valid
    assert found.first.startswith("INVALID")
    assert not any(character.isdigit() for character in " ".join(found.sentences()))
