"""Forms as bytes, whole and in pieces."""

import pytest

from mockserver.http.multipart import FormPart, MalformedError, Parser, boundary_of


def part(name, content, extra=""):
    return f'--XX\r\nContent-Disposition: form-data; name="{name}"{extra}\r\n\r\n{content}\r\n'


FORM = part("id", "1") + part("file", "a,b\r\n--X\r\n-", '; filename="../../x"') + part("empty", "") + "--XX--\r\n"
PARTS = [("id", False, b"1"), ("file", True, b"a,b\r\n--X\r\n-"), ("empty", False, b"")]


def parsed(*pieces, close=True):
    parser, parts = Parser(b"XX"), []
    for piece in pieces:
        for found in parser.feed(piece):
            if isinstance(found, FormPart):
                parts.append([found.name, found.is_file, b""])
            else:
                parts[-1][2] += found
    if close:
        parser.close()
    return [tuple(each) for each in parts]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 10_000])
def test_pieces_of_any_size(size):
    """The parts do not depend on how the body was cut."""
    body = FORM.encode()
    assert parsed(*(body[at : at + size] for at in range(0, len(body), size))) == PARTS


def test_content_is_given_on_at_once():
    """A large part does not pile up: all but a boundary's length of it is handed out."""
    parser = Parser(b"XX")
    found = list(parser.feed(part("file", "x" * 100_000).removesuffix("\r\n").encode()))
    assert len(found[1]) > 99_900


def test_around_the_parts():
    """A short preamble, and a little after the closing boundary, are passed over."""
    assert parsed(b"hello\r\n" + FORM.encode() + b"bye") == PARTS


def test_an_empty_part_without_a_line_of_its_own():
    """The line end after the headers may belong to the next boundary already."""
    body = '--XX\r\nContent-Disposition: form-data; name="a"\r\n\r\n--XX--'
    assert parsed(*(bytes([each]) for each in body.encode())) == [("a", False, b"")]


@pytest.mark.parametrize(
    "body",
    [
        "",
        FORM.removesuffix("--XX--\r\n"),
        FORM.replace("--XX--", "--XX-"),
        FORM.replace('name="id"', "name"),
        FORM.replace("form-data; name", "attachment; name"),
        FORM.replace('name="id"', 'name="id"\r\nContent-Transfer-Encoding: base64'),
        FORM.replace('name="id"', 'name="id"\r\nContent-Encoding: gzip'),
        FORM.replace('name="id"', 'name="id"\r\nX-Long: ' + "x" * 9_000),
        FORM.replace("--XX\r\n", "--XXX\r\n"),
        "x" * 5_000 + "\r\n" + FORM,
        "--XX\r\n\r\nno headers\r\n--XX--",
        FORM + "x" * 5_000,  # behind the last boundary
        FORM.replace("filename=", "filename*=utf-8''x; filename*0="),  # whole, and in pieces
    ],
)
@pytest.mark.hardening("mock-18")
def test_malformed(body):
    """What is not quite a form is refused, closing boundary and encodings included."""
    with pytest.raises(MalformedError):
        parsed(body.encode())


@pytest.mark.parametrize(
    ("content_type", "boundary"),
    [('multipart/form-data; boundary="a b"', b"a b"), ("multipart/form-data; charset=x; boundary=XX", b"XX")],
)
def test_boundary(content_type, boundary):
    """The boundary is read with or without quotes."""
    assert boundary_of(content_type) == boundary


@pytest.mark.parametrize("parameter", ["", "; boundary=", "; boundary=" + "x" * 71, "; boundary=\u0663"])
@pytest.mark.hardening("mock-18")
def test_no_boundary(parameter):
    """A form without a usable boundary is refused."""
    with pytest.raises(MalformedError, match="must carry a boundary"):
        boundary_of(f"multipart/form-data{parameter}")


@pytest.mark.hardening("mock-18")
def test_a_boundary_whole_and_in_pieces():
    """Nobody can say which is meant."""
    with pytest.raises(MalformedError, match="cannot be read"):
        boundary_of("multipart/form-data; boundary*=utf-8''x; boundary*0=a; boundary*1=b")
