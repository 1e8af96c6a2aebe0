import pytest

from harness.wording import quantity, server_text


def test_one_is_no_plural():
    """Whatever is counted, a 1 has no s behind it, and a verb that comes along agrees."""
    assert (quantity(1, "list"), quantity(0, "list"), quantity(20_000, "lead")) == ("1 list", "0 lists", "20,000 leads")
    assert (quantity(1, "lead is", "leads are"), quantity(2, "lead is", "leads are")) == ("1 lead is", "2 leads are")


@pytest.mark.hardening("harness-18")
@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("call +1 (555) 010-0123 now", "call +* (***) ***-**** now"),
        ("15550100123", "***********"),
        ("٥٥٥٠١٠٠", "*******"),
        ("555\u200b0100\u200b123", "**********"),  # the digits only look apart to a program
        ("row 12 of 300, 400 left", "row 12 of 300, 400 left"),
        ("list 12345678-1234-1234-1234-123456789012", "list 12345678-1234-1234-1234-123456789012"),
        ("\x1b[31mred\x1b]0;title\x07\r\nnext\u202e\x00", "[31mred]0;title  next"),
        ("x" * 5000, "x" * 200),
        ("1" * 5000, "*" * 200),
        (["a", {"b": 1}], "['a', {'b': 1}]"),
    ],
)
def test_what_a_server_says_is_made_harmless(said, shown):
    """No number to dial, nothing that a terminal obeys, not long; ids and counts can be read."""
    assert server_text(said) == shown
