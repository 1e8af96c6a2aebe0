"""What is written does not depend on where it is written."""

import json

from ..oracle import complaints

ZONES = ("UTC", "Asia/Kathmandu", "America/St_Johns")
DIFFER = ("command", "run_id", "finished_at", "machine")  # who ran it and when, and how long it took here


def told(folder):
    """run.json without what no two runs share; and the times of day in it."""
    document = json.loads((folder / "run.json").read_text())
    return {name: value for name, value in document.items() if name not in (*DIFFER, "strategies")}


def test_a_report_in_any_time_zone(mock, contactbench, make_leads, upload_of, tmp_path):
    """Uploads in three time zones: ALL; the facts are equal, and so are the bytes of reports drawn from one."""
    leads, facts, drawn = make_leads(20), [], []
    for zone in ZONES:
        mock.reset()
        ran = contactbench(*upload_of(leads, "batch-api", mock.url), "--run", zone, TZ=zone)
        assert (ran.code, complaints(mock.contacts(), tmp_path / zone, leads)) == (0, []), ran.err
        assert contactbench("report", ZONES[0], TZ=zone).code == 0
        facts.append(told(tmp_path / zone))
        drawn.append((tmp_path / ZONES[0] / "report.html").read_bytes())
    assert (facts, drawn) == ([facts[0]] * 3, [drawn[0]] * 3)
