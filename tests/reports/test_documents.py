import re
from html import unescape
from html.parser import HTMLParser

import msgspec
import pytest

import reports
from reports import charts, wording

VOID = {"meta", "br", "hr", "img", "input", "link"}
EVIL = "<script>alert(1)</script> | `x` *b* [l](u)"


class Tags(HTMLParser):
    """Collects start tags, and fails on one that is closed out of turn."""

    def __init__(self):
        super().__init__()
        self.seen, self.open = [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def tags(html):
    parser = Tags()
    parser.feed(html)
    assert parser.open == []
    return parser.seen


def test_both_documents_lie_beside_the_run(drawn):
    """The page has everything in it, is well formed, and is small enough to send."""
    html = (drawn / "report.html").read_text("utf-8")
    assert (drawn / "report.md").stat().st_size > 0
    assert len(html) < 600_000
    assert sum(tag == "svg" for tag, _ in tags(html)) == 2


@pytest.mark.hardening("harness-20")
def test_the_page_loads_nothing_and_runs_nothing(drawn):
    """There is no script, no link, no address of another host, and a policy that would stop them."""
    html = (drawn / "report.html").read_text("utf-8")
    names = {tag for tag, _ in tags(html)}
    assert not names & {"script", "link", "img", "iframe", "object", "embed", "form"}
    assert not re.search(r"https?://|\bon[a-z]+=|url\(|@import", html)
    assert "default-src 'none'" in html


def test_the_page_can_be_read_without_seeing_it(drawn):
    """Headings of tables say what they head, tables have captions, drawings have words."""
    found = tags((drawn / "report.html").read_text("utf-8"))
    assert all("scope" in attributes for tag, attributes in found if tag == "th")
    assert sum(tag == "table" for tag, _ in found) == sum(tag == "caption" for tag, _ in found)
    assert all("batch-api" in at["aria-label"] for tag, at in found if at.get("role") == "img")


def test_the_same_run_gives_the_same_report(drawn):
    """Drawing again changes no byte."""
    before = [(drawn / name).read_bytes() for name in ("report.html", "report.md")]
    assert [path.read_bytes() for path in reports.write(drawn)] == before


@pytest.mark.parametrize("part", [0, 1])
def test_key_sentences(documents, fake, part):
    """Banner, answer, verdict and safety of each strategy are in both documents."""
    text = unescape(re.sub(r"</?code>|`", "", documents(fake.run())[part]))
    for sentence in (
        (
            "These times come from a mock with profile default whose latencies are assumptions; "
            "they are not Genesys's figures."
        ),
        "batch-api-own-ids gives the complete mapping of 1,500,000 leads soonest: 4 min 39 s",
        "✓ verified",
        "✓ yes, inside one list",
        "✗ no",
        "assumption",
        "contactbench compare --leads 1500000 --seed 1",
    ):
        assert sentence in text


def test_an_org_has_no_mock_banner(documents, fake):
    """Times that an org took are not called a mock's."""
    html, markdown = documents(fake.run(target={"kind": "org", "host": "api.mypurecloud.de"}, profile=None))
    assert "MOCK" not in html + markdown
    assert "api.mypurecloud.de" in html


def test_an_unproved_run_publishes_no_number(documents, fake):
    """Neither times nor rates nor request counts of an unproved strategy are in either document."""
    findings = {"lost": 3, "doubled": 1}
    entry = fake.entry("batch-api", verified=False, verification=findings, requests=1517)
    html, markdown = documents(fake.run(entry))
    forbidden = [wording.duration(entry["duration_s"]), "1.15 s", "5,293", "1,517", "20 min", "<svg"]
    assert not [text for text in forbidden if text in html + markdown]
    assert all("INVALID" in text and "3 lost, 1 doubled" in text for text in (html, markdown))


def test_one_unproved_strategy_hides_only_itself(documents, fake):
    """The proved strategy keeps its numbers, the other has none."""
    html, markdown = documents(fake.run(fake.entry("batch-api"), fake.entry("csv-import-export", verified=False)))
    assert "4 min 43 s" in html
    assert "7 min 42 s" not in html + markdown
    assert "the mapping of `csv-import-export` could not be proved" in markdown


def test_what_a_person_should_know(documents, fake):
    """Notices, outages and pauses have a row each, where there were any."""
    noticed = {"notices": ["contacts.add may take longer"], "outage_s": 120.0, "suspended_s": 60.0}
    rows = ("| To know | contacts.add may take longer |", "failed everything | 2 min |", "no other figure | 1 min |")
    assert [row for row in rows if row not in documents(fake.run(fake.entry("batch-api", **noticed)))[1]] == []
    assert [
        row for row in ("To know", "failed everything") if row in documents(fake.run(fake.entry("batch-api")))[1]
    ] == []


@pytest.mark.hardening("harness-20")
def test_values_of_a_run_are_text(documents, fake):
    """Markup in a name is shown, not obeyed."""
    lists = [{"id": EVIL, "name": EVIL, "size": 1}]
    html, markdown = documents(fake.run(fake.entry("batch-api", lists=lists, bottleneck=EVIL), run_id=EVIL))
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    rows = [line for line in markdown.splitlines() if "alert" in line and line.startswith("|")]
    assert all("<script" not in re.sub(r"`[^`]*`", "", row) for row in rows)
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows if row.startswith("| batch-api")} == {5}


