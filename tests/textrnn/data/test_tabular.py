"""What stands beside the text: learned from the training split, the same for any other row."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrnn.data.cell_parsing import as_number
from textrnn.data.tabular import (
    MAX_DEVIATIONS,
    OTHER_CATEGORY,
    CategoricalColumn,
    NumericColumn,
    TabularColumns,
    encode_tabular,
    fit_tabular,
    multiply_tabular,
    tabular_feature_names,
)
from textrnn.errors import DataError
from textrnn.linear.tabular_matrix import tabular_matrix

NUMBERS = st.floats(-1e6, 1e6) | st.just(math.nan)


@given(st.lists(NUMBERS, min_size=1, max_size=40).filter(lambda cells: not all(map(math.isnan, cells))))
def test_numbers_are_standardised_and_empty_cells_are_the_mean(cells: list[float]) -> None:
    columns = fit_tabular({"price": cells}, ["price"], [], 9)
    found = encode_tabular(columns, {"price": cells}, len(cells)).numbers
    empty = np.isnan(cells)
    assert found.dtype == np.float32
    assert found.shape == (len(cells), 1 + bool(empty.any()))
    assert np.abs(found[:, 0]).max() <= MAX_DEVIATIONS
    assert not found[empty, 0].any()
    there = np.array(cells)[~empty]
    spread = there.std() if there.std() > 1e-12 * np.abs(there).max() else 1.0
    np.testing.assert_allclose(
        found[~empty, 0], np.clip((there - there.mean()) / spread, -10, 10), rtol=1e-4, atol=1e-4
    )
    if empty.any():
        assert found[:, 1].tolist() == empty.tolist()


def test_a_wild_number_is_held_and_a_column_never_empty_before_has_no_flag() -> None:
    columns = fit_tabular({"n": [1.0, 2.0, 3.0]}, ["n"], [], 9)
    found = encode_tabular(columns, {"n": [1e12, -1e12, math.nan]}, 3)
    assert found.numbers.tolist() == [[10.0], [-10.0], [0.0]]


def test_categories_have_numbers_and_all_others_share_one() -> None:
    cells = ["b", "a", "b", "c", "a", "b", ""]
    columns = fit_tabular({"kind": cells}, [], ["kind"], 2)
    assert columns.categorical[0].categories == ("a", "b"), "the two commonest, in code point order"
    found = encode_tabular(columns, {"kind": ["a", "b", "c", "never seen", ""]}, 5)
    assert found.codes[:, 0].tolist() == [1, 2, OTHER_CATEGORY, OTHER_CATEGORY, OTHER_CATEGORY]
    whole = fit_tabular({"kind": cells}, [], ["kind"], 9)
    assert whole.categorical[0].categories == ("a", "b"), "what stands there once trains the number of all others"


@given(
    st.lists(
        st.tuples(st.floats(-9, 9) | st.just(math.nan), st.sampled_from("abc"), st.sampled_from(["", "x", "y"])),
        min_size=2, max_size=20,
    ).filter(lambda rows: not all(math.isnan(row[0]) for row in rows) and any(row[2] for row in rows))
)  # fmt: skip
def test_the_columns_of_a_linear_model_say_the_same(rows: list[tuple[float, str, str]]) -> None:
    cells = dict(zip(("n", "k", "l"), map(list, zip(*rows, strict=True)), strict=True))
    columns = fit_tabular(cells, ["n"], ["k", "l"], 9)
    tabular = encode_tabular(columns, cells, len(rows))
    matrix = tabular_matrix(tabular).toarray()
    names = tabular_feature_names(columns)
    assert matrix.shape == (len(rows), columns.features) == (len(rows), len(names))
    assert matrix[:, columns.width :].sum() == 2 * len(rows), "one category a column"
    for row, (_, k, _) in zip(matrix, rows, strict=True):
        name = f"k = {k}" if f"k = {k}" in names else "k = any other"
        assert row[names.index(name)] == 1
    weights = np.random.default_rng(len(rows)).standard_normal((len(names), 3))
    assert np.array_equal(multiply_tabular(tabular, weights), tabular_matrix(tabular) @ weights), "the same bits"
    assert TabularColumns.from_json(json.loads(json.dumps(columns.to_json()))) == columns


@pytest.mark.parametrize(("cells", "numeric", "categorical"), [([math.nan] * 3, ["c"], []), (["", "", ""], [], ["c"])])
def test_a_column_that_is_empty_throughout_is_refused(
    cells: list[object], numeric: list[str], categorical: list[str]
) -> None:
    with pytest.raises(DataError, match=r"the column 'c': expected .* found all cells empty"):
        fit_tabular({"c": cells}, numeric, categorical, 9)


@pytest.mark.parametrize(
    "columns",
    [
        TabularColumns((NumericColumn("n", math.nan, 1.0, False),)),
        TabularColumns((NumericColumn("n", 0.0, 0.0, False),)),
        TabularColumns((NumericColumn("n", 0.0, 1.0, 3),)),  # type: ignore[arg-type]
        TabularColumns((), (CategoricalColumn("k", ("a", "a")),)),
        TabularColumns((), (CategoricalColumn("k", (1,)),)),  # type: ignore[arg-type]
    ],
)
def test_what_no_training_gives_is_refused(columns: TabularColumns) -> None:
    with pytest.raises(DataError, match="expected"):
        TabularColumns.from_json(columns.to_json())


@pytest.mark.parametrize("sign", [1, -1])
def test_numbers_are_read_up_to_a_1_with_15_zeros(sign: int) -> None:
    assert as_number(sign * 1e15) == as_number(sign * 10**15) == as_number(f"{sign}e15") == sign * 1e15
    for larger in (sign * np.nextafter(1e15, np.inf), sign * (10**15 + 1), f"{sign}.01e15", sign * np.inf):
        assert as_number(larger) is None, larger
    assert np.isfinite(np.square(np.float32(1e15)))
