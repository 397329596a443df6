"""The data check of tabular columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from textrnn.data.examples import Examples, SplitName
from textrnn.data.readers.wording import count, quote, quote_list
from textrnn.data.tabular import TabularColumns

MAX_EMPTY_SHARE = 0.5  # of a split's cells
MAX_NEW_CATEGORY_SHARE = 0.05  # of a split's rows, with a category that training does not have


def check_tabular(splits: Mapping[SplitName, Examples], tabular: TabularColumns) -> dict[str, dict[str, Any]]:
    """Return statistics by split and column: `empty` cells; `min`, `mean`, `max` of numbers; `different`, `commonest`
    and `new` (rows whose category has no code of its own) of categories.
    """
    return {
        name: {
            **{column.name: _numbers(examples.tabular[column.name]) for column in tabular.numeric},
            **{
                column.name: _categories(examples.tabular[column.name], column.categories)
                for column in tabular.categorical
            },
        }
        for name, examples in splits.items()
    }


def _numbers(cells: Any) -> dict[str, Any]:
    values = np.asarray(cells, np.float64)
    there = values[~np.isnan(values)]
    found = {"min": there.min(), "mean": there.mean(), "max": there.max()} if len(there) else {}
    return {"empty": len(values) - len(there), **{name: float(f"{x:.6g}") for name, x in found.items()}}


def _categories(cells: Any, known: tuple[str, ...]) -> dict[str, Any]:
    counted, own = Counter(cells), set(known)
    return {
        "empty": counted[""],
        "different": len(counted),
        # pairs: JSON that is sorted would lose the order of a mapping
        "commonest": [list(pair) for pair in sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:5]],
        "new": sum(times for category, times in counted.items() if category not in own),
    }


def describe_tabular(found: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield a line for each column of the training split, or of the rows to score."""
    for name, about in found.get("train", next(iter(found.values()), {})).items():
        empty = f", {about['empty']:,} empty" if about["empty"] else ""
        if "commonest" in about:
            shown = ", ".join(f"{category[:40] or 'empty'} {times:,}" for category, times in about["commonest"])
            more = ", ..." if about["different"] > len(about["commonest"]) else ""
            yield f"{name}: {count(about['different'], 'category', 'categories')} ({shown}{more})"
        else:
            spread = (
                f"{about['min']:g} to {about['max']:g}, {about['mean']:g} on average" if "mean" in about else "none"
            )
            yield f"{name}: {spread}{empty}"


def warn_of_tabular(found: Mapping[str, Mapping[str, Any]], rows: Mapping[str, int]) -> Iterator[str]:
    """Yield warnings about the columns; `rows` counts the rows of each split."""
    for split, columns in found.items():
        sparse = [name for name, about in columns.items() if about["empty"] > MAX_EMPTY_SHARE * rows[split]]
        if sparse:
            yield f"most cells of the {split} split are empty in {quote_list(sparse, 5)}"
        for name, about in columns.items():
            if split != "train" and about.get("new", 0) > MAX_NEW_CATEGORY_SHARE * rows[split]:
                share = about["new"] / rows[split]
                yield (
                    f"{share:.1%} of the {split} rows have in {quote(name)} a category that has none of its own in "
                    "training"
                )
