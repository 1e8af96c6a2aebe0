"""Two orgs of one kind answer alike; whatever is different about one of them is named."""

import pytest

from harness import simulator
from harness.client.oauth import MOCK_CREDENTIALS
from harness.experiments import conform
from harness.experiments.conform import Difference
from harness.simulator import LoadedProfile
from mockserver.faults import Faults, parse_rules
from mockserver.loaded_profile import with_changes

FLIPPED = [
    ("semantics.own_ids", "ignore", "add one with its own id", "body[0].id"),
    ("semantics.unknown_columns", "reject", "add one with an unknown column", "status"),
    ("semantics.missing_columns", "allow", "add one without a column", "status"),
    ("semantics.empty_ids", "reject", "add one with an empty id", "status"),
    ("semantics.unknown_divisions", "accept", "make a list in a division that is not there", "status"),
    ("semantics.large_pages", "clamp", "a page that is too large", "status"),
    ("semantics.list_answers", "all", "get a list", "body.emailColumns"),
    ("semantics.page_past_the_end", "not_found", "a page past the end", "status"),
    ("semantics.callable_format", "true", "the file of an export", "body[1]"),
    ("semantics.redirect_status", 307, "download an export", "status"),
    ("semantics.answer_order", "shuffled", "add contacts", "body[0].data.Lead ID"),
    ("limits.contacts_per_bulk_get", 100, "too many ids", "body.message"),
    ("limits.cell_chars", 30_000, "add one that is too long", "status"),
    ("limits.page_size", 200, "a page that is too large", "body.message"),
    ("jobs.import_status_visible_rows", 100, "import status at the end", "body.percentComplete"),
]


async def _recorded(folder, seed=1, rules=(), **settings):
    loaded = simulator.load_profile("default")
    profile = with_changes(loaded.profile, {"latency": {}, **settings})
    async with simulator.serve_in_process(LoadedProfile(profile, loaded.sources), seed) as (target, services):
        services.org.faults = Faults(parse_rules(list(rules)))
        side = conform.Side(target=target, credentials=MOCK_CREDENTIALS, folder=folder, run_id=f"run{seed}")
        exchanges = await conform.record(side)
        return exchanges, len(list(services.org.store.contact_lists()))


def differ(tmp_path, **other) -> list[Difference]:
    ours, left = simulator.run(_recorded(tmp_path / "ours"))
    theirs, left_there = simulator.run(_recorded(tmp_path / "theirs", seed=2, **other))
    assert (left, left_there) == (0, 0)
    return list(conform.differences(ours, theirs))


def test_two_orgs_of_one_kind(tmp_path):
    """Ids, dates and names of runs are each org's own business: no difference; nothing is left in either."""
    assert differ(tmp_path) == []


@pytest.mark.parametrize(("setting", "value", "call", "field"), FLIPPED)
def test_one_setting_is_another(tmp_path, setting, value, call, field):
    """The call that shows it is named with its field."""
    found = {(one.call, one.field) for one in differ(tmp_path, **{setting: value})}
    assert (call, field) in found


@pytest.mark.parametrize(
    ("action", "field"),
    [
        ({"rewrite": "no_id"}, "body[0].id"),
        ({"rewrite": "drop_one"}, "body[2].data.Note"),
        ({"headers": {"Content-Type": "text/plain"}}, "header content-type"),
    ],
)
def test_an_answer_that_is_another(tmp_path, action, field):
    """A field, an element or a header that is missing or different is found."""
    rule = {"op": "contacts.add", "nth": 1, "when": "after_commit", "action": action}
    found = {(one.call, one.field) for one in differ(tmp_path, rules=[rule])}
    assert ("add contacts", field) in found
