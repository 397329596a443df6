"""Cells that no spreadsheet calculates."""

from __future__ import annotations

import re

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")  # how a cell begins that a spreadsheet would calculate
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def escape_formula(cell: object) -> object:
    """Return `cell`, with an apostrophe before it where a spreadsheet would calculate it.

    >>> escape_formula("=1+1"), escape_formula("-1.5"), escape_formula("fine")
    ("'=1+1", '-1.5', 'fine')
    """
    text = str(cell)
    return f"'{cell}" if text.startswith(FORMULA_STARTS) and not _NUMBER.fullmatch(text) else cell


def unescape_formula(cell: str) -> str:
    """Return the cell that `escape_formula` made.

    >>> unescape_formula("'=1+1"), unescape_formula("'tis fine")
    ('=1+1', "'tis fine")
    """
    return cell[1:] if cell.startswith("'") and escape_formula(cell[1:]) == cell else cell
