import pytest

from reports import wording


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"),
        (0.0, "0 s"),
        (0.35, "350 ms"),
        (1.149, "1.15 s"),
        (9.999, "10.0 s"),
        (59.94, "59.9 s"),
        (59.97, "1 min"),  # never "60.0 s"
        (283.4, "4 min 43 s"),
        (3599.7, "1 h"),
        (3840, "1 h 4 min"),
    ],
)
def test_durations_read_as_people_say_them(seconds, text):
    """A duration has the two units that matter and never a rounding like 60 s."""
    assert wording.duration(seconds) == text


@pytest.mark.parametrize(
    ("items", "text"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_lists_read_as_people_say_them(items, text):
    """The last two items are joined by a word."""
    assert wording.join_words(items) == text


def test_numbers_have_separators():
    """Thousands are grouped, and small rates keep a decimal."""
    assert (wording.number(1_500_000), wording.rate(5293.1), wording.rate(3.14)) == ("1,500,000", "5,293", "3.1")
    assert (wording.count(1, "request"), wording.count(1510, "request")) == ("1 request", "1,510 requests")


def test_code_cannot_be_left_by_a_backtick():
    """A backtick inside a literal does not end it."""
    assert wording.code("a`b") == "`a b`"
