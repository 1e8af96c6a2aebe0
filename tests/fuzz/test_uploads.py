"""What clients of the mock upload: forms and CSV files, whole and in pieces."""

import json
import random

from mockserver.http.multipart import FormPart, MalformedError, Parser, boundary_of
from mockserver.imports.csv_rows import FileRules, RefusedFileError, Report, read_chunks
from mockserver.loaded_profile import load
from mockserver.model import ContactList

from .mutation import Target, play

PART = b'--XX\r\nContent-Disposition: form-data; name="%b"%b\r\n\r\n%b\r\n'
FORM = (
    PART % (b"id", b"", b"1")
    + PART % (b"file", b'; filename="leads.csv"', b"Lead ID,Phone\r\nL-1,\r\n")
    + b"--XX--\r\n"
)


def parts(pieces):
    parser, found = Parser(b"XX"), []
    for piece in pieces:
        for each in parser.feed(piece):
            if isinstance(each, FormPart):
                found.append([each, b""])
            else:
                found[-1][1] += each
    parser.close()
    return found


def outcome(pieces):
    try:
        return parts(pieces)
    except MalformedError:
        return None


def test_forms(told):
    """However the bytes come in pieces, the parts are the same, or the form is refused."""

    def read(data: bytes) -> None:
        whole = outcome([data])
        rng = random.Random(len(data))
        cuts = sorted(rng.randrange(len(data) + 1) for _ in range(12))
        assert outcome([data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]) == whole
        assert outcome([data[at : at + 1] for at in range(len(data))]) == whole
        if whole is None:
            raise MalformedError
        assert sum(len(content) for _, content in whole) <= len(data)

    words = (
        b"--XX",
        b"\r\n--XX\r\n",
        b"--XX--",
        b"Content-Encoding: gzip\r\n",
        b"filename*=utf-8''%2e",
        b'name="',
        b";",
    )
    refusals = (MalformedError,)
    told(play(Target(name="forms", read=read, seeds=(FORM,), refusals=refusals, words=words, few=150)))


def test_content_types(told):
    """The boundary of a Content-Type is short and ASCII, or the header is refused."""

    def read(data: bytes) -> None:
        assert 1 <= len(boundary_of(data.decode("utf-8", "surrogateescape"))) <= 70

    seeds = (b"multipart/form-data; boundary=XX", b'multipart/form-data; charset="utf-8"; boundary="a b"')
    words = (
        b"boundary*=utf-8''x",
        b"boundary*0=a; boundary*1=b",
        b"boundary*=utf-99''x",
        b'\\"',
        b"; ",
        b"boundary*0*=",
    )
    refusals = (MalformedError,)
    told(play(Target(name="Content-Type", read=read, seeds=seeds, refusals=refusals, words=words, few=300)))


def test_imports(tmp_path, told):
    """Every record is a contact or was skipped with a code; a contact has a cell for each column of the list."""
    path, profile = tmp_path / "upload", load("default").profile
    contact_list = ContactList(id="a", name="A", date_created="", date_modified="", column_names=("Lead ID", "Phone"))

    def read(data: bytes) -> None:
        path.write_bytes(data)
        for own_ids in ("", "Lead ID"):
            rules = FileRules(
                contact_list=contact_list,
                limits=profile.limits,
                semantics=profile.semantics,
                contact_id_name=own_ids,
            )
            report, count = Report(), 0
            for chunk in read_chunks(path, rules, random.Random(1), report):
                assert len(chunk.ids) == len(chunk.rows)
                count += len(chunk.rows)
                assert all(list(json.loads(row)) == ["Lead ID", "Phone"] for row in chunk.rows)
            assert count + report.counts.total() == report.records

    text = b'Lead ID,Phone,City\nL-1,+15550100001,Bern\nL-2,+15550100002,"a ""b""\nc"\nL-3,,\n'
    many = b"Phone,Lead ID\r\n" + b"".join(b"+1555010%04d,L-%d\r\n" % (at, at) for at in range(1500))
    seeds = (text, b"\xef\xbb\xbf" + text.replace(b"\n", b"\r\n"), many)
    words = (b"x" * 600, b"\n\n", b"\r", b'"\n', b'""', b"L-1", b" ", b"\xc2\xa0", b",,,,")
    refusals = (RefusedFileError,)
    told(play(Target(name="imports", read=read, seeds=seeds, refusals=refusals, words=words, few=60)))
