from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from textrnn.config.train import Truncation
from textrnn.nn.batch import assemble, cut_lengths, mask_of
from textrnn.text.ragged import ragged

some_rows = st.lists(st.lists(st.integers(1, 99), max_size=9), min_size=1, max_size=6)


def cut(row: list[int], max_tokens: int, truncation: Truncation) -> list[int]:
    """What the docstring says, in plain Python."""
    if len(row) <= max_tokens:
        return row
    if truncation == "head":
        return row[:max_tokens]
    if truncation == "tail":
        return row[len(row) - max_tokens :]
    tail = max_tokens // 2
    return row[: max_tokens - tail] + row[len(row) - tail :]


@pytest.mark.parametrize("truncation", get_args(Truncation))
@given(rows=some_rows, max_tokens=st.integers(1, 11), data=st.data())
@settings(max_examples=60, deadline=None)
def test_assemble_equals_a_plain_loop(
    truncation: Truncation, rows: list[list[int]], max_tokens: int, data: st.DataObject
) -> None:
    indices = data.draw(st.lists(st.integers(0, len(rows) - 1), min_size=1, max_size=8))
    labels = np.arange(len(rows)) * 10
    batch = assemble(ragged(rows), np.array(indices), max_tokens=max_tokens, truncation=truncation, labels=labels)
    expected = [cut(rows[index], max_tokens, truncation) for index in indices]
    steps = max(1, *(len(row) for row in expected))
    assert batch.ids.T.tolist() == [row + [0] * (steps - len(row)) for row in expected]
    assert batch.lengths.tolist() == [len(row) for row in expected]
    assert batch.labels is not None
    assert batch.labels.tolist() == [10 * index for index in indices]
    assert batch.ids.dtype == batch.lengths.dtype == batch.labels.dtype == torch.int64
    assert cut_lengths(ragged(rows), max_tokens)[indices].tolist() == batch.lengths.tolist()


def test_both_ends_of_an_odd_cut_favour_the_head() -> None:
    batch = assemble(ragged([[1, 2, 3, 4, 5, 6]]), np.array([0]), max_tokens=3, truncation="both")
    assert batch.ids[:, 0].tolist() == [1, 2, 6]


def test_only_empty_rows_make_one_step_of_padding() -> None:
    batch = assemble(ragged([[], []]), np.array([0, 1]), max_tokens=5)
    assert batch.ids.tolist() == [[0, 0]]
    assert batch.lengths.tolist() == [0, 0]
    assert batch.labels is None


def test_mask_is_true_at_real_tokens() -> None:
    assert mask_of(torch.tensor([0, 2, 3]), 3).T.int().tolist() == [[0, 0, 0], [1, 1, 0], [1, 1, 1]]
