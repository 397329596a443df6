"""numericalize: words become token ids."""

from __future__ import annotations

from pipelines.stages.stage import StageContext
from textrnn.text.ids import Ids
from textrnn.text.numericalize import numericalize
from textrnn.text.vocabulary import Vocabulary
from textrnn.text.words import Words


def run_numericalize(words: Words, vocabulary: Vocabulary, context: StageContext) -> Ids:
    """Look every unique word up once, and gather."""
    ids = numericalize(words, vocabulary)
    context.log(f"{sum(len(rows.flat) for rows in ids.splits.values()):,} ids")
    return ids
