"""Files as other programs leave them, and what is right for each: these very leads, or a refusal that says why."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from .workbooks import workbook, zipped

HEADER = ("Lead ID", "Phone", "Name")
LEADS = [{"Lead ID": f"L{n}", "Phone": f"+1555010000{n}", "Name": name} for n, name in enumerate(("Ada", "Bob", "Cy"))]
ROWS = [",".join(lead.values()) for lead in LEADS]
PLAIN = "\n".join([",".join(HEADER), *ROWS]) + "\n"


@dataclass(frozen=True)
class Member:
    """One file. `leads`: what is loaded, if it is; `refused`: one of these words is said, if it is refused."""

    name: str
    data: bytes
    leads: list[dict[str, str]] | None = None
    rejects: tuple[int, ...] = (0,)
    refused: tuple[str, ...] = ()
    notice: tuple[str, ...] = ()  # one of these words is said where it is loaded

    def __str__(self) -> str:
        return self.name


def members() -> list[Member]:
    return [*_separators(), *_encodings(), *_rows(), *_columns(), *_values(), *_not_csv(), *_parquet(), *_workbooks()]


def _text(name: str, text: str, **right: object) -> Member:
    return Member(f"{name}.csv", text.encode("utf-8"), **right)  # type: ignore[arg-type]


def _separators() -> Iterator[Member]:
    yield _text("semicolons", PLAIN.replace(",", ";"), refused=("semicolon",))
    yield _text("tabs", PLAIN.replace(",", "\t"), refused=("tab",))
    yield _text("pipes", PLAIN.replace(",", "|"), refused=("|", "pipe"))
    yield _text("sep line, semicolons", "sep=;\r\n" + PLAIN.replace(",", ";"), refused=("sep=",))
    yield _text("sep line, commas", "sep=,\r\n" + PLAIN, leads=LEADS, refused=("sep=",))
    yield _text("title line", "Leads of March,,\n" + PLAIN, refused=("header", "column"))
    yield _text(
        "comma in a semicolon file", PLAIN.replace(",", ";").replace("Ada", "Ada, Lady"), refused=("semicolon",)
    )
    yield _text("semicolons in values", PLAIN.replace("Ada", "Ada; Lady"), leads=_named("Ada; Lady"))


def _encodings() -> Iterator[Member]:
    accented = PLAIN.replace("Ada", "Adè")
    yield Member("bom.csv", PLAIN.encode("utf-8-sig"), leads=LEADS)
    yield _text("two boms", "\ufeff\ufeff" + PLAIN, leads=LEADS, refused=("byte order mark", "ufeff", "column 1"))
    yield Member("utf-16.csv", PLAIN.encode("utf-16"), refused=("UTF-16",))
    yield Member("utf-16-be without bom.csv", PLAIN.encode("utf-16-be"), refused=("UTF-16",))
    yield Member("utf-32.csv", PLAIN.encode("utf-32"), refused=("UTF-",))
    yield Member("windows-1252.csv", accented.encode("cp1252"), refused=("UTF-8",))
    yield Member("mac roman.csv", accented.encode("mac-roman"), refused=("UTF-8",))
    yield Member("shift-jis.csv", PLAIN.replace("Ada", "三月").encode("shift-jis"), refused=("UTF-8",))
    far = PLAIN + "".join(f"M{n},+15550100001,Zoe\n" for n in range(60_000))
    yield Member("windows-1252 in line 60005.csv", (far + "Z,+15550100001,Zoè\n").encode("cp1252"), refused=(":60005",))
    yield Member("lone surrogate.csv", PLAIN.encode().replace(b"Ada", b"\xed\xa0\xbd"), refused=("UTF-8",))
    yield _text(
        "astral, combining, right to left", PLAIN.replace("Ada", "😀 e\u0301 עברית"), leads=_named("😀 e\u0301 עברית")
    )


def _rows() -> Iterator[Member]:
    yield _text("crlf", PLAIN.replace("\n", "\r\n"), leads=LEADS)
    yield _text("cr", PLAIN.replace("\n", "\r"), leads=LEADS)
    mixed = f"{','.join(HEADER)}\r\n{ROWS[0]}\n{ROWS[1]}\r{ROWS[2]}\r\n"
    yield _text("mixed line ends", mixed, leads=LEADS)
    yield _text("no line end at the end", PLAIN.rstrip("\n"), leads=LEADS)
    yield _text("blank lines", "\n\n" + PLAIN.replace("\n", "\n\n") + "\r\n\r\n", leads=LEADS)
    yield _text("rows of commas", PLAIN + ",,\n,,\n", leads=LEADS)
    yield _text("rows of blanks", PLAIN + "  , ,\t\n", leads=LEADS, rejects=(0, 1))
    yield _text("ctrl-z", PLAIN + "\x1a", leads=LEADS)
    yield _text("trailing comma, header too", PLAIN.replace("\n", ",\n"), leads=LEADS, refused=("column 4",))
    yield _text(
        "trailing comma, rows only",
        PLAIN.replace("\n", ",\n").replace("Name,", "Name", 1),
        refused=("ROW_SHAPE", "cells"),
    )
    yield _text("a short row", PLAIN + "L9,+15550100009\n", leads=LEADS, rejects=(1,))
    again = ",".join(HEADER) + "\n"
    yield _text(
        "header again", PLAIN + again + "L7,+15550100007,Di\n", leads=[*LEADS, _lead("L7", "7", "Di")], rejects=(1,)
    )
    yield _text("header again with a bom", PLAIN + "\ufeff" + again, leads=LEADS, rejects=(1,))
    yield _text("header again, three times", PLAIN + 3 * again, leads=LEADS, rejects=(3,))
    yield _text("header only", again, leads=[], refused=("no lead", "header"))
    yield _text("empty", "", refused=("header", "empty"))
    yield _text("blank lines only", "\n\n\n", refused=("header", "empty"))
    yield _text("unclosed quote", PLAIN + 'L9,"+15550100009,Eve\n', refused=(":5",))
    yield _text("text after a quote", PLAIN + 'L9,"+1"5550100009,Eve\n', refused=(":5",))
    yield _text("duplicate ids", PLAIN + ROWS[0] + "\n", refused=("DUPLICATE_LEADS",))


def _columns() -> Iterator[Member]:
    for name in (
        "inin-outbound-id",
        "ContactCallable",
        "contactableByVoice",
        "zipcodeautomatictimezone",
        "Callable-Phone",
    ):
        yield _text(f"column {name}", _with_column(name), refused=(name,))
    yield _text("column ININ-OUTBOUND-ID", _with_column("ININ-OUTBOUND-ID"), refused=("ININ-OUTBOUND-ID",))
    yield _text("two columns Name", _with_column("Name"), refused=("Name",))
    yield _text("name and Name", _with_column("name"), leads=_with("name"), refused=("name",))
    yield _text("quote in a column", _with_column('"Na""me"'), refused=("column 4",))
    yield _text("tab in a column", _with_column("Na\tme"), refused=("column 4",))
    yield _text("line end in a column", _with_column('"Na\nme"'), refused=("column 4",))
    yield _text("backslash in a column", _with_column("Na\\me"), refused=("column 4",))
    yield _text("blank column", _with_column("  "), refused=("column 4",))
    yield _text("long column", _with_column("N" * 129), refused=("129",))
    many = [f"c{n}" for n in range(48)]
    wide = "\n".join(",".join([line, *(many if n == 0 else "v" * 48)]) for n, line in enumerate(PLAIN.splitlines()))
    yield _text("51 columns", wide, refused=("51",))
    yield _text("no-break space in a column", PLAIN.replace("Lead ID", "Lead\u00a0ID"), refused=("no-break", "a0"))
    yield _text("zero-width space in a column", PLAIN.replace("Phone", "Phone\u200b"), refused=("zero-width", "200b"))
    yield _text("blank after a column", PLAIN.replace("Phone", "Phone "), refused=("'Phone '", "blank", "space"))
    yield _text("columns of a mapping", _with_column("contact_id"), leads=_with("contact_id"))
    yield _text("columns of our tables", _with_column("position"), leads=_with("position"))


def _values() -> Iterator[Member]:
    yield _text(
        "invisible signs in ids",
        PLAIN + "L0\u200b,+15550100007,Di\n",
        leads=[*LEADS, _lead("L0\u200b", "7", "Di")],
        notice=("invisible", "zero-width"),
    )
    yield _text("an invisible id", PLAIN + "\u200b,+15550100007,Di\n", leads=LEADS, rejects=(1,))
    yield _text("a no-break space as id", PLAIN + "\u00a0,+15550100007,Di\n", leads=LEADS, rejects=(1,))
    yield _text(
        "rounded phones",
        PLAIN.replace("+15550100000", "1.55501E+10"),
        leads=[_lead("L0", "1.55501E+10", "Ada", ""), *LEADS[1:]],
        notice=("spreadsheet",),
    )
    yield _text(
        "rounded ids",
        PLAIN.replace("L0", "3.0012E+11"),
        leads=[_lead("3.0012E+11", "0", "Ada"), *LEADS[1:]],
        notice=("spreadsheet",),
    )
    yield _text(
        "narrow column",
        PLAIN.replace("+15550100000", "########"),
        leads=[_lead("L0", "########", "Ada", ""), *LEADS[1:]],
        notice=("spreadsheet", "####"),
    )
    yield _text(
        "text formula",
        PLAIN.replace("L0", '="00012"'),
        leads=[_lead('="00012"', "0", "Ada"), *LEADS[1:]],
        notice=("formula", "spreadsheet"),
        refused=('="',),
    )
    for number, formula in enumerate(("=1+1", "+cmd|' /C calc'!A0", "@SUM(A1)", "-2+3")):
        yield _text(f"formula {number}", PLAIN.replace("Ada", formula), leads=_named(formula))
    quoted = 'say ""hi"", \r\nAda\\n'
    yield _text(
        "quotes, commas and line ends", PLAIN.replace("Ada", f'"{quoted}"'), leads=_named(quoted.replace('""', '"'))
    )
    yield _text("cell of 512", PLAIN.replace("Ada", "é" * 512), leads=_named("é" * 512))
    yield _text("cell of 513", PLAIN.replace("Ada", "é" * 513), leads=LEADS[1:], rejects=(1,))
    yield _text(
        "cell of 1.5 MB",
        PLAIN.replace("Ada", "x" * 1_500_000),
        leads=LEADS[1:],
        rejects=(1,),
        refused=("quote", "long", "limit"),
    )
    yield _text("nul", PLAIN.replace("Ada", "A\0da"), refused=("NUL",))
    yield _text("control signs", PLAIN.replace("Ada", "A\x01\x1f\x7fda"), leads=_named("A\x01\x1f\x7fda"))
    yield _text(
        "what json and sql quote",
        PLAIN.replace("Ada", "'; DROP--\\u0041 </script> null"),
        leads=_named("'; DROP--\\u0041 </script> null"),
    )
    yield _text(
        "leading zeros and cases",
        PLAIN + "007,+15550100007,NULL\nl0,+15550100008,nan\n",
        leads=[*LEADS, _lead("007", "7", "NULL"), _lead("l0", "8", "nan")],
    )
    yield _text(
        "no phone",
        PLAIN + "L7,,Di\n",
        leads=[*LEADS, _lead("L7", "", "Di", "")],
        notice=("no phone", "without a phone"),
    )


def _not_csv() -> Iterator[Member]:
    yield Member("workbook.csv", workbook([HEADER, *_cells()]), refused=("Excel", "workbook", "spreadsheet"))
    yield Member(
        "old workbook.csv",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        refused=("Excel", "workbook", "spreadsheet"),
    )
    yield _text("log-in page", "<!DOCTYPE html>\n<html><head><title>Log in</title></head></html>\n", refused=("HTML",))
    yield _text("json", '[{"Lead ID": "L1", "Phone": "+15550100001"}]\n', refused=("JSON",))
    yield Member("packed.csv", b"\x1f\x8b\x08\0" + bytes(40), refused=("gzip", "pack", "compress"))
    yield Member("a pdf.csv", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", refused=("UTF-8", "PDF"))
    yield Member("parquet.csv", _table("SELECT 'L1' AS \"Lead ID\", '+15550100001' AS Phone"), refused=("Parquet",))
    yield Member("csv.parquet", PLAIN.encode(), refused=("Parquet",))
    yield Member(
        "cut.parquet", _table("SELECT 'L1' AS \"Lead ID\", '+15550100001' AS Phone")[:-9], refused=("Parquet",)
    )


def _parquet() -> Iterator[Member]:
    yield _typed("text", "'L1'", {"Lead ID": "L1"})
    yield _typed("whole numbers", "300120000001::BIGINT", {"Lead ID": "300120000001"})
    yield _typed("floats that are whole", "300120000001::DOUBLE", {"Lead ID": "300120000001"}, refused=("Lead ID",))
    yield _typed("floats beyond 2^53", "12345678901234567890::DOUBLE", None, refused=("Lead ID",))
    yield _typed("floats with a fraction", "1.5::DOUBLE", {"Lead ID": "1.5"}, refused=("Lead ID",))
    yield _typed("not a number", "'nan'::DOUBLE", None, refused=("Lead ID", "no lead"))
    yield _typed("null", "NULL::VARCHAR", None, refused=("Lead ID", "no lead"))
    yield _typed("decimals", "1::DECIMAL(38, 10)", {"Lead ID": "1"}, refused=("Lead ID",))
    yield _typed("money", "'L1'", {"Lead ID": "L1", "Name": "1.50"}, name="1.50::DECIMAL(10, 2)")
    yield _typed("binary text", "encode('Lé')", {"Lead ID": "Lé"}, refused=("Lead ID",))
    yield _typed("binary", "'\\xFF\\xFE'::BLOB", None, refused=("Lead ID",))
    yield _typed("list", "'L1'", None, name="['a', 'b']", refused=("Name",))
    yield _typed("struct", "'L1'", None, name="{'a': 1}", refused=("Name",))
    yield _typed("map", "'L1'", None, name="MAP {'a': 1}", refused=("Name",))
    yield _typed("nul", "'L' || chr(0) || '1'", None, refused=("NUL",))
    yield _typed(
        "uuid", "'6f1c3cde-0000-4000-8000-000000000001'::UUID", {"Lead ID": "6f1c3cde-0000-4000-8000-000000000001"}
    )
    yield _typed("date", "'L1'", {"Lead ID": "L1", "Name": "2026-03-01"}, name="DATE '2026-03-01'")
    yield _typed("truth", "'L1'", {"Lead ID": "L1", "Name": "true"}, name="true")
    yield _typed("export's column", "'L1'", None, name="'x' AS ContactCallable, 'y'", refused=("ContactCallable",))


def _workbooks() -> Iterator[Member]:
    yield Member("text.xlsx", workbook([HEADER, *_cells()]), leads=LEADS, refused=("xlsx", "Excel", "CSV"))
    number = [{**LEADS[0], "Lead ID": "300120000001"}, *LEADS[1:]]
    cells = [[300120000001, *_cells()[0][1:]], *_cells()[1:]]
    yield Member("numbers.xlsx", workbook([HEADER, *cells]), leads=number, refused=("xlsx", "Excel", "CSV", "Lead ID"))
    spoilt = [[12345678901234567890, *_cells()[0][1:]], *_cells()[1:]]
    yield Member("rounded.xlsx", workbook([HEADER, *spoilt]), refused=("xlsx", "Excel", "CSV", "Lead ID", "digits"))
    yield Member(
        "two sheets.xlsx",
        workbook([HEADER, *_cells()], [("Note",), ("keep",)]),
        leads=LEADS,
        refused=("sheet", "xlsx", "Excel"),
    )
    yield Member("zip.xlsx", zipped({"a.txt": "a"}), refused=("xlsx", "Excel", "workbook"))
    yield Member("csv.xlsx", PLAIN.encode(), refused=("xlsx", "Excel", "workbook", ".csv"))


def _lead(lead_id: str, phone: str, name: str, start: str = "+1555010000") -> dict[str, str]:
    return {"Lead ID": lead_id, "Phone": start + phone, "Name": name}


def _named(name: str) -> list[dict[str, str]]:
    return [{**LEADS[0], "Name": name}, *LEADS[1:]]


def _with_column(name: str) -> str:
    first, *rows = PLAIN.splitlines()
    return "\n".join([f"{first},{name}", *(f"{row},x{n}" for n, row in enumerate(rows))]) + "\n"


def _with(name: str) -> list[dict[str, str]]:
    return [{**lead, name: f"x{n}"} for n, lead in enumerate(LEADS)]


def _typed(
    kind: str, lead_id: str, lead: dict[str, str] | None, *, name: str = "'Ada'", refused: tuple[str, ...] = ()
) -> Member:
    query = f"SELECT {lead_id} AS \"Lead ID\", '+15550100001' AS Phone, {name} AS Name"
    leads = None if lead is None else [{"Phone": "+15550100001", "Name": "Ada"} | lead]
    return Member(f"{kind}.parquet", _table(query), leads=leads, refused=refused)


def _table(query: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as db:
        path = Path(folder) / "t.parquet"
        db.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
        return path.read_bytes()


def _cells() -> list[list[object]]:
    return [list(lead.values()) for lead in LEADS]
