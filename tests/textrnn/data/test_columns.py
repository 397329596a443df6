"""The columns of a model, written and read again."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from textrnn.data.columns import Columns

NAMES = st.lists(st.text(max_size=3), max_size=3).map(tuple)
COLUMNS = st.builds(
    Columns,
    text=NAMES,
    label=st.text(max_size=3),
    numeric=NAMES,
    categorical=NAMES,
    id=st.none() | st.text(max_size=3),
    label_separator=st.none() | st.text(max_size=3),
    max_characters=st.integers(1, 1 << 40),
)


@given(COLUMNS)
def test_what_is_written_is_read_again(columns: Columns) -> None:
    assert Columns.from_json(json.loads(json.dumps(columns.to_json()))) == columns


def test_what_nobody_has_set_is_not_written() -> None:
    assert Columns().to_json() == {"text": ["text"], "label": "label", "numeric": [], "categorical": []}
    assert Columns.from_json(Columns().to_json()) == Columns()
