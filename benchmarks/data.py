"""Made-up reviews, drawn from a seed: rows of token ids, and the same rows as text. Needs numpy alone."""

from __future__ import annotations

import string
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

VOCABULARY = 30_000
PAD, UNK = 0, 1  # as in textrnn: words begin at 2
MEDIAN, SPREAD = 208, 0.65  # of the log-normal lengths: those of film reviews, in words
TELLING, SHARE = 200, 0.04  # words a class has for itself, and the share of a text that they are


@dataclass(frozen=True)
class Rows:
    """N labelled texts: text i is `flat[offsets[i]:offsets[i + 1]]` (int32), its class `labels[i]` (int64)."""

    flat: NDArray[np.int32]
    offsets: NDArray[np.int64]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, row: int) -> NDArray[np.int32]:
        return self.flat[self.offsets[row] : self.offsets[row + 1]]

    def tokens(self, indices: NDArray[np.int64]) -> int:
        """How many tokens the texts `indices` have together."""
        return int((self.offsets[indices + 1] - self.offsets[indices]).sum())

    def save(self, folder: Path, name: str) -> None:
        """Write `<name>.flat.npy`, `<name>.offsets.npy` and `<name>.labels.npy` into `folder`."""
        for part in ("flat", "offsets", "labels"):
            np.save(folder / f"{name}.{part}.npy", getattr(self, part), allow_pickle=False)

    @staticmethod
    def load(folder: Path, name: str) -> Rows:
        """The rows that `save` wrote."""
        parts = (np.load(folder / f"{name}.{part}.npy", allow_pickle=False) for part in ("flat", "offsets", "labels"))
        return Rows(*parts)


def draw_rows(texts: int, *, seed: int = 0, longest: int = 400, length: int = 0) -> Rows:
    """`texts` made-up reviews of two classes: the same for the same arguments.

    Lengths are log-normal, cut at `longest`, or all `length` where it is given. Words follow Zipf's law;
    a few in each text are words that its class has for itself.
    """
    chance = np.random.Generator(np.random.PCG64(seed))
    if length:
        lengths = np.full(texts, length, dtype=np.int64)
    else:
        drawn = np.exp(chance.normal(np.log(MEDIAN), SPREAD, texts)).astype(np.int64) + 1
        lengths = np.minimum(drawn, longest)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    labels = chance.integers(0, 2, texts)
    # the rank of a word drawn by Zipf's law is near exp(u * log(words)): no table of 30,000 chances
    words = VOCABULARY - 2
    ranks = np.exp(chance.random(int(offsets[-1])) * np.log(words)).astype(np.int64) - 1
    telling = chance.random(len(ranks)) < SHARE
    own = words // 2 + np.repeat(labels, lengths) * TELLING + chance.integers(0, TELLING, len(ranks))
    flat = np.where(telling, own, ranks) + 2
    return Rows(flat.astype(np.int32), offsets, labels)


def word_of(number: int) -> str:
    """The word of the token id `number`: letters alone, two at least, so that every tokenizer keeps it whole.

    >>> word_of(2), word_of(29_999)
    ('ca', 'vjsb')
    """
    letters = string.ascii_lowercase
    word = ""
    while number or len(word) < 2:
        number, last = divmod(number, len(letters))
        word += letters[last]
    return word


def as_text_tree(rows: Rows) -> list[str]:
    """Each row as a line of words."""
    words = [word_of(number) for number in range(VOCABULARY)]
    return [" ".join([words[number] for number in rows[row]]) for row in range(len(rows))]


def write_texts(rows: Rows, folder: Path, name: str) -> None:
    """Write the rows as `<name>.txt`, a text a line, and their labels as `<name>.labels.npy`."""
    (folder / f"{name}.txt").write_text("\n".join(as_text_tree(rows)) + "\n", encoding="ascii")
    np.save(folder / f"{name}.labels.npy", rows.labels, allow_pickle=False)


def read_texts(folder: Path, name: str, texts: int) -> tuple[list[str], list[int]]:
    """The first `texts` texts and labels that `write_texts` wrote."""
    lines = (folder / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return lines[:texts], np.load(folder / f"{name}.labels.npy", allow_pickle=False)[:texts].tolist()


def batches_by_chance(rows: Rows, batch: int, count: int) -> list[NDArray[np.int64]]:
    """`count` batches of `batch` row numbers in an order drawn by chance, as a shuffling loader gives them."""
    order = np.random.Generator(np.random.PCG64(1)).permutation(len(rows))
    return [order[i * batch : (i + 1) * batch] for i in range(count)]


def padded(rows: Rows, indices: NDArray[np.int64], *, steps: int = 0) -> NDArray[Any]:
    """The texts `indices` (B,) as one (B, T) int64 array, PAD on the right; T is `steps` or the longest text."""
    texts = [rows[row] for row in indices]
    batch = np.full((len(texts), steps or max(len(text) for text in texts)), PAD, dtype=np.int64)
    for row, text in enumerate(texts):
        batch[row, : len(text)] = text
    return batch
