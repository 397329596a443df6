"""The labelled rows on which two models are compared: those that both runs held out, or rows of a file."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.caching.cache import Cache
from pipelines.runs.held_out import RunRows, both_held_out, digest_texts, read_rows
from pipelines.runs.run import Run
from pipelines.stages import find_stage
from textrnn.data.corpus import Corpus
from textrnn.data.examples import Examples, select_examples
from textrnn.data.load import load_corpus
from textrnn.errors import ConfigError, DamagedFilesError, DataError
from textrnn.settings.sections import read_sections


@dataclass(frozen=True)
class RowCounts:
    """Of two runs, A and B: the rows that each has in all and was tested on; `compared` of the latter neither has seen,
    `seen_by_one` of those that one was tested on are in another split of the other; `new` and `gone` rows of B.
    """

    split: str
    compared: int
    a_rows: int
    b_rows: int
    test_rows_a: int
    test_rows_b: int
    seen_by_one: int
    new: int
    gone: int

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)

    def line(self, a: str = "A", b: str = "B") -> str:
        """On which rows the models, called `a` and `b`, are compared, and why on these."""
        rows = f"{self.compared:,} {self.split} row{'s' * (self.compared != 1)}"
        if not self.new and not self.gone and self.compared == self.test_rows_a == self.test_rows_b:
            return f"on the {rows} of both"
        told = f"on {rows} that both held out, of {self.test_rows_a:,} of {a}, {self.test_rows_b:,} of {b}"
        if self.seen_by_one:
            told += f"; {self.seen_by_one:,} that one held out and the other has seen are left out"
        return f"{told}; {self.growth}" if self.growth else told

    @property
    def growth(self) -> str:
        """How the data of B differs from that of A; "" where both have the same rows."""
        if not self.new and not self.gone:
            return ""
        verb = "grew" if self.b_rows > self.a_rows else "shrank" if self.b_rows < self.a_rows else "changed"
        change = ", ".join(f"{number:,} {word}" for number, word in ((self.new, "new"), (self.gone, "gone")) if number)
        return f"the data {verb} from {self.a_rows:,} to {self.b_rows:,} rows ({change})"


@dataclass(frozen=True)
class ComparedRows:
    """The rows on which two models are compared, and where they come from, in words; `counts` for two runs."""

    examples: Examples
    line: str
    counts: RowCounts | None = None


def count_rows(a: RunRows, b: RunRows, compared: int) -> RowCounts:
    """The counts of two runs, of which so many rows are compared."""
    a_all, b_all = np.concatenate([a.tested, a.seen]), np.concatenate([b.tested, b.seen])
    return RowCounts(
        split=b.held_out if a.held_out == b.held_out else "held-out",
        compared=compared,
        a_rows=a.number,
        b_rows=b.number,
        test_rows_a=len(a.tested),
        test_rows_b=len(b.tested),
        seen_by_one=len(np.intersect1d(a.tested, b.seen)) + len(np.intersect1d(b.tested, a.seen)),
        new=int(np.isin(b_all, a_all, invert=True).sum()),
        gone=int(np.isin(a_all, b_all, invert=True).sum()),
    )


def rows_of_runs(first: Run, second: Run, cache_dir: Path | None = None) -> ComparedRows:
    """The rows that both runs held out, with the labels that the data of `second` has, from the cache or the source.

    Raises ConfigError where they share none, DataError where neither has its rows any more, ModelError.
    """
    a, b = read_rows(first), read_rows(second)
    both = both_held_out(a, b)
    for run, known in ((first, a), (second, b)):
        if known.held_out not in known.splits:
            raise ConfigError(
                f"{run.id}: expected rows that its model has not seen, found a run with folds, whose model has seen "
                "all rows; compare on labelled rows that neither has seen, by --data FILE"
            )
    if not len(both):
        counts = count_rows(a, b, 0)
        raise ConfigError(
            f"{first.id} and {second.id}: expected rows that both held out, found none: {counts.test_rows_a:,} of the "
            f"first, {counts.test_rows_b:,} of the second, {counts.seen_by_one:,} of them seen by the other; compare "
            "them on labelled rows that neither has seen, by --data FILE"
        )
    for run in (second, first):
        examples = _held_out_examples(run, cache_dir)
        rows = [] if examples is None else np.flatnonzero(np.isin(digest_texts(examples.texts), both)).tolist()
        if examples is not None and rows:
            counts = count_rows(a, b, len(rows))
            return ComparedRows(select_examples(examples, rows), counts.line(), counts)
    raise DataError(
        f"{second.id}: expected its held-out rows in the cache or in its source, found them in neither; run "
        "`textrnn run` again, name the cache by --cache-dir, or labelled rows by --data FILE"
    )


def _held_out_examples(run: Run, cache_dir: Path | None) -> Examples | None:
    """The examples that the report of `run` is on, None where they are gone."""
    corpus, held_out = _corpus_of(run, cache_dir), str(run.record.get("held_out", {}).get("split", "test"))
    return None if corpus is None else next((rows for name, rows in corpus.splits.items() if name == held_out), None)


def _corpus_of(run: Run, cache_dir: Path | None) -> Corpus | None:
    """The corpus of a run: that of its cache, else its source read again; None where neither is there."""
    cache = Cache((cache_dir or run.root / ".textrnn").absolute())
    key = next((str(line["key"]) for line in run.record["stages"] if line["stage"] == "load"), None)
    entry = cache.find("load", key) if key else None
    try:
        if entry is not None:
            found: Corpus = cache.read(entry, find_stage("load"))
            return found
    except DamagedFilesError:
        pass
    try:
        data = {name: value for name, value in run.record["config"]["data"].items() if value is not None}
        return load_corpus(read_sections({"data": data})["data"])
    except (ConfigError, DataError, OSError, KeyError, AttributeError):
        return None
