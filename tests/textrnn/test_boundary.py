"""The one text boundary."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrnn.boundary import Bounded, bound_text
from textrnn.errors import DataError

# st.text gives no surrogates, whatever its alphabet
edges = st.sampled_from(["a", "\ud7ff", "\ud800", "\udbff", "\udc00", "\udfff", "\ue000", "\ufffd"])
any_text = st.lists(edges | st.characters()).map("".join)


@given(any_text, st.integers(min_value=0, max_value=12))
def test_bounded_text_is_unicode_of_bounded_length(text: str, limit: int) -> None:
    bounded = bound_text(text, limit)
    bounded.text.encode()  # no lone surrogate is left
    kept = text[:limit]
    assert len(bounded.text) == len(kept)
    assert bounded.cut == (len(text) > limit)
    surrogate = ["\ud800" <= character <= "\udfff" for character in kept]
    assert bounded.surrogates == sum(surrogate)
    for before, after, lone in zip(kept, bounded.text, surrogate, strict=True):
        assert after == ("\ufffd" if lone else before)


@given(st.text())
def test_clean_text_is_untouched(text: str) -> None:
    assert bound_text(text) == Bounded(text, False, 0)


def test_a_cut_may_remove_the_surrogates() -> None:
    assert bound_text("ab\ud800", 2) == Bounded("ab", True, 0)


def test_default_length_is_a_million() -> None:
    assert not bound_text("x" * 1_000_000).cut
    assert len(bound_text("x" * 1_000_001).text) == 1_000_000


@pytest.mark.parametrize("wrong", [None, b"bytes", 3, ["text"]])
def test_what_is_not_a_string_is_refused(wrong: object) -> None:
    with pytest.raises(DataError, match="expected a string, found"):
        bound_text(wrong)  # type: ignore[arg-type]
