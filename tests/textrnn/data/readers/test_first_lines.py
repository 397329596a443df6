"""Files that are not what they are taken for: known by their first lines, each with the way out."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from textrnn.config.data import DataConfig, TextFormat
from textrnn.data.columns import Columns
from textrnn.data.load import load_corpus
from textrnn.data.readers.delimited import read_delimited
from textrnn.data.readers.first_bytes import check_first_bytes
from textrnn.data.readers.header_line import recognise_delimiter
from textrnn.data.readers.notes import Notes
from textrnn.data.readers.preview import column_names, read_inputs
from textrnn.data.readers.rows import refuse_bad_rows
from textrnn.data.readers.source import resolve
from textrnn.errors import DataError

ROWS = [(f"the soup was {('good', 'bad')[i % 2]} on day {i}.", ("good", "bad")[i % 2]) for i in range(12)]


def workbook() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return buffer.getvalue()


def document() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    return buffer.getvalue()


def database(folder: Path) -> bytes:
    with sqlite3.connect(folder / "rows.db") as connection:
        connection.execute("create table rows (text, label)")
    return (folder / "rows.db").read_bytes()


def parquet() -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table({"text": ["a"], "label": ["b"]}), buffer)
    return buffer.getvalue()


TAB = "".join(f"{label}\t{text}\n" for text, label in ROWS)
COMMA = "".join(f'"{text}",{label}\n' for text, label in ROWS)
FASTTEXT = "".join(f"__label__{label} {text}\n" for text, label in ROWS)
OBJECTS = [{"text": text, "label": label} for text, label in ROWS]
LINES = "".join(json.dumps(each) + "\n" for each in OBJECTS)
KINDS = {
    "workbook": ("csv", workbook(), ("Excel workbook", "CSV UTF-8")),
    "document": ("csv", document(), ("OpenDocument", "CSV UTF-8")),
    "old workbook": ("csv", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), (".xls", "CSV UTF-8")),
    "pdf": ("csv", b"%PDF-1.7\n", ("a PDF",)),
    "page": ("csv", b"\n<!DOCTYPE html>\n<html><body>sign in</body></html>\n", ("HTML", "login")),
    "xml": ("csv", b'<?xml version="1.0"?>\n<rows/>\n', ("XML",)),
    "pickle": ("csv", b"\x80\x04\x95\x10\x00", ("pickle",)),
    "zeros": ("csv", bytes(5000), ("NUL bytes",)),
    "pointer": ("csv", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", ("git lfs pull",)),
    "parquet": ("csv", parquet(), ("Parquet", ".parquet")),
    "array": ("json", json.dumps(OBJECTS).encode(), ("array", "jq -c '.[]'")),
    "array over lines": ("json", json.dumps(OBJECTS, indent=1).encode(), ("array", "jq -c '.[]'")),
    "object over lines": ("json", json.dumps(OBJECTS[0], indent=1).encode(), ("several lines", "jq -c .")),
    "array in csv": ("csv", json.dumps(OBJECTS).encode(), ("JSON array", "jq -c '.[]'")),
    "lines in csv": ("csv", LINES.encode(), ("JSON Lines", ".jsonl")),
    "table in jsonl": ("jsonl", b"text,label\na,b\n", ("table", ".csv")),
    "tabs in csv": ("csv", b"review\tstars\na\tb\n", ("delimiter is likely '\\t'", "--delimiter $'\\t'")),
    "headerless tsv": ("tsv", TAB.encode(), ("--no-header", "data.header = false", "--text-column 2 --label-column 1")),
    "headerless csv": ("csv", COMMA.encode(), ("--no-header", "--text-column 1 --label-column 2")),
    "fastText": ("csv", FASTTEXT.encode(), ("fastText", "name it .txt", "data.format=fasttext")),
    "fastText in tsv": ("tsv", FASTTEXT.encode(), ("fastText", "name it .txt", "data.format=fasttext")),
    "csv in parquet": ("parquet", b"text,label\na,b\n", ("expected a Parquet file", "name it .csv")),
    "lines in parquet": ("parquet", LINES.encode(), ("expected a Parquet file", "JSON Lines", ".jsonl")),
    "workbook in parquet": ("parquet", workbook(), ("expected a Parquet file", "Excel workbook")),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_of_another_kind_is_named_with_the_way_out(kind: str, tmp_path: Path) -> None:
    suffix, data, said = KINDS[kind]
    path = tmp_path / f"rows.{suffix}"
    path.write_bytes(data)
    source = resolve(str(path))
    columns = Columns()
    told = []
    for read in (
        lambda: load_corpus(DataConfig(source=str(path))),
        lambda: list(read_inputs(source, columns)),
        lambda: check_first_bytes(source, DataConfig()),
    ):
        if read.__code__.co_names[:1] == ("check_first_bytes",) and suffix == "parquet":
            continue  # a plan does not open it
        with pytest.raises(DataError) as caught:
            read()
        told.append(str(caught.value))
    for message in told:
        assert all(part in message for part in said), message
        assert "\n" not in message
        assert str(path) in message


def test_a_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(database(tmp_path))
    with pytest.raises(DataError, match="SQLite database; sqlite3 -csv -header"):
        column_names(resolve(str(tmp_path / "a.csv")))


def cells(path: Path, text: str, columns: tuple[str, ...], text_format: TextFormat) -> list[tuple[object, ...]]:
    path.write_text(text, encoding="utf-8", newline="")
    delimiter = "\t" if path.suffix == ".tsv" else ","
    return [found for _, found in refuse_bad_rows(read_delimited(path, None, delimiter, columns, text_format))]


def test_a_file_without_header_has_numbered_columns_or_given_ones(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    assert cells(path, TAB, ("2", "1"), TextFormat(header=False)) == ROWS
    assert cells(path, TAB, ("text", "label"), TextFormat(header=("label", "text"))) == ROWS
    with pytest.raises(DataError, match="expected a column 'text', found '1', '2'"):
        cells(path, TAB, ("text",), TextFormat(header=False))
    with pytest.raises(DataError, match=r"expected 3 columns, as data.header names, found 2 in the first row"):
        cells(path, TAB, ("a",), TextFormat(header=("a", "b", "c")))
    with pytest.raises(DataError, match=r"row 2 \(counted from 1, line 2\): expected 2 fields, found 1"):
        cells(path, "a\tb\nc\n", ("1",), TextFormat(header=False))


@pytest.mark.parametrize("start", ["sep=;\n", "sep=;\r\n", '"sep=;"\n', "SEP=;\n", "\ufeffsep=;\r\n"])
def test_the_line_that_names_the_delimiter_is_read(start: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    assert cells(path, start + "text;label\na, b;c\n", ("text", "label"), TextFormat()) == [("a, b", "c")]
    assert column_names(resolve(str(path))) == ["text", "label"]
    with pytest.raises(DataError, match=r"row 2 after the header \(line 4\): expected 2 fields"):
        cells(path, start + "text;label\na;b\nc\n", ("text",), TextFormat())
    assert cells(path, start + "text,label\na,b\n", ("text",), TextFormat(delimiter=",")) == [
        ("a",)
    ]  # what is said wins


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
@pytest.mark.parametrize("header", ["text{0}label", '"text"{0}"label"', "label{0} text {0}price, net"])
def test_the_one_delimiter_that_gives_the_wanted_columns_is_recognised(
    header: str, delimiter: str, tmp_path: Path
) -> None:
    path, notes = tmp_path / "a.csv", Notes()
    table = [header.format(delimiter), *(delimiter.join([f"a, b {i}"] * (header.count("{0}") + 1)) for i in range(3))]
    path.write_text("\n".join(table) + "\n", encoding="utf-8")
    rows = list(refuse_bad_rows(read_delimited(path, None, ",", ("text",), TextFormat(), notes)))
    assert rows == [(i + 1, (f"a, b {i}",)) for i in range(3)]
    assert notes.delimiter == delimiter
    assert notes.sentences() == [f"{path}: columns are separated by {delimiter!r}, as its header shows"]
    assert column_names(resolve(str(path)), columns=("label", "text"))[0] in ("text", "label")
    with pytest.raises(DataError, match=r"found one column|',' expected after|found 'label"):
        cells(path, path.read_text(), ("text",), TextFormat(delimiter=","))  # what is said wins


@pytest.mark.parametrize(
    ("header", "columns", "delimiter"),
    [
        ("text,label;text|label", ("text",), ","),  # the usual one does
        ("text;x|label\ttext", ("text",), ","),  # two others do
        ("text;stars", ("text", "label"), ","),  # none has all
        ("title;stars", (), ","),
        ("text;label", ("text", "label"), ";"),
        (" text ;label,x", ("text", "label,x"), ";"),
        ('"text;label', ("text", "label"), ","),
    ],
)
def test_a_delimiter_is_recognised_where_it_alone_gives_all_columns(
    header: str, columns: tuple[str, ...], delimiter: str
) -> None:
    assert recognise_delimiter(header, ",", columns, csv.QUOTE_MINIMAL) == delimiter


@pytest.mark.parametrize("header", ["text,label,,", "text,label,x,x", " text,label ,,x", "text , label,,"])
def test_only_wanted_columns_need_a_name_of_their_own(header: str, tmp_path: Path) -> None:
    assert cells(tmp_path / "a.csv", f"{header}\na,b,c,d\n", ("text", "label"), TextFormat()) == [("a", "b")]


@pytest.mark.parametrize("header", ["text,label,text", "text,label,text ", " text,label,text", "text,label, text "])
def test_wanted_columns_that_collide_are_refused(header: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"expected one column 'text', found .*text.*; rename one of them"):
        cells(tmp_path / "a.csv", f"{header}\na,b,c\n", ("text", "label"), TextFormat())


def test_the_same_of_names_in_json_and_parquet(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"x": 1, "x": 2, "text": "a", " label": "b"}\n')
    assert next(iter(read_inputs(resolve(str(path)), Columns(("text", "label"))))) == (1, ("a", "b"))
    path.write_text('{"text ": "a", "text": "b"}\n')
    with pytest.raises(DataError, match="equal but for whitespace"):
        list(refuse_bad_rows(read_inputs(resolve(str(path)), Columns())))
    path = tmp_path / "a.parquet"
    pq.write_table(pa.Table.from_arrays([pa.array(["a"])] * 3, names=["x", "x", "text "]), path)
    assert list(read_inputs(resolve(str(path)), Columns())) == [(1, ("a",))]
    pq.write_table(pa.Table.from_arrays([pa.array(["a"])] * 2, names=["text", "text "]), path)
    with pytest.raises(DataError, match="equal but for whitespace"):
        list(read_inputs(resolve(str(path)), Columns()))


def test_a_row_that_is_to_be_skipped_stops_nobody_at_the_first_look(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"text,label\nit was g\xff od,good\nit was bad,bad\n")
    with pytest.raises(DataError, match="UTF-8"):
        check_first_bytes(resolve(str(path)), DataConfig())
    check_first_bytes(resolve(str(path)), DataConfig(on_bad_row="skip"))
