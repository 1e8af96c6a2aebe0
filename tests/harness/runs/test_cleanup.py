"""What keeps a list from being removed, asked in this order: campaigns, an import under way, contacts of others."""

import pytest

from harness.mapping.files import RunFiles
from harness.runs.cleanup import Kept, require_own_contacts
from harness.strategies.job import Job, Settings

from ..fakes import Files, Known, ListedLeads, found, ok, ran, shard

NO_CAMPAIGN = ok({"entities": []})
FINISHED = ok({"percentComplete": 100})


def asked(tmp_path, *answers):
    leads = ListedLeads(3)
    job = Job(leads=leads, progress=Known(), files=Files(), settings=Settings())
    files = RunFiles(tmp_path, leads, tmp_path / "leads.parquet")
    return ran(require_own_contacts(shard(), files, job, []), *answers)


@pytest.mark.hardening("harness-15")
def test_an_import_under_way_is_awaited(tmp_path):
    """What it adds is counted; an empty list needs no export."""
    importing = ok({"state": "IN_PROGRESS", "percentComplete": 3})
    end = asked(tmp_path, NO_CAMPAIGN, NO_CAMPAIGN, importing, FINISHED, found(size=0))
    assert end.error is None
    assert end.driver.trail[2:] == ["import.status", "poll 5", "import.status", "contacts.search"]


@pytest.mark.hardening("harness-15")
def test_a_folder_that_does_not_say_what_it_sent(tmp_path):
    """As after a purge: every contact may be somebody else's."""
    end = asked(tmp_path, NO_CAMPAIGN, NO_CAMPAIGN, FINISHED, found(size=3))
    assert isinstance(end.error, Kept)
    assert "holds 3 contacts that this run did not send" in str(end.error)
