"""Which rows a run held out: digests of its texts by split, so that two runs are compared on what neither has seen."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from pipelines.caching.cache import DATA_FOLDER, Entry, require_complete
from pipelines.runs.places import ROWS_FILE
from pipelines.runs.run import Run
from textrnn.data.corpus import Corpus
from textrnn.errors import ModelError
from textrnn.storage.files import write_bytes
from textrnn.storage.tensors import load_arrays

Digests = NDArray[np.uint64]


def digest_texts(texts: Iterable[str]) -> Digests:
    """A digest (N,) of 64 bits for each of N texts; equal texts have equal ones."""
    found = (hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest() for text in texts)
    return np.frombuffer(b"".join(found), dtype="<u8").astype(np.uint64)


def save_rows(corpus: Entry, path: Path) -> dict[str, int]:
    """Write the digests of the rows of each split of the cached `corpus`; returns the number of rows by split.

    Raises DamagedFilesError.
    """
    require_complete(corpus)
    splits = Corpus.load(corpus.folder / DATA_FOLDER).splits
    digests = {str(name): digest_texts(examples.texts) for name, examples in splits.items()}
    write_bytes(path, save(digests))
    return {name: len(rows) for name, rows in digests.items()}


@dataclass(frozen=True)
class RunRows:
    """The digests of a run's rows: `splits` by name, each (N,); `held_out` names the split that its report is on."""

    splits: Mapping[str, Digests]
    held_out: str

    @property
    def tested(self) -> Digests:
        """Those that the report is on."""
        return self.splits.get(self.held_out, np.zeros(0, np.uint64))

    @property
    def seen(self) -> Digests:
        """Those of all other splits: they were trained on, or chose something."""
        others = [rows for name, rows in self.splits.items() if name != self.held_out]
        return np.concatenate([np.zeros(0, np.uint64), *others])

    @property
    def number(self) -> int:
        """The rows of all splits."""
        return sum(map(len, self.splits.values()))


def read_rows(run: Run) -> RunRows:
    """The rows of a kept run. Raises ModelError where they cannot be read."""
    try:
        splits = load_arrays(run.folder / ROWS_FILE)
    except OSError as error:
        raise ModelError(f"{run.folder / ROWS_FILE}: cannot be read ({error.strerror}); keep the run again") from None
    return RunRows(splits, str(run.record.get("held_out", {}).get("split", "test")))


def both_held_out(first: RunRows, second: RunRows) -> Digests:
    """The digests, each once, of the texts that both held out and neither has seen in another split."""
    both = np.intersect1d(first.tested, second.tested)
    return np.setdiff1d(both, np.concatenate([first.seen, second.seen]))
