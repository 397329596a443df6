"""Arguments of `predict` that are likely meant otherwise: the name of a file for a text, a text for a row."""

import json
import shlex
from collections.abc import Sequence
from pathlib import Path

from textrnn.data.columns import Columns

# what tables, and files that are taken for tables, are called
_SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet", ".xlsx", ".xls", ".ods")
_NAMES = (*_SUFFIXES, *(f"{suffix}{packed}" for suffix in _SUFFIXES for packed in (".gz", ".xz")))


def describe_file_argument(text: str) -> str:
    """What to do where a `text` is likely the name of a file: one that is here, or is called like a table; else ""."""
    try:
        present = Path(text).is_file()
    except (OSError, ValueError):  # longer than a name may be, or with a zero
        present = False
    if not present and not (text.lower().endswith(_NAMES) and len(text.split()) == 1 and text == text.strip()):
        return ""
    found = "is a file here" if present else "looks like the name of a file"
    return f"{shlex.quote(text)} {found}: to classify what it holds, use --input {shlex.quote(text)}"


def warn_of_file_arguments(texts: Sequence[str]) -> list[str]:
    """A sentence about the first of the `texts` that is likely the name of a file, and how many others are."""
    found = [said for said in map(describe_file_argument, texts) if said]
    more = f" (and {len(found) - 1:,} more such)" if len(found) > 1 else ""
    return [f"{said}{more}" for said in found[:1]]


def example_row(columns: Columns, *, in_shell: bool) -> str:
    """A JSON object with the columns that a model reads, ready to be filled in, quoted if for a shell.

    >>> print(example_row(Columns(("title", "body"), numeric=("price",)), in_shell=True))
    '{"title": "...", "body": "...", "price": 0}'
    """
    row = {name: 0 if name in columns.numeric else "..." for name in columns.inputs}
    example = json.dumps(row, ensure_ascii=False)
    return shlex.quote(example) if in_shell else example
