"""Empty cells of one of several text columns, counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textrnn.data.examples import Examples, SplitName
from textrnn.data.row_names import MAX_SHOWN, RowNames, with_names
from textrnn.data.text_boundary import COLUMN_SEPARATOR


def count_empty_cells(splits: Mapping[SplitName, Examples], *, separate: bool = False) -> dict[str, Any]:
    """Return for each text column with empty cells how many `rows` of all have one, with the first of them `named`.

    The result is plain JSON; it is empty where there is one text column, whose empty cells are empty texts. Row names
    include the split where the splits were `separate` as separate files.
    """
    names, found = RowNames(splits, separate), dict[str, Any]()
    for split, examples in splits.items():
        for column, cells in examples.columns.items() if len(examples.columns) > 1 else ():
            for example, cell in enumerate(cells):
                if not cell.replace(COLUMN_SEPARATOR, " ").strip():
                    about = found.setdefault(column, {"rows": 0, "named": []})
                    about["rows"] += 1
                    if len(about["named"]) < MAX_SHOWN:
                        about["named"].append(names.name(split, example))
    return found


def describe_empty_cells(checks: Mapping[str, Any]) -> list[str]:
    """Describe them in a line for each column.

    >>> describe_empty_cells({"empty_cells": {"body": {"rows": 78, "named": []}}, "splits": {"train": {"rows": 2000}}})
    ["empty cells of the text column 'body': 78 of 2,000 rows (3.9%)"]
    """
    total = sum(about["rows"] for about in checks.get("splits", {}).values())
    return [
        with_names(
            f"empty cells of the text column {column!r}: {about['rows']:,} of {total:,} rows "
            f"({about['rows'] / max(total, 1):.1%})",
            about["named"],
            about["rows"],
        )
        for column, about in checks.get("empty_cells", {}).items()
    ]
