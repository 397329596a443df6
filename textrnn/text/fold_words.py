"""The words of one fold: those of the corpus, its rows dealt to other splits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from textrnn.config.arguments.folds import FoldSplits
from textrnn.data.corpus import Corpus
from textrnn.data.examples import select_examples
from textrnn.data.fold_splits import Folds
from textrnn.data.soft_labels import soft_targets
from textrnn.data.tabular import encode_tabular, fit_tabular
from textrnn.data.target import encode_labels, target_of
from textrnn.text.ragged import join_rows, take_rows
from textrnn.text.words import Words


def fold_words(corpus: Corpus, words: Words, folds: Folds, fold: int, settings: FoldSplits) -> Words:
    """Return the `words` of `corpus` in the splits that `fold` has, from 1; `settings` are of [data].

    What is learned of training rows is learned of those of the fold: the mean of numbers, the categories of tabular
    columns. The table stays: it lists the words of all splits, which are the same rows. Raises DataError.
    """
    splits = folds.splits(fold, settings.validation_fraction)
    every = join_rows(*(words.splits[name] for name in corpus.splits))
    examples = {name: select_examples(folds.examples, rows.tolist()) for name, rows in splits.items()}
    target, train = corpus.target, examples["train"]
    if target.kind == "number":
        target = target_of("number", train.labels)
    numeric, categorical = corpus.columns.numeric, corpus.columns.categorical
    columns = fit_tabular(train.tabular, numeric, categorical, settings.max_categories)
    tabular = {name: encode_tabular(columns, some.tabular, len(some)) for name, some in examples.items()}
    labels = {name: np.asarray(encode_labels(target, some.labels)) for name, some in examples.items()}
    return replace(
        words,
        splits={name: take_rows(every, rows) for name, rows in splits.items()},
        labels=labels,
        target=target,
        tabular_columns=columns,
        tabular=tabular if columns.features else {},
        soft=soft_targets(target, labels["train"], train.soft) if train.soft else None,
    )
