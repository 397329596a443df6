"""What a file is by its first bytes, with advice: for files that were taken for tables."""

from __future__ import annotations

import re
from pathlib import Path

HEAD_BYTES = 1 << 12  # bytes that are enough to tell
_CSV = "export it as CSV UTF-8 and give that"
# how files begin that are no text: what they are, and what to do
_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Excel or Word file of the old kind (.xls, .doc)", _CSV),
    (b"\x1f\x8b", "gzip", "name it .csv.gz, .tsv.gz or .jsonl.gz"),
    (b"\xfd7zXZ", "xz", "name it .csv.xz, .tsv.xz or .jsonl.xz"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive", "unpack it: zstd -d FILE"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it"),
    (b"Rar!\x1a\x07", "a RAR archive", "unpack it"),
    (b"PAR1", "Parquet", "name it .parquet"),
    (b"ARROW1", "an Arrow or Feather file", "write it as Parquet"),
    (b"Obj\x01", "an Avro file", "write it as JSON Lines or Parquet"),
    (b"SQLite format 3\0", "a SQLite database", "sqlite3 -csv -header FILE 'SELECT * FROM TABLE' > FILE.csv"),
    (b"%PDF-", "a PDF", "take the texts out of it, a row each, and save them as CSV"),
    (b"\x93NUMPY", "a numpy array", "write it as CSV, JSON Lines or Parquet"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file", "write it as CSV, JSON Lines or Parquet"),
    (b"\x89PNG", "a picture", "name the file of the texts"),
    (b"\xff\xd8\xff", "a picture", "name the file of the texts"),
    (b"\x7fELF", "a program", "name the file of the texts"),
    (b"{\\rtf", "a document in RTF", _CSV),
    (b"version https://git-lfs.", "a pointer of Git LFS, not the file itself", "fetch it: git lfs pull"),
)
_PICKLE = re.compile(rb"\x80[\x02-\x05](?:\x95|[cC}\]q(K])")
_BZIP = re.compile(rb"BZh[1-9]\x31\x41\x59\x26\x53\x59")
_PAGE = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|head)\b", re.IGNORECASE)
_XML = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<\?xml\b")
JQ_ADVICE = "write each object on a line: jq -c '.[]' FILE > FILE.jsonl"
_AS_LINES = "write each object on one line: jq -c . FILE > FILE.jsonl"
_FASTTEXT = "__label__"
FASTTEXT_FILE = ("a fastText file", "name it .txt, or set data.format=fasttext")


def identify_binary(head: bytes) -> tuple[str, str] | None:
    """What a file that begins so is, where that is no text, and what to do; None where it may be text."""
    if head.startswith(b"PK\x03\x04"):
        return _what_zip(head)
    if _PICKLE.match(head):
        return "a Python pickle, which is never read", "write it as CSV, JSON Lines or Parquet"
    if _BZIP.match(head):
        return "a bzip2 archive", "unpack it: bunzip2 FILE"
    if head[257:262] == b"ustar":
        return "a tar archive", "unpack it"
    if len(head) >= 512 and not any(head):
        return "NUL bytes", "name the file of the texts"
    return next(((name, do) for magic, name, do in _MAGIC if head.startswith(magic)), None)


def _what_zip(head: bytes) -> tuple[str, str]:
    if b"opendocument" in head:
        return "a spreadsheet or a document (OpenDocument)", _CSV
    if b"xl/" in head or b"[Content_Types].xml" in head:
        return "an Excel workbook, or a file of its kind (.xlsx)", _CSV
    return "a zip archive or a spreadsheet", "unpack it, or export it as CSV UTF-8"


def identify_text(head: str) -> tuple[str, str] | None:
    """What a text that begins so is, where it is no table that is read, and what to do; None where it may be one."""
    start = head.lstrip("\ufeff \t\r\n")
    raw = start.encode("utf-8", "replace")
    if _PAGE.match(raw):
        return "a page of HTML", "download the file itself: is a login needed?"
    if _XML.match(raw):
        return "XML", "write its rows as CSV or JSON Lines"
    if start.startswith("["):
        return "a JSON array", JQ_ADVICE
    if start.startswith("{"):
        first = start.partition("\n")[0].rstrip()
        whole = first.endswith("}")
        return ("JSON Lines", "name it .jsonl") if whole else ("JSON over several lines", _AS_LINES)
    if start.startswith(_FASTTEXT):
        return FASTTEXT_FILE
    return None


def identify_table(head: str) -> str | None:
    r"""The suffix of the delimited table that a text looks like; None where it looks like none.

    >>> identify_table("text,label\na,b\n"), identify_table("text\tlabel\n"), identify_table("a story")
    ('.csv', '.tsv', None)
    """
    lines = [line for line in head.split("\n")[:5] if line.strip()]
    for delimiter, suffix in (("\t", ".tsv"), (",", ".csv"), (";", ".csv"), ("|", ".csv")):
        if lines and all(delimiter in line for line in lines[:2]):
            return suffix
    return None


def read_head(path: Path) -> bytes:
    """The first bytes of a file, none where it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read(HEAD_BYTES)
    except OSError:
        return b""
