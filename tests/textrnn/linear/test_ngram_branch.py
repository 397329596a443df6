"""The n-gram branch: its logits are the plain sum that its docstring states; what is kept comes back the same."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load, save
from tiny import made_ids

from textrnn.config.ngram_branch import NgramBranchConfig
from textrnn.errors import ModelError
from textrnn.linear import ngram_branch as module
from textrnn.linear.fit_ngram_branch import fit_ngram_branch
from textrnn.linear.ngram_branch import NgramBranch, empty_branch, from_bytes, ngram_logits, to_bytes
from textrnn.text.count_ngrams import apply_ngrams
from textrnn.text.ngrams import ngram_words
from textrnn.text.ragged import ragged

IDS = made_ids()[1]
BRANCH = fit_ngram_branch(IDS, NgramBranchConfig(inverse_penalties=(16.0,)))


def by_hand(branch: NgramBranch, row: list[int]) -> list[float]:
    """The logits of one text, n-gram by n-gram."""
    column = {ngram: place for place, ngram in enumerate(ngram_words(branch.ngrams))}
    here = {tuple(row[i : i + n]) for n in (1, 2, 3) for i in range(len(row) - n + 1)}
    found = sorted(column[ngram] for ngram in here if ngram in column)
    scale = math.sqrt(max(len(found), 1))
    return [
        float(branch.bias[c]) + math.fsum(float(branch.weights[place, c]) for place in found) / scale
        for c in range(len(branch.bias))
    ]


def test_logits_are_the_sum_over_the_ngrams_there() -> None:
    rows = IDS.splits["validation"]
    expected = [by_hand(BRANCH, rows[i].tolist()) for i in range(len(rows))]
    assert np.ptp(expected, axis=0).min() > 1  # logits that differ, so that the next line says something
    np.testing.assert_allclose(ngram_logits(BRANCH, rows), expected, atol=1e-12)


@settings(max_examples=60)
@given(st.lists(st.lists(st.integers(0, IDS.vocabulary_size - 1), max_size=12), max_size=8))
def test_neighbours_change_nothing(rows: list[list[int]]) -> None:
    together = ngram_logits(BRANCH, ragged(rows))
    for i, row in enumerate(rows):
        assert np.array_equal(together[i], ngram_logits(BRANCH, ragged([row]))[0])
        np.testing.assert_allclose(together[i], by_hand(BRANCH, row), atol=1e-12)


@pytest.mark.parametrize("classes", [1, 2, module.FEW_CLASSES, module.FEW_CLASSES + 1, 40])
def test_logits_are_the_bits_of_a_sparse_product(classes: int) -> None:
    """Whichever way the classes are summed: as scipy sums, from the lowest column up."""
    rows = ragged([[], *(IDS.splits["train"][i] for i in range(30)), []])
    random = np.random.default_rng(classes)
    weights = random.standard_normal((BRANCH.ngrams.features, classes)).astype(np.float32)
    branch = NgramBranch(BRANCH.ngrams, weights, random.standard_normal(classes).astype(np.float32))
    there = apply_ngrams(branch.ngrams, rows)
    there.data[:] = 1
    found = np.maximum(np.diff(there.indptr), 1)
    expected = branch.bias.astype(np.float64) + (there @ weights.astype(np.float64)) / np.sqrt(found)[:, None]
    assert np.array_equal(ngram_logits(branch, rows), expected)


def test_slices_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = ragged([[], *(IDS.splits["train"][i] for i in range(40)), [], []])
    whole = ngram_logits(BRANCH, rows)
    for size in (1, 7, 100):
        monkeypatch.setattr(module, "SLICE_TOKENS", size)
        assert np.array_equal(ngram_logits(BRANCH, rows), whole)


def test_an_empty_branch_says_nothing() -> None:
    assert np.array_equal(ngram_logits(empty_branch(3), ragged([[1, 2], []])), np.zeros((2, 3)))


@pytest.mark.parametrize(
    "branch", [BRANCH, empty_branch(2), fit_ngram_branch(IDS, NgramBranchConfig(ngrams=1))], ids=str
)
def test_what_is_saved_is_what_is_loaded(branch: NgramBranch, tmp_path: Path) -> None:
    branch.save(tmp_path)
    found = NgramBranch.load(tmp_path)
    assert to_bytes(found) == to_bytes(branch)
    assert np.array_equal(ngram_logits(found, IDS.splits["train"]), ngram_logits(branch, IDS.splits["train"]))


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("codes_1", lambda a: a[::-1].copy(), "codes of 0 or more in increasing order"),
        ("codes_2", lambda a: a - 10**9, "codes of 0 or more in increasing order"),
        ("codes_1", lambda a: a.astype(np.int32), "int64"),
        ("codes_1", lambda a: a[1:], "codes and columns"),
        ("codes_1", lambda a: a[0], "codes and columns"),
        ("columns_2", lambda a: a[:, None], "codes and columns"),
        ("codes_1", lambda a: np.append(a[:-1], 1 << 40), "codes less than 2147483648"),
        ("codes_3", lambda a: np.append(a[:-1], 1 << 60), "codes less than"),
        ("columns_1", lambda a: a + 1, "one n-gram for each"),
        ("columns_1", lambda a: a * 0 - 2, "one n-gram for each"),
        ("columns_3", lambda a: a * 0, "one n-gram for each"),
        ("weights", lambda a: a * np.nan, "finite"),
        ("weights", lambda a: a.astype(np.float64), "float32"),
        ("weights", lambda a: a[:, :1], "weights"),
        ("weights", lambda a: a[1:], "one n-gram for each"),
        ("bias", lambda a: a / 0, "finite"),
        ("codes_2", None, "arrays"),
        ("bias", None, "arrays"),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_is_no_branch_is_refused(name: str, change: object, words: str) -> None:
    arrays = load(to_bytes(BRANCH))
    if change is None:
        del arrays[name]
    else:
        arrays[name] = np.ascontiguousarray(change(arrays[name]))  # type: ignore[operator]
    with pytest.raises(ModelError, match=words):
        from_bytes(save(arrays))


def test_columns_without_classes_are_refused_unallocated() -> None:
    """A shape (2**50, 0) takes no bytes."""
    header = json.dumps({
        "weights": {"dtype": "F32", "shape": [1 << 50, 0], "data_offsets": [0, 0]},
        "bias": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]},
        "codes_1": {"dtype": "I64", "shape": [0], "data_offsets": [0, 0]},
        "columns_1": {"dtype": "I64", "shape": [0], "data_offsets": [0, 0]},
    }).encode()  # fmt: skip
    with pytest.raises(ModelError, match="expected float32 weights"):
        from_bytes(len(header).to_bytes(8, "little") + header)


def test_an_array_too_many_is_refused() -> None:
    with pytest.raises(ModelError, match="arrays"):
        from_bytes(save({**load(to_bytes(BRANCH)), "more": np.zeros(1)}))


@pytest.mark.parametrize("data", [b"", b"\x00" * 100, to_bytes(BRANCH)[:-1]], ids=["none", "zeros", "cut"])
def test_bytes_that_are_no_safetensors_are_refused(data: bytes) -> None:
    with pytest.raises(ModelError, match=r"wide\.safetensors"):
        from_bytes(data)


def test_the_hand_sees_a_wrong_scale() -> None:
    """The reference tells a branch from its double: it cannot pass whatever `ngram_logits` does."""
    rows = IDS.splits["validation"]
    doubled = replace(BRANCH, weights=BRANCH.weights * 2)
    assert abs(ngram_logits(doubled, rows)[0] - np.array(by_hand(BRANCH, rows[0].tolist()))).max() > 1e-3
