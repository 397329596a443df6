"""Examples to be predicted: their cells as texts, numbers and categories."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textrnn.boundary import bound_text, join_texts
from textrnn.data.cells import read_category, read_number
from textrnn.data.columns import Asked, Columns
from textrnn.data.readers.wording import quoted
from textrnn.errors import DataError


def read_cells(cells: object, columns: Columns, place: str) -> tuple[Any, ...]:
    """The cells `columns.asked` of one example as they should be: texts, floats (NaN: empty), categories ("": empty).

    Raises DataError, naming `place`, where they are not.
    """
    if not isinstance(cells, tuple) or len(cells) != len(columns.asked):
        wanted = ", ".join(map(quoted, columns.asked))
        raise DataError(f"{place}: expected the columns {wanted}, found {quoted(cells)}")
    for name, cell in zip(columns.text, cells, strict=False):
        if not isinstance(cell, str):
            raise DataError(f"{place}, column {quoted(name)}: expected a text, found {quoted(cell)}")
    first, last = len(columns.text), len(columns.text) + len(columns.numeric)
    where = [f"{place}, column {quoted(name)}" for name in columns.beside]
    numbers = map(read_number, cells[first:last], where)
    categories = map(read_category, cells[last:], where[len(columns.numeric) :])
    return (*cells[:first], *numbers, *categories)


def take_apart(examples: Sequence[Asked], columns: Columns) -> tuple[list[str], dict[str, list[Any]]]:
    """The texts (N) of `examples` (N), bounded and joined, and the cells of each column beside them.

    Raises DataError, naming the example, for one that `read_cells` refuses.
    """
    rows = [read_cells(cells, columns, f"example {number}") for number, cells in enumerate(examples, start=1)]
    first = len(columns.text)
    texts = [join_texts([bound_text(part).text for part in row[:first]]) for row in rows]
    return texts, {name: [row[i] for row in rows] for i, name in enumerate(columns.beside, start=first)}
