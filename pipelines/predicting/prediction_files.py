"""Which files hold predictions that `predict` wrote: those alone may be replaced without `--overwrite`."""

import csv
import gzip
import json
import lzma
import re
from pathlib import Path
from typing import Any

from pipelines.predicting.output_columns import TEXT_STATISTICS
from textrnn.errors import ConfigError

PARQUET_MARK = b"textrnn"  # of Parquet, in the schema's metadata
MAX_FIRST_LINE_BYTES = 1 << 20  # bytes of a first line that is looked into
_OURS = r"(predicted_)?"
_ABOUT = "".join(rf"{_OURS}{name}(_\d+)?\0" for name in ("tokens", "cut", "unknown", "model"))
_SURE = rf"{_OURS}probability(_\d+)?\0{_OURS}accepted(_\d+)?\0"
_CLASSES = rf"({_OURS}(probability_[^\0]*|label_\d+)\0)"
_LAST = rf"({_OURS}precision(_\d+)?\0)?({_OURS}error(_\d+)?\0)?"
# how the header of CSV ends: the prediction, what is said about it, the classes, what may follow; and as it once did
_TAIL = re.compile(
    rf"{_OURS}(labels?|value)(_\d+)?\0({_SURE})?{_ABOUT}{_CLASSES}*{_LAST}"
    rf"|{_OURS}labels?(_\d+)?\0({_OURS}probability(_\d+)?\0)?{_CLASSES}+{_LAST}"
    rf"|{_OURS}value(_\d+)?\0({_OURS}precision(_\d+)?\0)?{_OURS}error(_\d+)?\0"
)


def require_prediction_file(output: Path, *, overwrite: bool) -> None:
    """Refuse, by ConfigError, to replace a file that `predict` did not write, unless told to `overwrite`."""
    if not overwrite and output.exists() and output.stat().st_size and not is_prediction_file(output):
        raise ConfigError(
            f"--output {output}: expected no such file, or predictions that predict wrote, found another file; "
            "move it, or replace it with --overwrite"
        )


def is_prediction_file(path: Path) -> bool:
    """Whether the file at `path` begins as predictions do that `predict` wrote; of Parquet, whether it has our mark."""
    try:
        with open(path, "rb") as file:
            start = file.read(6)
        if start.startswith(b"PAR1"):
            return _has_mark(path)
        opening: Any = gzip.open if start.startswith(b"\x1f\x8b") else lzma.open if start == b"\xfd7zXZ\x00" else open
        with opening(path, "rb") as file:
            line = file.readline(MAX_FIRST_LINE_BYTES).decode("utf-8-sig")
    except (OSError, EOFError, ValueError, lzma.LZMAError):
        return False
    return _is_object(line) if line.startswith("{") else _is_header(line)


def _has_mark(path: Path) -> bool:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:  # nobody can tell whose it is
        return False
    try:
        return PARQUET_MARK in (pq.read_schema(path).metadata or {})
    except (pa.ArrowException, OSError):
        return False


def _is_object(line: str) -> bool:
    try:
        members: Any = json.loads(line)
    except (ValueError, RecursionError):
        return False
    *_, last = members if isinstance(members, dict) and members else [""]
    if _is_called(last, "precision") and len(members) > 1:
        last = list(members)[-2]
    if _is_called(last, "probabilities"):
        said = members[last]
        return isinstance(said, dict) and all(isinstance(value, float) for value in said.values())
    if _is_called(last, TEXT_STATISTICS[-1]):
        return len(members) > len(TEXT_STATISTICS) and all(
            map(_is_called, list(members)[-len(TEXT_STATISTICS) :], TEXT_STATISTICS)
        )
    return _is_called(last, "value") or _is_called(last, "error")


def _is_called(name: str, added: str) -> bool:
    return re.fullmatch(rf"(predicted_)?{added}(_\d+)?", name) is not None


def _is_header(line: str) -> bool:
    for delimiter in ",", "\t", ";", "|":
        try:
            names = next(csv.reader([line], delimiter=delimiter), [])
        except csv.Error:
            continue
        for first in range(len(names)):
            if _TAIL.fullmatch("".join(f"{name}\0" for name in names[first:])):
                return True
    return False
