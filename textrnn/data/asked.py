"""Examples to be predicted: their cells as texts, numbers and categories."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textrnn.boundary import bound_text, join_texts
from textrnn.data.cells import read_category, read_number
from textrnn.data.columns import Asked, Columns
from textrnn.data.readers.wording import quoted
from textrnn.errors import DataError, RowError


def read_cells(cells: object, columns: Columns, place: str) -> tuple[Any, ...]:
    """The cells `columns.asked` of one example as they should be: texts, floats (NaN: empty), categories ("": empty).

    Raises DataError, naming `place`, where they are not.
    """
    try:
        return check_cells(cells, columns)
    except RowError as error:
        raise DataError(f"{place}{':' if error.column is None else ','} {error}") from None


def check_cells(cells: object, columns: Columns) -> tuple[Any, ...]:
    """The cells `columns.asked` of one example as `read_cells` gives them. Raises RowError."""
    if not isinstance(cells, tuple) or len(cells) != len(columns.asked):
        raise RowError(f"expected the columns {', '.join(map(quoted, columns.asked))}, found {quoted(cells)}")
    for name, cell in zip(columns.text, cells, strict=False):
        if not isinstance(cell, str):
            raise RowError(f"expected a text, found {quoted(cell)}", name)
    first, last = len(columns.text), len(columns.text) + len(columns.numeric)
    numbers = map(read_number, cells[first:last], columns.numeric)
    categories = map(read_category, cells[last:], columns.categorical)
    return (*cells[:first], *numbers, *categories)


def take_apart(examples: Sequence[Asked], columns: Columns) -> tuple[list[str], dict[str, list[Any]]]:
    """The texts (N) of `examples` (N), bounded and joined, and the cells of each column beside them.

    Raises DataError, naming the example, for one that `read_cells` refuses.
    """
    rows = [read_cells(cells, columns, f"example {number}") for number, cells in enumerate(examples, start=1)]
    first = len(columns.text)
    texts = [join_texts([bound_text(part, columns.max_characters).text for part in row[:first]]) for row in rows]
    return texts, {name: [row[i] for row in rows] for i, name in enumerate(columns.beside, start=first)}
