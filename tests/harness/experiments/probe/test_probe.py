"""The probe finds whatever the org was set to, and says of the rest why it does not ask."""

import re

import pytest

from harness import simulator
from harness.client.oauth import MOCK_CREDENTIALS
from harness.client.org_safety import RunCaps
from harness.experiments import probe
from harness.experiments.probe import contacts, csv_jobs, lists, platform
from harness.simulator import LoadedProfile
from mockserver.loaded_profile import flat, with_changes
from mockserver.profile import PlatformLimits, Semantics

# Setting, another value than the default's, and the question that decides it.
FLIPPED = [
    ("semantics.own_ids", "ignore", contacts.own_ids),
    ("semantics.empty_ids", "reject", contacts.empty_id),
    ("limits.contact_id_chars", 37, contacts.id_length),
    ("limits.contact_id_pattern", "[A-Za-z0-9_]+", contacts.id_alphabet),
    ("limits.contact_id_pattern", "[A-Za-z0-9._:@-]+", contacts.id_alphabet),
    ("limits.contact_id_pattern", "", contacts.id_alphabet),
    ("semantics.answer_order", "shuffled", contacts.answer_order),
    ("semantics.bad_batch", "partial", contacts.one_bad_contact),
    ("limits.contacts_per_post", 700, contacts.contacts_per_post),
    ("limits.contacts_per_bulk_get", 100, contacts.contacts_per_bulk_get),
    ("limits.contacts_per_delete", 100, contacts.contacts_per_delete),
    ("limits.request_body_bytes", 512_000, contacts.body_bytes),
    ("semantics.unknown_columns", "reject", contacts.unknown_columns),
    ("semantics.missing_columns", "allow", contacts.missing_columns),
    ("semantics.update", "replace", contacts.update),
    ("limits.cell_chars", 300, contacts.value_length),
    ("semantics.get_lag_s", 4.0, lists.by_id),
    ("semantics.search_lag_s", 3.0, lists.by_search),
    ("semantics.size_lag_s", 7.0, lists.by_size),
    ("semantics.invalid_rows", "fail", csv_jobs.invalid_rows),
    ("jobs.import_status_visible_rows", 23, csv_jobs.small_imports),
    ("semantics.callable_format", "true", csv_jobs.export),
    ("semantics.redirect_status", 307, csv_jobs.export),
    ("semantics.redirect_status", 302, csv_jobs.export),
    ("jobs.export_keeps_previous", False, csv_jobs.export),
    ("semantics.page_past_the_end", "not_found", lists.page_past_the_end),
    ("limits.page_size", 50, lists.page_size),
    ("semantics.large_pages", "clamp", lists.page_size),
    ("semantics.list_answers", "all", lists.answers),
    ("semantics.unknown_divisions", "accept", lists.unknown_division),
    ("limits.list_name_chars", 80, lists.name_length),
    ("limits.column_name_chars", 64, lists.column_names),
    ("limits.columns_per_list", 20, lists.column_count),
    ("semantics.form_credentials", False, platform.form_credentials),
    ("semantics.query_logins", False, platform.query_logins),
    ("tokens.lifetime_s", 3600, platform.token_lifetime),
    ("semantics.bulk_job_status", 200, platform.bulk_jobs),
    ("semantics.dnc_post_status", 200, platform.dnc),
    ("semantics.dnc_past_expiration", "accept", platform.dnc),
    ("semantics.dnc_empty_expiration", "reject", platform.dnc),
    ("semantics.dnc_delete_entries", "refuse", platform.dnc),
    ("rate.requests_per_window", 180, platform.window),
    ("rate.requests_per_window", 0, platform.window),
    ("rate.window_s", 30.0, platform.window),
    ("rate.window", "sliding", platform.window),
    ("rate.scope", "client", platform.scope),
    ("rate.counts_uploads", True, platform.uploads),
]
# An update shows what it does to columns that it does not name if it need not name them all.
SHOWN_BY = {"semantics.update": {"semantics.missing_columns": "allow"}}
# Limits of things that no strategy makes or asks for.
BESIDE = {
    "limits.lists_per_bulk_update", "limits.lists_per_bulk_get", "limits.templates_per_org",
    "limits.target_lists_per_import", "limits.filters_per_org", "limits.channels_per_client",
    "limits.topics_per_channel", "limits.channel_lifetime_s", "limits.dnc_lists_per_org",
    "limits.dnc_records_per_list", "limits.dnc_records_per_org", "limits.dnc_entries_per_request",
    "limits.dnc_expiration_days",
}  # fmt: skip


async def _found(folder, questions, **settings):
    """The document of a probe of an org with these settings, and how many things were left in the org."""
    loaded = simulator.load_profile("default")
    profile = with_changes(loaded.profile, {"latency": {}, **settings})
    async with simulator.serve_in_process(LoadedProfile(profile, loaded.sources), 1) as (target, services):
        ordered = probe.ProbeOrder(
            target=target,
            credentials=MOCK_CREDENTIALS,
            folder=folder,
            run_id="test",
            caps=RunCaps(contacts=probe.MOST_CONTACTS, requests=probe.MOST_REQUESTS),
            date="2026-01-01",
            to=folder / "profile.toml",
            questions=questions,
        )
        document = await probe.run_probe(ordered, lambda line: None)
        return document, len(list(services.org.store.contact_lists())) + len(list(services.dnc.lists()))


@pytest.mark.parametrize(("setting", "value", "question"), FLIPPED)
def test_a_setting_that_was_flipped(tmp_path, setting, value, question):
    """The one question finds it, and writes it into a profile that can be loaded."""
    document, left = simulator.run(_found(tmp_path, [question], **{setting: value}, **SHOWN_BY.get(setting, {})))
    assert _equal(document["settings"].get(setting), value), document["observations"]
    written = flat(simulator.load_profile(str(tmp_path / "profile.toml")).profile)
    assert (_equal(written[setting], value), left) == (True, 0)


def _equal(found, expected):
    """Patterns are equal if they let the same ids through, lags if they are nearly so."""
    if isinstance(expected, float):
        return found == pytest.approx(expected, abs=0.3)
    if isinstance(expected, str) and expected.startswith("["):
        tried = [f"p{mark}1" for mark in contacts.MARKS]
        return [bool(re.fullmatch(found, one)) for one in tried] == [bool(re.fullmatch(expected, one)) for one in tried]
    return found == expected


def test_the_default_org(tmp_path):
    """All questions at once, under 2,000 contacts: what is found is what the default profile says, nothing is left."""
    document, left = simulator.run(_found(tmp_path, probe.CHECKS))
    default = flat(simulator.load_profile("default").profile)
    wrong = {name: value for name, value in document["settings"].items() if value != default[name]}
    assert (wrong, left) == ({}, 0)
    assert all(one["evidence"] for one in document["observations"])


def test_no_setting_is_forgotten():
    """Each semantic setting and each limit is flipped above, or stands among those that are not asked for a reason."""
    every = {f"semantics.{name}" for name in Semantics.__struct_fields__}
    every |= {f"limits.{name}" for name in PlatformLimits.__struct_fields__}
    assert every == {name for name, _, _ in FLIPPED if name in every} | simulator.not_probed().keys() | BESIDE
