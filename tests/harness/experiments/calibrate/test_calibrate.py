"""A calibration on the mock: what it finds, what it may spend, what it leaves behind, and that it goes on."""

import msgspec
import pytest

from harness import simulator
from harness.errors import SafetyStop
from harness.estimate import EstimateOrder, estimate
from harness.experiments.calibrate.observations import Observations
from mockserver.loaded_profile import flat

from . import orgs


@pytest.fixture(scope="module")
def default(tmp_path_factory):
    """Document, org, lists left, folder."""
    folder = tmp_path_factory.mktemp("default")
    return *orgs.calibrated(folder, {}), folder


def found(folder):
    return simulator.load_profile(str(folder / "found.toml"))


def test_the_default_org(default):
    """What is found is what the default profile says, and nothing is left in the org."""
    document, _, left, folder = default
    settings, true = flat(found(folder).profile), flat(simulator.load_profile("default").profile)
    exact = ["rate.requests_per_window", "rate.window_s", "rate.window"]
    assert [settings[name] for name in exact] == [true[name] for name in exact]
    near = ["latency.contacts.add.base_s", "jobs.import_rows_per_s", "jobs.export_start_delay_s"]
    assert [settings[name] for name in near] == pytest.approx([true[name] for name in near], rel=0.05)
    assert (left, document["notices"]) == (0, [])


def test_every_setting_says_what_it_rests_on(default):
    """Host, date and number of samples, and an interval or why there is none."""
    document, _, _, folder = default
    sources = found(folder).sources
    for name in document["settings"]:
        assert sources[name].startswith("calibrated 2026-01-01 on http://localhost: n=")
    assert "90 % interval" in sources["jobs.import_rows_per_s"]
    assert "not measured" in sources["latency.import.upload.tail_factor"]
    assert "assumption" in sources["jobs.exports_at_once"]


def test_samples_and_replicates_are_kept(default):
    """Beside the profile and in the run's folder: whoever doubts the fit can make another."""
    document, _, _, folder = default
    kept = msgspec.json.decode((folder / "found.calibration.json").read_bytes())
    assert kept == msgspec.json.decode((folder / "calibration.json").read_bytes())
    assert len(kept["samples"]["contacts.add"]["seconds"]) == document["goodness"]["contacts.add"]["n"]
    assert len(kept["replicates"]["values"]) == 40


def test_fits_are_drawn_beside_their_samples(default):
    """A page without scripts or addresses of others, a figure for each fit."""
    document, _, _, folder = default
    page = (folder / "calibration.html").read_text()
    fits = [name for name in document["goodness"] if name != "rate"]
    assert page.count("<figure>") == len(fits) > 5
    assert "<script" not in page


def test_what_leaves_is_counted_by_the_org(default):
    """The caps were kept by the org's own count; tidying up, twelve lists to look at and delete, is outside of them."""
    document, org, _, _ = default
    entries = org.request_log.since(0)
    assert len(entries) == document["used"]["requests"] + 2 * 12
    assert document["used"]["contacts"] <= 25_000


@pytest.mark.parametrize(
    "caps", [pytest.param({"max_contacts": 3_000}, marks=pytest.mark.slow), {"max_requests": 150}, {"max_minutes": 0.5}]
)
def test_caps_end_it_with_a_profile(tmp_path, caps):
    """Less to spend is less to know: it says so, stays below, and leaves nothing behind."""
    document, _, left = orgs.calibrated(tmp_path, {}, **caps)
    used = document["used"]
    assert used["contacts"] <= caps.get("max_contacts", 25_000)
    assert used["requests"] <= caps.get("max_requests", 2_500)
    assert used["minutes"] <= caps.get("max_minutes", 15) + 0.1
    assert (left, bool(document["notices"])) == (0, True)


def test_too_little_is_no_calibration(tmp_path):
    """From ten requests nothing is made up."""
    with pytest.raises(SafetyStop, match="TOO_FEW_SAMPLES"):
        orgs.calibrated(tmp_path, {}, max_requests=10)
    assert not (tmp_path / "found.toml").exists()


def test_the_same_command_goes_on(tmp_path):
    """What was stopped by its caps is not measured again when they are raised."""
    first, _, _ = orgs.calibrated(tmp_path, {}, max_requests=100)
    second, _, left = orgs.calibrated(tmp_path, {}, max_requests=200)
    book = Observations.of(tmp_path)
    assert first["used"]["requests"] <= 100 < second["used"]["requests"] <= 200
    singles = [one for one in book.seen if one.phase == "pilot" and one.contacts == 1]
    assert (len(singles), left) == (60, 0)


def test_a_line_that_was_cut(tmp_path):
    """A kill in the middle of a line costs that line."""
    orgs.calibrated(tmp_path, {}, max_requests=100)
    path = tmp_path / "observed.jsonl"
    before = len(Observations.of(tmp_path).seen)
    path.write_bytes(path.read_bytes()[:-5])
    book = Observations.of(tmp_path)
    assert before - len(book.seen) <= 1
    assert path.read_bytes().endswith(b"\n")


def test_an_estimate_knows_what_is_uncertain(default):
    """With the calibration beside the profile the interval is wider than luck alone makes it."""
    _, _, _, folder = default
    alone = folder / "alone.toml"
    alone.write_bytes((folder / "found.toml").read_bytes())

    def width(profile):
        order = EstimateOrder(leads=200_000, strategies=["batch-api"], profile=str(profile), replicates=205)
        time = estimate(order, lambda line: None)["strategies"][0]["duration_s"]
        return time["p90"] - time["p10"]

    narrow = width(alone)
    assert width(folder / "found.toml") > 1.2 * narrow
