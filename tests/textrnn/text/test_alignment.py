"""Characters of a prepared text, and those of the text that they came from."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrnn.config.tokenize import TokenizeConfig
from textrnn.text import alignment
from textrnn.text.alignment import (
    Alignment,
    align_converted,
    align_normal_form,
    align_prepared,
    align_spaced,
    cluster_bounds,
    identity_alignment,
)
from textrnn.text.chinese import prepare_texts

BOTH = TokenizeConfig("rjieba", simplify=True)


def origins(text: str, found: Alignment) -> list[tuple[str, str]]:
    spans = zip(found.text, found.starts.tolist(), found.ends.tolist(), strict=True)
    return [(character, text[a:b]) for character, a, b in spans]


def test_words_simplified_and_parted_know_where_they_came_from() -> None:
    text = "頭髮Ｔ恤 ok"
    found = origins(text, align_prepared(text, BOTH))
    assert [pair for pair in found if pair[0] != " "] == [
        ("头", "頭"), ("发", "髮"), ("T", "Ｔ"), ("恤", "恤"), ("o", "o"), ("k", "k"),
    ]  # fmt: skip


def test_a_conversion_that_changes_lengths_is_followed_piece_by_piece() -> None:
    text = "ab, cd, ef"
    longer = align_converted(text, lambda piece: piece.replace("cd", "xyz"))
    assert longer.text == "ab, xyz, ef"
    assert origins(text, longer)[:4] == [("a", "a"), ("b", "b"), (",", ","), (" ", " ")]
    assert origins(text, longer)[4:7] == [("x", "cd"), ("y", "cd"), ("z", "cd")]
    assert origins(text, longer)[-2:] == [("e", "e"), ("f", "f")]
    shorter = align_converted(text, lambda piece: piece.replace("cd", "x"))
    assert ("x", "cd") in origins(text, shorter)


def test_what_depends_on_its_neighbours_is_aligned_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "ab cd"
    found = align_converted(text, lambda piece: "a" if piece == text else piece)
    assert origins(text, found) == [("a", "a")]
    monkeypatch.setattr(alignment, "MAX_PIECE", 2)
    assert origins(text, align_converted(text, lambda piece: "a" if piece == text else piece)) == [("a", text)]


@given(st.text(), st.sampled_from(["nfkc", "nfc"]))
def test_normal_forms_have_an_origin_for_each_character(text: str, form: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    found = align_normal_form(text, form)  # type: ignore[arg-type]
    assert len(found.text) == len(found.starts) == len(found.ends)
    assert all(0 <= a < b <= len(text) for a, b in zip(found.starts.tolist(), found.ends.tolist(), strict=True))
    first, last = cluster_bounds(text)
    assert ((first <= np.arange(len(text))) & (np.arange(len(text)) < last)).all()


@given(st.lists(st.sampled_from(["很好", "質量", "ab ", "，", "<br>", "髮", " ", "é", "１"]), max_size=12).map("".join))
def test_a_prepared_text_is_that_of_the_pipeline(text: str) -> None:
    found = align_prepared(text, BOTH)
    assert found.text == next(prepare_texts([text], BOTH))
    assert (np.diff(found.starts) >= 0).all()


def test_alignments_are_put_together() -> None:
    spaced = align_spaced("ab", " a b ")
    assert origins("ab", identity_alignment("ab").then(spaced)) == [
        (" ", "a"),
        ("a", "a"),
        (" ", "b"),
        ("b", "b"),
        (" ", "b"),
    ]
    assert identity_alignment("").then(align_spaced("", " ")).text == " "
