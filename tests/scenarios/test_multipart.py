"""A form as a body that is read piece by piece."""

import email

import pytest

from harness.flow import FilePart
from harness.load.multipart import Multipart


@pytest.fixture
def csv(tmp_path):
    path = tmp_path / "leads.csv"
    path.write_bytes(b"Lead ID\r\n" + b"L1\r\n" * 50)
    return path


def read_all(form, size):
    return b"".join(iter(lambda: form.read(size), b""))


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_the_body_is_as_long_as_it_says(csv, size):
    """Whatever the pieces, the parts come out as they went in."""
    with Multipart([("id", "list-1"), ("file", FilePart(path=csv, filename='a"b.csv'))], "xyz") as form:
        body = read_all(form, size)
        assert len(body) == len(form)
    message = email.message_from_bytes(f"Content-Type: {form.content_type}\r\n\r\n".encode() + body)
    parts = {part.get_param("name", header="content-disposition"): part for part in message.get_payload()}
    assert parts["id"].get_payload() == "list-1"
    assert parts["file"].get_payload(decode=True) == csv.read_bytes()
    assert (parts["file"].get_filename(), parts["file"].get_content_type()) == ("a%22b.csv", "text/csv")


def test_a_file_that_is_gone(csv, tmp_path):
    """It cannot be opened, and those before it are not left open."""
    form = [("one", FilePart(path=csv, filename="1")), ("two", FilePart(path=tmp_path / "gone", filename="2"))]
    with pytest.raises(FileNotFoundError):
        Multipart(form, "xyz")
