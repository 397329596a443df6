"""Words put together as phrases."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from textrnn.explanation.phrases import group_words


@given(st.lists(st.tuples(st.integers(1, 3), st.booleans()), max_size=60), st.integers(1, 9))
def test_groups_are_whole_words_in_order(words: list[tuple[int, bool]], size: int) -> None:
    numbers = np.repeat(np.arange(len(words)), [size for size, _ in words]) if words else np.zeros(0, np.int64)
    may_end = np.repeat([may for _, may in words], [size for size, _ in words]) if words else np.zeros(0, bool)
    found = group_words(numbers, may_end.astype(bool), size)
    assert len(found) == len(numbers)
    assert set(np.diff(found).tolist()) <= {0, 1}
    assert found[:1].tolist() in ([], [0])
    assert len(set(found.tolist())) <= (len(words) if size == 1 else 1 + 2 * len(words) // size)
    for word in range(len(words)):
        assert len(set(found[numbers == word].tolist())) == 1


def test_a_phrase_ends_where_it_may() -> None:
    commas = np.zeros(20, bool)
    commas[[3, 7, 11]] = True
    assert np.flatnonzero(np.diff(group_words(np.arange(20), commas, 8))).tolist() == [3, 7, 11]
