"""Warnings about columns that probably hold something other than what their setting says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from textrnn.data.cell_parsing import NUMBER_PATTERN
from textrnn.data.readers.list_cells import parse_list
from textrnn.data.readers.wording import count, quote_list
from textrnn.data.target import Target
from textrnn.errors import RowError

MIN_ROWS = 20  # rows: no warnings below
MIN_SHARE = 0.5  # of the rows
MIN_DISTINCT_SHARE = 0.1  # share of different texts: a warning below
MAX_INSPECTED = 10_000  # classes or texts to inspect


def find_suspicious_columns(about: Mapping[str, Any], texts: Sequence[str], target: Target) -> Iterator[str]:
    """Yield warnings about the training split; `about` is its part of `count_texts`, `texts` (N) are its texts."""
    rows, different = about["rows"], about["rows"] - about["duplicates"]
    classes = [name for name, number in about["classes"].items() if number]
    if rows >= MIN_ROWS and target.exclusive:
        alone = sum(1 for name in classes if about["classes"][name] == 1)
        long = sum(map(len, classes)) / len(classes) if classes else 0
        if (
            len(classes) > MIN_SHARE * rows
            and different < MIN_SHARE * len(classes)
            and long > about["characters"]["mean"]
        ):
            short = f"{count(different, 'different text')} of {about['characters']['mean']:.0f}"
            yield (
                f"{count(len(classes), 'different label')} of {long:.0f} characters on average and {short} in "
                f"{count(rows, 'training row')}: are texts and labels swapped?"
            )
        elif alone > MIN_SHARE * rows:
            yield (
                f"{alone:,} of {count(rows, 'training row')} have a label that no other row has: is it the label "
                'column, or one of ids, or of numbers (data.target = "number")?'
            )
    if rows >= MIN_ROWS and different < MIN_DISTINCT_SHARE * rows:
        yield f"only {count(different, 'different text')} in {count(rows, 'training row')}: is it the text column?"
    some = list(texts[:MAX_INSPECTED])
    if rows >= MIN_ROWS and all(NUMBER_PATTERN.fullmatch(text.strip()) for text in some):
        yield "all texts are numbers: is it the text column? (tabular columns of numbers are named in data.numeric)"
    if target.exclusive and (lists := [name for name in classes[:MAX_INSPECTED] if _is_list(name)]):
        yield f'labels look like lists: {quote_list(lists, 3)}; for several labels per text use data.target = "multi"'


def _is_list(label: str) -> bool:
    try:
        return parse_list(label) is not None
    except RowError:
        return True
