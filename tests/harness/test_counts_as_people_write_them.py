"""How many leads, as people write it."""

import pytest

from harness.errors import InputBad
from harness.wording import count_of, leads_of


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("0", 0),
        ("-5", -5),  # whoever asks says what is the least
        ("1500000", 1_500_000),
        ("1.5M", 1_500_000),
        ("1.5m", 1_500_000),
        ("2 M", 2_000_000),
        ("1_500_000", 1_500_000),
        ("1_000", 1_000),
        ("1,500", 1_500),
        ("1,500,000", 1_500_000),
        ("1 500 000", 1_500_000),
        ("1\u202f500\u202f000", 1_500_000),
        ("1'500'000", 1_500_000),
        ("20k", 20_000),
        ("0.5k", 500),
        ("1e6", 1_000_000),
        ("1.5E6", 1_500_000),
        (" 7 ", 7),
        ("１５", 15),  # full width, as an East Asian keyboard writes it
    ],
)
def test_numbers_as_people_write_them(text, count):
    """One sign between thousands; a K or an M; an exponent."""
    assert count_of(text) == count


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1,5",
        "1,50",
        "1.500",
        "1,500,00",
        "1,5M",
        "1,500k",
        "1_500,000",
        "+5",
        "1.5",
        "0.0001k",
        "1.5MB",
        "1e",
        "1e99",
        "ten",
        "1e-3",
        "0x10",
        "1__0",
        "1 50",
        "M",
        "nan",
        "inf",
    ],
)
def test_numbers_that_are_none_or_two(text):
    """1,5 and 1.500 mean one thing here and another there; a part of a lead means nothing."""
    with pytest.raises(ValueError, match=r"number|more than"):
        count_of(text)


def test_neither_a_number_nor_a_file(tmp_path, monkeypatch):
    """It is told as both that it is not; a file's name is left to whoever reads files, and a file is one by being."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputBad, match=r"1\.5MB is neither a number of leads \(such as 1500000, 1\.5M or 20k\) nor a"):
        leads_of("1.5MB")
    with pytest.raises(InputBad, match="-5 is neither"):
        leads_of("-5")
    (tmp_path / "1.5MB").touch()
    assert leads_of("1.5MB").name == "1.5MB"
    assert leads_of("nope.csv").name == "nope.csv"
    assert leads_of("1.5M") == 1_500_000
