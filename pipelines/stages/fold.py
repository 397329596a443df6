"""fold: the words are dealt to the splits of one fold."""

from __future__ import annotations

from pipelines.stages.stage import StageContext
from textrnn.config.arguments.folds import FoldArguments
from textrnn.data.corpus import Corpus
from textrnn.data.fold_splits import deal_corpus
from textrnn.text.fold_words import fold_words
from textrnn.text.words import Words


def run_fold(corpus: Corpus, words: Words, arguments: FoldArguments, fold: int, context: StageContext) -> Words:
    """Test the rows of the fold; train and validate on the others."""
    settings = arguments.data
    folds = deal_corpus(corpus, settings.folds, settings.split_seed)
    dealt = fold_words(corpus, words, folds, fold, settings)
    context.log(", ".join(f"{name} {len(rows):,}" for name, rows in dealt.splits.items()))
    return dealt
