import msgspec
import pytest

import reports
from reports import ReportError
from reports.estimates import load


@pytest.fixture
def written(fake, tmp_path):
    """A function from estimate.json, and run.json if any, to both documents, drawn without the charts' libraries."""

    def of(estimate, run=None, drawer=lambda: None):
        if run is not None:
            fake.write(tmp_path, run)
        content = estimate if isinstance(estimate, bytes) else msgspec.json.encode(estimate)
        (tmp_path / "estimate.json").write_bytes(content)
        return [path.read_text("utf-8") for path in reports.write(tmp_path, drawer=drawer)]

    return of


def test_an_estimate_alone_is_a_report(fake, written):
    """It says what would be soonest and whose figures they are, and recommends nothing."""
    for text in written(fake.estimate()):
        plain = text.replace("<code>", "`").replace("</code>", "`").replace("&#39;", "'")
        assert "`batch-api-own-ids` would have mapped 1,500,000 leads" in plain
        assert "none is a figure of Genesys's" in plain
        assert "Recommendation" not in plain
        assert "4 min 39 s" in plain


def test_an_estimate_beside_a_run_is_part_of_its_report(fake, written):
    """The recommendation comes first, then the measured result, then the estimate."""
    html, markdown = written(fake.estimate(), fake.run())
    for text in (html, markdown):
        places = [
            text.index(words)
            for words in (
                "Recommendation",
                "gives the complete mapping",
                "time to the complete mapping</" if text is html else "## Estimate",
            )
        ]
        assert places == sorted(places)


def test_sensitivity_is_a_table_and_a_drawing(fake, written):
    """Each change has a row with a ratio a strategy; drawings are made of the same rows."""
    drawn = []
    estimate = fake.estimate(
        assumptions=[{"setting": "jobs.x", "value": 5000.0, "tried": 10000.0, "ratios": {"batch-api": 0.5}}]
    )
    estimate["strategies"][0]["sensitivity"] = [{"change": "a second OAuth client", "p50_s": 9.0, "ratio": 0.76}]
    html, markdown = written(estimate, drawer=lambda: lambda spec: drawn.append(spec) or "<svg></svg>")
    assert "| a second OAuth client | × 0.76 | – | – | – |" in markdown
    assert "| jobs.x 5,000 → 10,000 | × 0.50 | – | – | – |" in markdown
    assert (len(drawn), html.count("<svg>")) == (3, 3)


def test_months_that_do_not_fit(fake, written):
    """How many fit, and why the next one does not."""
    months = [{"month": 1, "p50_s": 60.0, "contacts_in_org": 3}, {"month": 2, "p50_s": None, "fails": "no room"}]
    plan = {"strategy": "batch-api", "mode": "append", "meaning": "new lists", "months": months}
    _, markdown = written(fake.estimate(monthly=[plan]))
    assert "| batch-api | append: new lists | 1 of 2 | 1 min | – | 3 | month 2: no room |" in markdown


@pytest.mark.parametrize("content", [b"{", b'{"schema": 9}', b'{"schema": 1, "leads": "x"}'])
def test_a_broken_estimate_takes_no_report_away(fake, written, tmp_path, content):
    """The run's report says what is wrong with it; alone it is an error."""
    html, markdown = written(content, fake.run())
    assert "The estimate is not shown: estimate.json" in html
    assert "4 min 39 s" in markdown
    (tmp_path / "run.json").unlink()
    with pytest.raises(ReportError, match=r"estimate\.json"):
        reports.write(tmp_path)


def test_no_estimate_is_none(tmp_path):
    """The usual case."""
    assert load(tmp_path) is None
