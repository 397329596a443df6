"""Tokenizing: a corpus of texts -> words, once for every vocabulary."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from tokenizers.models import WordLevel

from textrnn.config.tokenize import TokenizeConfig
from textrnn.data.corpus import Corpus, SplitName
from textrnn.data.target import encode_labels
from textrnn.text.ragged import Ragged, expand, offsets_of, ragged
from textrnn.text.tokenizer import UNK_TOKEN, batches, build_tokenizer, library_faults, name_texts
from textrnn.text.words import Words

Progress = Callable[[int, int], None]

_BATCH_TEXTS, _BATCH_CHARACTERS = 4000, 1 << 22
_PIECES_KEPT, _PIECE_KEPT = 1 << 20, 40  # how many pieces are remembered, and how many characters each may have


def tokenize(corpus: Corpus, config: TokenizeConfig, *, on_progress: Progress | None = None) -> Words:
    """Every split of `corpus` (its first text column) as rows of words; an empty text is an empty row.

    The table lists the words of all splits, the most frequent first, ties in code point order.
    `on_progress(done, total)` is called with numbers of texts after each batch and may raise to stop.
    Raises DataError for a label that is no class, TextrnnError where the library fails.
    """
    labels = {name: encode_labels(corpus.target, examples.labels) for name, examples in corpus.splits.items()}
    texts = [text for examples in corpus.splits.values() for text in examples.texts]
    table, rows = tokenize_texts(texts, config, on_progress=on_progress)
    splits: dict[SplitName, Ragged] = {}
    start = 0
    for name, examples in corpus.splits.items():
        splits[name] = _rows_between(rows, start, start := start + len(examples))
    return Words(table, splits, labels, corpus.target, config)


def tokenize_texts(
    texts: Sequence[str], config: TokenizeConfig, *, on_progress: Progress | None = None
) -> tuple[list[str], Ragged]:
    """The table of unique words of `texts` (N), and N rows of numbers into it; order as in `tokenize`.

    Each text is normalised by the tokenizer's own normalizer and cut at U+0020, where the tokenizer
    certainly splits; what lies between is split by its pre-tokenizer, once for all its repeats. On
    one core that is over twice as fast as two passes of the library (count, then encode), and it
    tells no rule of the tokenizer twice. Words must never be normalised again: some would change.
    """
    tokenizer = build_tokenizer(config, WordLevel({}, unk_token=UNK_TOKEN))
    normalize, pre_tokenize = tokenizer.normalizer.normalize_str, tokenizer.pre_tokenizer.pre_tokenize_str
    numbers: dict[str, int] = {}

    def split(piece: str) -> list[int]:
        return [numbers.setdefault(word, len(numbers)) for word, _ in pre_tokenize(piece)]

    split_known = lru_cache(_PIECES_KEPT)(split)
    parts: list[Ragged] = []
    done = 0
    for batch in batches(texts, _BATCH_TEXTS, _BATCH_CHARACTERS):
        with library_faults(name_texts(done, len(batch))):
            pieces: dict[str, int] = {}
            rows = [[pieces.setdefault(piece, len(pieces)) for piece in normalize(text).split(" ")] for text in batch]
            table = ragged(split_known(piece) if len(piece) <= _PIECE_KEPT else split(piece) for piece in pieces)
        parts.append(expand(ragged(rows), table))
        done += len(batch)
        if on_progress is not None:
            on_progress(done, len(texts))
    return _sort_table(list(numbers), _join(parts))


def _sort_table(table: list[str], rows: Ragged) -> tuple[list[str], Ragged]:
    """The table with the most frequent words first (ties in code point order), the rows renumbered."""
    counts = np.bincount(rows.flat, minlength=len(table)).tolist()
    order = sorted(range(len(table)), key=lambda number: (-counts[number], table[number]))
    rank = np.empty(len(table), dtype=np.int32)
    rank[order] = np.arange(len(table), dtype=np.int32)
    return [table[number] for number in order], Ragged(rank[rows.flat], rows.offsets)


def _join(parts: list[Ragged]) -> Ragged:
    """The rows of all parts, one after another."""
    flats = [np.zeros(0, np.int32), *(part.flat for part in parts)]
    lengths = [np.zeros(0, np.int64), *(part.lengths for part in parts)]
    return Ragged(np.concatenate(flats), offsets_of(np.concatenate(lengths)))


def _rows_between(rows: Ragged, start: int, stop: int) -> Ragged:
    """Rows `start` to `stop` (not included) as rows of their own."""
    offsets = rows.offsets[start : stop + 1]
    return Ragged(rows.flat[offsets[0] : offsets[-1]].copy(), offsets - offsets[0])
