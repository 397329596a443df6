"""The one text boundary."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrnn.data.text_boundary import MAX_NFKC_GROWTH, BoundedText, bound_text, nfkc_length
from textrnn.errors import DataError

# st.text gives no surrogates, whatever its alphabet
edges = st.sampled_from(
    ["a", "\ufb03", "\ufdfa", "\u0301", "\ud7ff", "\ud800", "\udbff", "\udc00", "\udfff", "\ue000", "\ufffd"]
)
any_text = st.lists(edges | st.characters()).map("".join)


@given(any_text, st.integers(min_value=0, max_value=12))
def test_bounded_text_is_unicode_of_bounded_length(text: str, limit: int) -> None:
    bounded = bound_text(text, limit)
    bounded.text.encode()  # no lone surrogate is left
    kept = text[:limit]
    assert nfkc_length(bounded.text) <= limit
    assert bounded.cut == (len(bounded.text) < len(text))
    if len(bounded.text) < len(kept):  # one character more would be too many
        assert nfkc_length(kept[: len(bounded.text) + 1]) > limit
    kept = kept[: len(bounded.text)]
    surrogate = ["\ud800" <= character <= "\udfff" for character in kept]
    assert bounded.surrogates == sum(surrogate)
    for before, after, lone in zip(kept, bounded.text, surrogate, strict=True):
        assert after == ("\ufffd" if lone else before)


@given(st.text())
def test_clean_text_is_untouched(text: str) -> None:
    assert bound_text(text) == BoundedText(text, False, 0)


def test_a_cut_may_remove_the_surrogates() -> None:
    assert bound_text("ab\ud800", 2) == BoundedText("ab", True, 0)


def test_what_grows_is_cut_by_what_it_becomes() -> None:
    bounded = bound_text("\ufdfa" * 1_000_000)
    assert (len(bounded.text), bounded.cut, bounded.grows) == (1_000_000 // 18, True, True)
    assert not bound_text("a" * 999_999 + "\ufb03").grows, "a ligature too many is cut, as any text is"
    assert not bound_text("a" * 9_000_000).grows
    assert len(unicodedata.normalize("NFKC", bounded.text)) <= 1_000_000
    assert not bound_text("\ufdfa" * (1_000_000 // 18)).cut
    assert not bound_text("\uac01e\u0301" * 333_333).cut  # composed, as NFKC leaves it


def test_no_character_grows_more() -> None:
    every = (chr(code) for code in range(sys.maxunicode + 1))
    assert max(len(unicodedata.normalize("NFKC", character)) for character in every) == MAX_NFKC_GROWTH


@given(st.text())
def test_a_text_grows_no_more_than_its_characters(text: str) -> None:
    assert len(unicodedata.normalize("NFKC", text)) <= nfkc_length(text)


def test_default_length_is_a_million() -> None:
    assert not bound_text("x" * 1_000_000).cut
    assert len(bound_text("x" * 1_000_001).text) == 1_000_000


@pytest.mark.parametrize("wrong", [None, b"bytes", 3, ["text"]])
def test_what_is_not_a_string_is_refused(wrong: object) -> None:
    with pytest.raises(DataError, match="expected a string, found"):
        bound_text(wrong)  # type: ignore[arg-type]
