from harness.wording import counted


def test_one_is_no_plural():
    """Whatever is counted, a 1 has no s behind it, and a verb that comes along agrees."""
    assert (counted(1, "list"), counted(0, "list"), counted(20_000, "lead")) == ("1 list", "0 lists", "20,000 leads")
    assert (counted(1, "lead is", "leads are"), counted(2, "lead is", "leads are")) == ("1 lead is", "2 leads are")
