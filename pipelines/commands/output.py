"""Results on standard output: plain lines, or JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence


def print_json(value: object) -> None:
    """`value` as indented JSON, in ASCII: what is printed can be read back whatever the terminal's encoding."""
    print_line(json.dumps(value, indent=2, allow_nan=False))


def print_line(line: str) -> None:
    """One line; characters that the terminal's encoding lacks are escaped."""
    write_out(line + "\n")


def write_out(text: str) -> None:
    """`text` as it stands; characters that the terminal's encoding lacks are escaped."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Rows as columns of equal width, two spaces apart."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))] if rows else []
    for row in rows:
        print_line("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def toml_value(value: object) -> str:
    """`value` as TOML writes it; None, which TOML lacks, is empty.

    >>> toml_value((1.0, 2)), toml_value(True), toml_value("a")
    ('[1.0, 2]', 'true', '"a"')
    """
    if value is None:
        return ""
    if isinstance(value, (tuple, list)):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return str(value).lower() if isinstance(value, bool) else repr(value)
