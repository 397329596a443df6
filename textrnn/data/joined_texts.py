"""Several text columns as one, joined lazily."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

from textrnn.data.text_boundary import join_texts


class JoinedTexts(Sequence[str]):
    """N texts, each joined from `columns` (N each) on access."""

    def __init__(self, columns: Sequence[Sequence[str]]) -> None:
        self._columns = columns

    def __len__(self) -> int:
        return len(self._columns[0])

    def __iter__(self) -> Iterator[str]:
        return map(join_texts, zip(*self._columns, strict=True))

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> list[str]: ...
    def __getitem__(self, row: int | slice) -> str | list[str]:
        if isinstance(row, slice):
            return [join_texts(parts) for parts in zip(*(column[row] for column in self._columns), strict=True)]
        return join_texts([column[row] for column in self._columns])
