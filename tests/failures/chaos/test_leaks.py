"""What must not be in a file or a message of a run."""

import pytest

from .leaks import leaks

SECRETS = {"s3cret.value"}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Basic s3cret.value", "a secret"),
        ("GET /file?Expires=1&Signature=ab", "a signed address"),
        ("X-Amz-Date", "a signed address"),
        ("call +12025550123 now", "personal data"),
        ("lead17@example.org", "personal data"),
    ],
)
def test_each_is_found(tmp_path, text, kind):
    """In a file, also one in a folder, and in a message; told without being quoted."""
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "note").write_bytes(b"\x00\xff" + text.encode())
    assert list(leaks(tmp_path, [text], SECRETS)) == [f"C8: work/note holds {kind}", f"C8: a message holds {kind}"]


def test_what_may_be_there(tmp_path):
    """Rejects are rows of the input by design; ids are nobody's data."""
    (tmp_path / "rejects.csv").write_text("L1,+12025550123,lead1@example.org")
    (tmp_path / "mapping.csv").write_text("L00000001,c-1,l-1,mapped")
    assert list(leaks(tmp_path, ["exit 4"], SECRETS)) == []
