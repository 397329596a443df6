"""Many strings at once: as Python's own dict and sort have it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from textrnn.text.unique_strings import codepoint_order, unique_strings

strings = st.lists(st.text(st.characters(codec="utf-8"), max_size=3) | st.sampled_from(["", "a", "\0", "\uffff", "😀"]))


@given(strings)
def test_distinct_strings_in_the_order_they_are_met(many: list[str]) -> None:
    ends = np.cumsum([len(one.encode()) for one in many], dtype=np.int64)
    found, numbers = unique_strings("".join(many).encode(), ends)
    assert found == list(dict.fromkeys(many))
    assert numbers.dtype == np.int32
    assert [found[number] for number in numbers] == many


@given(strings)
def test_order_is_that_of_code_points(many: list[str]) -> None:
    different = list(dict.fromkeys(many))
    assert [different[place] for place in codepoint_order(different)] == sorted(different)
