"""`WordVectors`: initial word vectors of the embedding."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from textrnn.storage.files import open_atomic, read_json, write_json

FORMAT = 1


@dataclass(frozen=True)
class WordVectors:
    """`matrix` (V, D) float32, a row per token id; a row of zeros is an unknown token.

    The columns are those of the parts, in order: `parts[i]` is the name of a part, and how many columns it has. D may
    be 0, or more than an embedding takes: then its last columns are left out.
    """

    matrix: NDArray[np.float32]
    parts: tuple[tuple[str, int], ...] = ()

    def save(self, folder: Path) -> None:
        """Write `vectors.npy` and `vectors.json` into `folder`; equal vectors give equal bytes."""
        with open_atomic(folder / "vectors.npy") as file:
            np.save(file, self.matrix, allow_pickle=False)
        write_json(folder / "vectors.json", {"format": FORMAT, "parts": [list(part) for part in self.parts]})

    @staticmethod
    def load(folder: Path) -> WordVectors:
        """The vectors that `save` wrote into `folder`. Raises OSError, ValueError."""
        parts = tuple((str(name), int(size)) for name, size in read_json(folder / "vectors.json")["parts"])
        return WordVectors(np.load(folder / "vectors.npy", allow_pickle=False), parts)
