from harness.wording import quantity


def test_one_is_no_plural():
    """Whatever is counted, a 1 has no s behind it, and a verb that comes along agrees."""
    assert (quantity(1, "list"), quantity(0, "list"), quantity(20_000, "lead")) == ("1 list", "0 lists", "20,000 leads")
    assert (quantity(1, "lead is", "leads are"), quantity(2, "lead is", "leads are")) == ("1 lead is", "2 leads are")
