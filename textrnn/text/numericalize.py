"""From words to token ids; each unique word is looked up once."""

from __future__ import annotations

from textrnn.text.ids import Ids
from textrnn.text.ragged import Ragged, expand
from textrnn.text.vocabulary import Vocabulary, lookup
from textrnn.text.words import Words


def numericalize(words: Words, vocabulary: Vocabulary) -> Ids:
    """Convert each split of `words` to uncut rows of ids of `vocabulary`. Raises TextrnnError if the library fails."""
    table = lookup(vocabulary, words.table)
    single = len(table.flat) == len(table) and bool((table.lengths == 1).all())
    splits = {
        # one id a word: a plain gather; the offsets stay as they are
        name: Ragged(table.flat[rows.flat], rows.offsets) if single else expand(rows, table)
        for name, rows in words.splits.items()
    }
    beside = words.tabular_columns, words.tabular
    return Ids(splits, words.labels, words.target, len(vocabulary), *beside, soft=words.soft)
