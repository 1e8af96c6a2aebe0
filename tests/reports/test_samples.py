from reports import results


def test_thinning_out_keeps_the_slowest_request(fake, tmp_path):
    """However few points are wanted, there are no more of them and the longest request is one."""
    path = tmp_path / "requests.parquet"
    fake.write_requests(path, [("contacts.add", n, n + (9.0 if n == 501 else 1.0), 200, "") for n in range(1000)])
    found = results.read_samples(path, 50)
    assert len(found.points) <= 50
    assert max(point.service_s for point in found.points) == found.max_s == 9.0


def test_totals_count_every_request(fake, tmp_path):
    """Totals come from all rows with an answer; refusals and lost answers count as not ok."""
    path = tmp_path / "requests.parquet"
    rows = [
        ("a", 0.0, 1.0, 200, ""),
        ("a", 1.0, 2.0, 303, ""),  # a download is a redirect
        ("a", 2.0, 2.5, 429, ""),
        ("a", 3.0, 9.0, 0, "ReadTimeout"),
        ("a", 4.0, None, None, "still under way"),
    ]
    fake.write_requests(path, rows)
    found = results.read_samples(path, 100)
    assert (found.total, found.not_ok) == (4, 2)
    assert (found.p50_s, found.max_s) == (1.0, 6.0)


def test_no_file_and_no_requests_are_no_samples(fake, tmp_path):
    """A run without requests.parquet, or with an empty one, has nothing to draw."""
    fake.write_requests(tmp_path / "empty.parquet", [("a", 1.0, None, None, "lost")])
    assert results.read_samples(tmp_path / "missing.parquet", 10) is None
    assert results.read_samples(tmp_path / "empty.parquet", 10) is None
