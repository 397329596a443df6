"""The rows of folds: dealt evenly, equal texts together, split as files of them would be."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import make_rows, write_csv

from textrnn.config.data import DataConfig
from textrnn.data.corpus import Corpus
from textrnn.data.examples import select_examples
from textrnn.data.fold_splits import deal_corpus
from textrnn.data.load import load_corpus
from textrnn.data.split import fold_rows
from textrnn.errors import DataError

ROWS = st.lists(st.tuples(st.sampled_from("abcdefghijklmnop"), st.sampled_from("xyz")), min_size=1, max_size=60)


@given(ROWS, st.integers(0, 2**31 - 1), st.integers(2, 6), st.randoms(use_true_random=False))
@settings(max_examples=50)
def test_equal_texts_are_in_one_fold_whatever_the_order_of_rows(
    rows: list[tuple[str, str]], seed: int, folds: int, chance: random.Random
) -> None:
    def dealt(pairs: list[tuple[str, str]]) -> dict[str, int]:
        texts, labels = (list(cells) for cells in zip(*pairs, strict=True))
        found = fold_rows(texts, labels, folds, seed)
        assert set(found.tolist()) <= set(range(folds))
        by_text: dict[str, int] = {}
        for text, fold in zip(texts, found.tolist(), strict=True):
            assert by_text.setdefault(text, fold) == fold
        return by_text

    shuffled = chance.sample(rows, len(rows))
    assert dealt(rows) == dealt(shuffled)


@given(st.lists(st.integers(1, 40), min_size=2, max_size=6), st.integers(2, 7))
@settings(max_examples=50)
def test_each_class_is_spread_evenly_and_so_are_all_rows(sizes: list[int], folds: int) -> None:
    labels = [code for code, size in enumerate(sizes) for _ in range(size)]
    found = fold_rows([f"text {i}" for i in range(len(labels))], labels, folds, 0)
    for code in range(len(sizes)):
        counts = Counter(found[np.array(labels) == code].tolist())
        assert max(counts.values()) - min(counts[fold] for fold in range(folds)) <= 1
    assert max(np.bincount(found, minlength=folds)) - min(np.bincount(found, minlength=folds)) <= len(sizes)


def test_the_seed_draws_other_folds() -> None:
    texts, labels = zip(*make_rows(60), strict=True)
    first, other = (fold_rows(texts, labels, 3, seed) for seed in (0, 1))
    assert (first != other).any()


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    rows = [*make_rows(90), *make_rows(9)]  # some twice
    path = write_csv(tmp_path_factory.mktemp("folds") / "rows.csv", rows)
    return load_corpus(DataConfig(source=str(path), folds=3))


def test_with_folds_no_test_split_is_held_back(corpus: Corpus) -> None:
    assert {name: len(rows) for name, rows in corpus.splits.items()} == {"train": 89, "validation": 10}


def test_a_fold_has_the_splits_of_files_of_its_rows(corpus: Corpus, tmp_path: Path) -> None:
    folds = deal_corpus(corpus, 3, 0)
    every = sorted(np.concatenate([folds.tested(fold) for fold in (1, 2, 3)]).tolist())
    assert every == list(range(99))
    for fold in (1, 2, 3):
        found = folds.splits(fold, 0.1)
        assert sorted(np.concatenate(list(found.values())).tolist()) == list(range(99))
        others = np.flatnonzero(folds.fold != fold)
        named = {}
        for name, rows in (("train", others), ("test", folds.tested(fold))):
            some = select_examples(folds.examples, rows.tolist())
            named[name] = str(write_csv(tmp_path / f"{name}.csv", list(zip(some.texts, map(str, some.labels)))))  # noqa: B905
        expected = load_corpus(DataConfig(**named))  # type: ignore[arg-type]
        assert list(expected.splits) == list(found)
        for name, examples in expected.splits.items():
            assert list(select_examples(folds.examples, found[name].tolist()).texts) == list(examples.texts), name
        texts = {name: {folds.examples.texts[row] for row in rows.tolist()} for name, rows in found.items()}
        assert not texts["test"] & (texts["train"] | texts["validation"])


def test_more_folds_than_texts(corpus: Corpus) -> None:
    few = replace(corpus, splits={"train": select_examples(corpus.splits["train"], range(4))})
    with pytest.raises(DataError, match=r"at least 5 different texts, found 3; take fewer folds"):
        deal_corpus(few, 5, 0)
    with pytest.raises(DataError, match=r"fold 1 of 3: expected enough rows to hold out 0\.1 of them for validation"):
        deal_corpus(few, 3, 0).splits(1, 0.1)
