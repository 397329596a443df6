"""Words that the readers' messages share: values cut short, the nearest name."""

from __future__ import annotations

import difflib
import reprlib
from collections.abc import Iterable, Sequence

from textrnn.errors import DataError
from textrnn.storage.file_names import as_text, is_text, printable

_WIDTH = 40
LIKELY_FORMAT = "the file is likely "  # begins messages about a whole file: to leave out rows of it would not help


def quote(value: object) -> str:
    """`value` as Python writes it, on one line and cut to about 40 characters.

    >>> quote("a" * 50), quote(None)
    ("'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'...", 'null')
    """
    if value is None:
        return "null"
    if isinstance(value, str):  # cut before repr: a field may be megabytes long
        text = as_text(value[: 4 * _WIDTH])  # a file name may have each byte of a letter for itself
        cut = text[:_WIDTH]
        return (repr(cut) if is_text(cut) else f"'{printable(cut)}'") + ("..." if len(text) > _WIDTH else "")
    return " ".join(reprlib.repr(value).split("\n"))


def quote_list(values: Sequence[object], limit: int = 12) -> str:
    """The first `limit` of `values`, quoted, with commas between.

    >>> quote_list(["a", "b", "c"], limit=2)
    "'a', 'b', ... (3 in all)"
    """
    shown = ", ".join(map(quote, values[:limit]))
    return shown if len(values) <= limit else f"{shown}, ... ({len(values)} in all)"


def suggest_nearest(name: str, names: Iterable[str]) -> str:
    """`"; did you mean 'x'?"` for the one of `names` most like `name`, or nothing.

    >>> suggest_nearest("lable", ["text", "label"])
    "; did you mean 'label'?"
    """
    by_folded = {other[:200].casefold(): other for other in names}
    found = difflib.get_close_matches(name[:200].casefold(), list(by_folded), n=1)
    return f"; did you mean {quote(by_folded[found[0]])}?" if found else ""


def format_row(number: int, identifier: str = "", *, headed: bool = False, line: int = 0) -> str:
    """A row as messages name it: from where it is counted, its line in a text file, and what identifies it.

    `headed` says that a header stands before row 1, which is not counted; lines count it.

    >>> format_row(919, headed=True, line=921)
    'row 919 after the header (line 921)'
    >>> format_row(919, "T-1007")
    "row 919 (counted from 1, id 'T-1007')"
    """
    known = ["counted from 1"] * (not headed) + [f"line {line}"] * bool(line)
    known += [f"id {quote(identifier)}"] * bool(identifier)
    return f"row {number}" + " after the header" * headed + (f" ({', '.join(known)})" if known else "")


def count(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun: thousands set apart, and an s (or its own `plural`) unless it is one.

    >>> count(1, "row"), count(25000, "row"), count(2, "class")
    ('1 row', '25,000 rows', '2 classes')
    """
    plural = plural or noun + ("es" if noun.endswith("s") else "s")
    return f"{number:,} {noun if number == 1 else plural}"


def too_large_error(place: str, max_bytes: int) -> DataError:
    """The error for more text than `max_bytes`; without a `place`, whoever catches it names one."""
    return DataError(
        f"{place}{': ' if place else ''}expected at most {max_bytes:,} bytes of text in all, found more; if this "
        "is intended, raise data.max_bytes"
    )