@pytest.mark.hardening("harness-20")
def test_names_in_drawings_are_text(fake, tmp_path):
    """A strategy's name with markup in it stays text inside the SVG."""
    values = fake.run(fake.entry("batch-api") | {"strategy": EVIL})
    html, _ = reports.write(fake.write(tmp_path, values))
    assert "<svg" in html.read_text("utf-8")
    assert not {tag for tag, _ in tags(html.read_text("utf-8"))} & {"script"}


def test_without_the_extra_the_page_says_what_to_install(documents, fake):
    """Figures are then given as tables."""
    html, _ = documents(fake.run())
    assert "Charts need <code>pip install &#39;contactbench[report]&#39;</code>" in html
    assert "<svg" not in html
    assert html.count("<details open>") == 2


def test_a_missing_library_is_no_error():
    """Whichever of the two libraries is missing, there is no drawer."""

    def load(name):
        raise ImportError(name)

    assert charts.drawer(load) is None


def test_a_run_of_one_strategy_lies_in_its_own_directory(documents, fake):
    """An upload's files are beside run.json, and nothing is compared."""
    html, markdown = documents(fake.run(fake.entry("csv-import-own-ids", directory="."), kind="upload"))
    assert "Contacts mapped over time" in markdown
    assert "soonest" not in re.sub(r"<style>.*</style>", "", html, flags=re.DOTALL)


def test_a_run_with_almost_nothing_in_it_is_still_a_report(fake, tmp_path):
    """Only the version and a strategy's name are needed."""
    (tmp_path / "run.json").write_bytes(msgspec.json.encode({"schema": 1, "strategies": [{"strategy": "own"}]}))
    html, markdown = reports.write(tmp_path)
    assert "INVALID" in html.read_text("utf-8")
    assert "None" not in markdown.read_text("utf-8")


def test_a_proved_run_without_its_details_is_still_a_report(fake, tmp_path):
    """Missing requests, progress and operations leave their parts out and draw the rest."""
    entry = {"strategy": "batch-api", "verified": True, "duration_s": 12.0, "leads": 10, "mapped": 10}
    (tmp_path / "run.json").write_bytes(msgspec.json.encode(fake.run(entry)))
    html, markdown = (path.read_text("utf-8") for path in reports.write(tmp_path))
    assert "12.0 s" in html
    assert "nothing to draw" in html
    assert "None" not in markdown


def test_what_went_wrong_is_told(documents, fake):
    """Counts and waiting of each strategy, with what the mock was told to do; what did not happen is left out."""
    met = fake.trouble(failed=3, doubtful=3, batches_in_doubt=3, leads_found=400, waited_s={"quiet": 180.0})
    struck = {"late_commit": 2, "throttled": 1}
    html, markdown = documents(fake.run(fake.entry("batch-api", trouble=met, faults_struck=struck)))
    assert '<h2 id="trouble">What went wrong, and what became of it</h2>' in html
    assert "injected 3 faults" in markdown
    assert "| – leads of theirs found in the org, and adopted | 400 |" in markdown
    assert "| Waited until a lost request must have ended | 3 min |" in markdown
    assert "(401)" not in markdown


def test_nothing_that_went_wrong_is_no_section(documents, fake):
    """A run without trouble does not talk of it; one that is not proved publishes no count."""
    met = fake.trouble(failed=3, doubtful=3)
    for text in documents(fake.run()) + documents(fake.run(fake.entry("batch-api", trouble=met, verified=False))):
        assert "What went wrong" not in text


def test_limits(documents, fake):
    """A run that was held against limits tells which it kept; another one has no such section."""
    crossed = {"strategy": "batch-api", "threshold": "duration<1s", "told": "5 s", "passed": False}
    html, markdown = documents(fake.run(thresholds=[crossed]))
    assert "| batch-api | `duration<1s` | 5 s | ✗ no |" in markdown
    assert ("1 of 1 limits are crossed." in html, "Limits" in documents(fake.run())[1]) == (True, False)
