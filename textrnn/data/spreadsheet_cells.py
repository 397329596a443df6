"""Cells that no spreadsheet calculates."""

from __future__ import annotations

import re

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how a cell begins that a spreadsheet would calculate
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def disarm(cell: object) -> object:
    """Return `cell`, with an apostrophe before it where a spreadsheet would calculate it.

    >>> disarm("=1+1"), disarm("-1.5"), disarm("fine")
    ("'=1+1", '-1.5', 'fine')
    """
    text = str(cell)
    return f"'{cell}" if text.startswith(FORMULA) and not _NUMBER.fullmatch(text) else cell


def rearm(cell: str) -> str:
    """Return the cell that `disarm` made.

    >>> rearm("'=1+1"), rearm("'tis fine")
    ('=1+1', "'tis fine")
    """
    return cell[1:] if cell.startswith("'") and disarm(cell[1:]) == cell else cell
