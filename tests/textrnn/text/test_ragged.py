"""Ragged rows: the gather against a plain loop, and the disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrnn.text.ragged import Ragged, expand, offsets_of, ragged

number = st.integers(min_value=0, max_value=2**31 - 1)
lists = st.lists(st.lists(number, max_size=5), max_size=8)


@st.composite
def rows_and_table(draw: st.DrawFn) -> tuple[list[list[int]], list[list[int]]]:
    table = draw(st.lists(st.lists(number, max_size=4), min_size=1, max_size=6))
    rows = draw(st.lists(st.lists(st.integers(0, len(table) - 1), max_size=6), max_size=6))
    return rows, table


def as_lists(rows: Ragged) -> list[list[int]]:
    return [rows[i].tolist() for i in range(len(rows))]


@given(rows_and_table())
def test_expand_equals_a_plain_loop(case: tuple[list[list[int]], list[list[int]]]) -> None:
    rows, table = case
    expanded = expand(ragged(rows), ragged(table))
    assert as_lists(expanded) == [[token for word in row for token in table[word]] for row in rows]
    assert expanded.flat.dtype == np.int32
    assert expanded.offsets.dtype == np.int64


@given(lists)
def test_rows_come_back(rows: list[list[int]]) -> None:
    made = ragged(rows)
    assert as_lists(made) == rows
    assert made.lengths.tolist() == [len(row) for row in rows]
    assert np.array_equal(offsets_of(made.lengths), made.offsets)


@pytest.mark.parametrize("rows", [[], [[]], [[], [], []], [[1, 2], [], [3]]])
def test_save_and_load_are_inverse_and_bytes_are_equal(tmp_path: Path, rows: list[list[int]]) -> None:
    for folder in ("one", "two"):
        ragged(rows).save(tmp_path / folder, "train")
    loaded = Ragged.load(tmp_path / "one", "train")
    assert as_lists(loaded) == rows
    for name in ("train.flat.npy", "train.offsets.npy"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_loaded_row_is_read_only_and_mapped(tmp_path: Path) -> None:
    ragged([[1, 2, 3]]).save(tmp_path, "test")
    loaded = Ragged.load(tmp_path, "test")
    assert isinstance(loaded.flat, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        loaded[0][0] = 9


def test_a_pickled_array_is_refused(tmp_path: Path) -> None:
    ragged([[1]]).save(tmp_path, "train")
    np.save(tmp_path / "train.flat.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match="Python objects"):
        Ragged.load(tmp_path, "train")
