"""Fewer n-grams: what stays is found, with its weights; a packed file gives them back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import load, save
from tiny import random_rows

from textrnn.errors import ModelError
from textrnn.linear.ngram_branch import NgramBranch, empty_branch, from_bytes, ngram_logits, to_packed_bytes
from textrnn.linear.prune_ngrams import least_squares_factor, masked_logits, prune_ngrams, rank_ngrams, reachable_ngrams
from textrnn.text.count_ngrams import count_ngrams
from textrnn.text.ngrams import find_ngrams, ngram_words
from textrnn.text.ragged import Ragged
from textrnn.text.special_tokens import UNK

ROWS = random_rows(300, vocabulary_size=12)
SAME = np.arange(30)


def made_branch(classes: int = 3) -> NgramBranch:
    ngrams, _ = count_ngrams(ROWS, longest=3, min_documents=2, max_features=150)
    chance = np.random.default_rng(0)
    weights = chance.normal(size=(ngrams.features, classes)).astype(np.float32)
    if classes == 2:
        weights[:, 1] = -weights[:, 0]
    return NgramBranch(ngrams, weights, chance.normal(size=classes).astype(np.float32))


def test_all_columns_are_the_same_branch_in_another_order() -> None:
    branch = made_branch()
    found = prune_ngrams(branch, np.ones(branch.ngrams.features, bool), SAME)
    assert np.abs(ngram_logits(found, ROWS) - ngram_logits(branch, ROWS)).max() < 1e-12
    assert [tuple(level.codes) for level in found.ngrams.levels] == [
        tuple(level.codes) for level in branch.ngrams.levels
    ] or found.ngrams.features == branch.ngrams.features


@pytest.mark.parametrize("seed", range(5))
def test_a_part_of_the_columns_gives_their_part_of_the_logits(seed: int) -> None:
    branch, chance = made_branch(), np.random.default_rng(seed)
    columns = chance.random(branch.ngrams.features) < chance.random()
    pruned = prune_ngrams(branch, columns, SAME, 0.5)
    names, before = ngram_words(pruned.ngrams), ngram_words(branch.ngrams)
    assert set(names) == {before[column] for column in np.flatnonzero(columns)}
    for column, name in enumerate(names):
        assert np.array_equal(pruned.weights[column], branch.weights[before.index(name)] * np.float32(0.5))
    found = find_ngrams(branch.ngrams, ROWS)
    part = 0.5 * masked_logits(branch, found, columns[found.columns])
    assert np.abs(ngram_logits(pruned, ROWS) - branch.bias - part).max() < 1e-6


def test_without_some_tokens_their_ngrams_go_and_no_other() -> None:
    branch = made_branch()
    kept = np.ones(30, bool)
    assert reachable_ngrams(branch, kept).all()
    kept[[4, 7]] = False
    readable = reachable_ngrams(branch, kept)
    names = ngram_words(branch.ngrams)
    assert [not {4, 7, UNK} & set(name) for name in names] == readable.tolist()
    ids = np.where(kept, np.cumsum(kept) - 1, UNK)
    pruned = prune_ngrams(branch, readable, ids)
    renumbered = Ragged(ids[ROWS.flat].astype(np.int32), ROWS.offsets)
    found = find_ngrams(branch.ngrams, ROWS)
    part = masked_logits(branch, found, readable[found.columns])
    assert np.abs(ngram_logits(pruned, renumbered) - branch.bias - part).max() < 1e-6


@pytest.mark.parametrize("classes", [1, 2, 3])
def test_a_quantized_branch_comes_back(classes: int) -> None:
    branch = made_branch(classes)
    columns = np.random.default_rng(1).random(branch.ngrams.features) < 0.7
    pruned = prune_ngrams(branch, columns, SAME)
    data = to_packed_bytes(pruned)
    found = from_bytes(data)
    assert len(data) < 1800
    for before, after in zip(pruned.ngrams.levels, found.ngrams.levels, strict=True):
        assert np.array_equal(before.codes, after.codes)
        assert np.array_equal(before.columns, after.columns)
    assert found.ngrams.features == pruned.ngrams.features == int(columns.sum())
    assert np.abs(found.weights - pruned.weights).max() < 0.02
    assert np.array_equal(found.bias, pruned.bias)
    assert (classes < 3) == (load(data)["weights"].shape[0] == -(-found.ngrams.features // 64))


def test_a_quantized_branch_without_ngrams_comes_back() -> None:
    found = from_bytes(to_packed_bytes(empty_branch(2)))
    assert (found.weights.shape, found.ngrams.features) == ((0, 2), 0)
    assert np.array_equal(ngram_logits(found, ROWS), np.zeros((300, 2)))


def test_the_nearest_factor() -> None:
    part = np.array([[1.0, 2], [3, 4]])
    assert least_squares_factor(part, 2.5 * part) == 2.5
    assert least_squares_factor(np.zeros((2, 2)), part) == 1
    assert least_squares_factor(part, -part) == 0


Change = dict[str, NDArray[Any]]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda a: {"weights.scale": a["weights.scale"] * np.nan}, r"weights\.scale: expected positive finite numbers"),
        (lambda a: {"weights.scale": a["weights.scale"] * np.inf}, r"weights\.scale: expected positive finite numbers"),
        (lambda a: {"weights.scale": a["weights.scale"][1:]}, r"expected float32 of the shape"),
        (lambda a: {"weights": a["weights"][1:], "weights.scale": a["weights.scale"][1:]}, r"of 150 n-grams, found"),
        (
            lambda a: {"codes_1": a["codes_1"][1:]},
            r"columns_1: expected a bit for each of 11 n-grams, found 16|expected",
        ),
        (lambda a: {"codes_2": a["codes_2"] | 128}, r"codes_2: expected packed integers, but the last number"),
        (lambda a: {"codes_2": a["codes_2"] | 127}, r"expected n-gram codes less than|expected a bit"),
        (lambda a: {"codes_2": a["codes_2"].astype(np.int64)}, r"expected codes_2 and columns_2 \(bytes,\) uint8"),
        (lambda a: {"columns_2": a["columns_2"][1:]}, r"columns_2: expected a bit for each of"),
        (lambda a: {"columns_2": a["columns_2"] & 0}, r"expected weights of the shape"),
        (lambda a: {"columns_1": a["columns_1"] | 255}, r"columns_1: expected a bit for each of"),
        (lambda a: {"bias": a["bias"][:2]}, r"expected weights of the shape"),
        (lambda a: {"bias": np.zeros((), np.float32)}, r"expected "),
        (lambda a: {"more": a["bias"]}, r"expected the arrays"),
        (lambda a: {"codes_2": None}, r"expected weights of the shape"),
    ],
)
def test_a_packed_file_that_lies_is_refused_in_one_line(change: Any, said: str) -> None:
    branch = made_branch()
    arrays = load(to_packed_bytes(prune_ngrams(branch, np.ones(branch.ngrams.features, bool), SAME)))
    arrays |= change(arrays)
    with pytest.raises(ModelError, match=f"^wide.safetensors: .*({said})") as caught:
        from_bytes(save({name: np.ascontiguousarray(each) for name, each in arrays.items() if each is not None}))
    assert "\n" not in str(caught.value)


def test_ngrams_of_weight_in_many_texts_come_first() -> None:
    branch = made_branch()
    weights = np.zeros_like(branch.weights)
    weights[:4, 0], weights[2, 1] = [0.1, 0.2, 0.0, -0.4], 0.9
    documents = np.zeros(len(weights), np.int64)
    documents[:4] = [19, 0, 0, 2]  # worth 2.0, 0.2, 0.9, 1.2
    assert rank_ngrams(replace(branch, weights=weights), documents)[:5].tolist() == [0, 3, 2, 1, 4]
