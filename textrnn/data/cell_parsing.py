"""Numbers, categories, ids parsed from the cells of a table."""

from __future__ import annotations

import math
import re

import numpy as np

from textrnn.data.readers.wording import quote
from textrnn.data.text_boundary import is_unicode
from textrnn.errors import RowError

MAX_NUMBER = 1e15  # absolute value of a number: its square is finite in float32
MAX_CATEGORY = 1000  # characters of a category
NUMBER_PATTERN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def as_number(cell: object) -> float | None:
    """Return the finite number in a cell, a number or digits; None for anything else, or if it is too large."""
    if isinstance(cell, str):
        value = float(cell) if NUMBER_PATTERN.fullmatch(cell.strip()) else math.nan
    elif isinstance(cell, (int, float, np.integer, np.floating)) and not isinstance(cell, bool):
        value = float(cell) if -MAX_NUMBER <= cell <= MAX_NUMBER else math.nan
    else:
        return None
    return value if abs(value) <= MAX_NUMBER else None


def parse_number(cell: object, column: str) -> float:
    """Parse a cell of a numeric column; NaN if it is empty (null, blank, NaN). Raises RowError."""
    if cell is None or (isinstance(cell, str) and not cell.strip()) or (isinstance(cell, float) and math.isnan(cell)):
        return math.nan
    value = as_number(cell)
    if value is None:
        raise RowError(
            f"expected a number from -{MAX_NUMBER:g} to {MAX_NUMBER:g} or an empty cell, found {quote(cell)}; "
            "if the column holds categories, list it in data.categorical",
            column,
        )
    return value


def parse_category(cell: object, column: str) -> str:
    """Parse a cell of a categorical column, stripped of blanks; "" if it is empty. Raises RowError."""
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    if isinstance(cell, (bool, np.bool_)):
        return str(bool(cell)).lower()
    if isinstance(cell, (int, np.integer)):
        return str(int(cell))
    if not isinstance(cell, str):
        hint = (
            "; if the column holds numbers, list it in data.numeric" if isinstance(cell, (float, np.floating)) else ""
        )
        raise RowError(f"expected a category, a string or an integer, found {quote(cell)}{hint}", column)
    category = cell.strip()
    if len(category) > MAX_CATEGORY or not is_unicode(category):
        what = "valid Unicode" if len(category) <= MAX_CATEGORY else f"at most {MAX_CATEGORY:,} characters"
        raise RowError(f"expected a category of {what}, found {quote(cell)}", column)
    return category


def parse_id(cell: object, column: str) -> str:
    """Parse a cell of the id column into a stripped string; "" if it is empty.

    Raises RowError for a list or an object.
    """
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    if isinstance(cell, (list, tuple, dict, bytes)):
        raise RowError(f"expected a text or a number that identifies the row, found {quote(cell)}", column)
    if isinstance(cell, float) and cell.is_integer():  # what a column of integers with an empty cell becomes
        cell = int(cell)
    text = str(cell).strip()[:MAX_CATEGORY]
    return text if is_unicode(text) else text.encode("utf-8", "replace").decode()
