"""Several text columns as one text: joined when read, the sign between them a token of its own."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from textrnn.boundary import BETWEEN, join_texts
from textrnn.config.tokenize import TokenizeConfig
from textrnn.data.joined import JoinedTexts
from textrnn.text.tokenize import tokenize_texts

CELLS = st.text(st.sampled_from("ab ,\u241e\u4e2d"), max_size=6)


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=5), st.sampled_from(["words", "characters"]))
def test_each_column_ends_where_it_ends(rows: list[tuple[str, str, str]], unit: str) -> None:
    columns = [list(cells) for cells in zip(*rows, strict=True)] or [[], [], []]
    joined = JoinedTexts(columns)
    assert list(joined) == [joined[i] for i in range(len(rows))] == joined[:] == [join_texts(row) for row in rows]
    config = TokenizeConfig(unit=unit)  # type: ignore[arg-type]
    table, words = tokenize_texts(joined, config)
    for row, found in zip(rows, words, strict=True) if len(rows) else ():
        said = [table[word] for word in found]
        assert said.count(BETWEEN) == 2, "what stood in a cell is no end of one"
        apart = " ".join(said).split(BETWEEN)
        for cell, part in zip(row, apart, strict=True):
            alone, numbers = tokenize_texts([cell.replace(BETWEEN, " ")], config)
            assert part.split() == [alone[word] for word in numbers[0]]


def test_one_column_stays_as_it_is() -> None:
    assert join_texts([f"a {BETWEEN} b"]) == f"a {BETWEEN} b"
