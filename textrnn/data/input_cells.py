"""Cells of the examples to predict, as texts, numbers, categories."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textrnn.data.cell_parsing import parse_category, parse_number
from textrnn.data.columns import Columns, Example
from textrnn.data.readers.wording import quote
from textrnn.data.text_boundary import bound_text, join_texts
from textrnn.errors import DataError, RowError


def parse_cells(cells: object, columns: Columns, place: str) -> tuple[Any, ...]:
    """Parse the cells `columns.inputs` of one example into texts, floats (NaN: empty) and categories ("": empty).

    Raises DataError, which names `place`, for a cell of the wrong type.
    """
    try:
        return validate_cells(cells, columns)
    except RowError as error:
        raise DataError(f"{place}{':' if error.column is None else ','} {error}") from None


def validate_cells(cells: object, columns: Columns) -> tuple[Any, ...]:
    """Return the cells `columns.inputs` of one example, parsed as by `parse_cells`. Raises RowError."""
    if not isinstance(cells, tuple) or len(cells) != len(columns.inputs):
        raise RowError(f"expected the columns {', '.join(map(quote, columns.inputs))}, found {quote(cells)}")
    for name, cell in zip(columns.text, cells, strict=False):
        if not isinstance(cell, str):
            raise RowError(f"expected a text, found {quote(cell)}", name)
    first, last = len(columns.text), len(columns.text) + len(columns.numeric)
    numbers = map(parse_number, cells[first:last], columns.numeric)
    categories = map(parse_category, cells[last:], columns.categorical)
    return (*cells[:first], *numbers, *categories)


def split_columns(examples: Sequence[Example], columns: Columns) -> tuple[list[str], dict[str, list[Any]], list[int]]:
    """Split `examples` (N) into their texts (N), bounded and joined, and the cells (N) of each tabular column; the
    places, from 0, of those of which a text was cut stand behind.

    Raises DataError, which names the example, where `parse_cells` fails.
    """
    rows = [parse_cells(cells, columns, f"example {number}") for number, cells in enumerate(examples, start=1)]
    first = len(columns.text)
    bounded = [[bound_text(part, columns.max_characters) for part in row[:first]] for row in rows]
    texts = [join_texts([part.text for part in parts]) for parts in bounded]
    cut = [place for place, parts in enumerate(bounded) if any(part.cut for part in parts)]
    return texts, {name: [row[i] for row in rows] for i, name in enumerate(columns.tabular, start=first)}, cut
