"""The body of an answer, piece by piece: what is kept of it, and where it ends."""

import gzip

import pytest

from harness.client import answer_body
from harness.client.answer_body import AnswerBody, UnusableAnswer
from harness.errors import LocalResource, Refused
from harness.files.duckdb_files import LONGEST_LINE
from harness.flow import Call

pytestmark = pytest.mark.hardening("harness-8")

CONTENT = b"[" + b"1," * 100_000 + b"1]"


def taken(*pieces, save_to=None, **headers):
    call = Call(op="x", method="GET", url="/", save_to=save_to)
    with AnswerBody(call, 200, {name.replace("_", "-"): value for name, value in headers.items()}) as body:
        for piece in pieces:
            body.feed(piece)
        return body.content()


@pytest.mark.parametrize("coding", ["", "identity", "gzip", "GZIP", "x-gzip"])
@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_a_body_in_pieces(coding, size):
    """What the server meant, however it was cut; and with a byte missing of gzip, nothing."""
    sent = gzip.compress(CONTENT) if "gzip" in coding.lower() else CONTENT
    pieces = [sent[at : at + size] for at in range(0, len(sent), size)] if size > 1 else [sent[:1], sent[1:]]
    assert taken(*pieces, content_encoding=coding) == CONTENT
    if sent != CONTENT:
        with pytest.raises(UnusableAnswer, match="BadGzip"):
            taken(sent[:-1], content_encoding=coding)


@pytest.mark.parametrize("coding", ["br", "deflate", "zstd", "gzip, gzip", "gzip,identity", "gzip gzip", "\x00"])
def test_a_coding_that_was_not_requested(coding):
    """Refused by its name, before a byte is read."""
    with pytest.raises(UnusableAnswer, match="BadContentEncoding"):
        taken(content_encoding=coding)


def test_an_empty_answer_may_be_called_gzip():
    """As servers do that compress whatever there is."""
    assert taken(content_encoding="gzip") == b""


@pytest.mark.parametrize("compressed", [False, True])
def test_a_file_that_is_too_large(tmp_path, monkeypatch, compressed):
    """Exit 6: no more is written than an export may have."""
    monkeypatch.setattr(answer_body, "MAX_EXPORT_BYTES", 200_000)
    rows, path = b"row\n" * 100_000, tmp_path / "export.csv"
    with pytest.raises(Refused, match="EXPORT_TOO_LARGE"):
        taken(*([gzip.compress(rows)] if compressed else [rows[:150_000], rows]), save_to=path,
              content_encoding="gzip" if compressed else "")  # fmt: skip
    assert path.stat().st_size <= 200_000


@pytest.mark.parametrize(("line", "taken_whole"), [(LONGEST_LINE, True), (LONGEST_LINE + 1, False)])
def test_a_line_of_a_file(tmp_path, line, taken_whole):
    """Counted over the pieces it comes in."""
    path = tmp_path / "export.csv"
    pieces = [b"a\n" + bytes(line - 3), b"bcd\ne\n"]
    if taken_whole:
        assert taken(*pieces, save_to=path) == b""
        assert path.stat().st_size == sum(map(len, pieces))
    else:
        with pytest.raises(Refused, match="BAD_FILE"):
            taken(b"a\n" + bytes(line), *pieces, save_to=path)


def test_a_file_in_a_folder_that_is_gone(tmp_path):
    """Trouble of this machine, not of the server."""
    with pytest.raises(LocalResource):
        taken(b"x", save_to=tmp_path / "gone" / "export.csv")
