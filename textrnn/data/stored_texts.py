"""Texts read lazily from Parquet, one row group at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

import pyarrow.parquet as pq


class StoredTexts(Sequence[str]):
    """The N strings of the column `name` of an open Parquet file; at most one row group is in memory.

    Sequential access is cheap. The file must not change meanwhile: reading raises OSError, and ValueError if it did.
    """

    def __init__(self, file: pq.ParquetFile, name: str) -> None:
        self._file, self._name = file, name
        self._start, self._group = 0, list[str]()

    def __len__(self) -> int:
        return int(self._file.metadata.num_rows)

    def __iter__(self) -> Iterator[str]:
        for group in range(self._file.num_row_groups):
            yield from self._read(group)

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> list[str]: ...
    def __getitem__(self, row: int | slice) -> str | list[str]:
        if isinstance(row, slice):
            return [self[i] for i in range(*row.indices(len(self)))]
        row = range(len(self))[row]
        if not self._start <= row < self._start + len(self._group):
            self._start = 0
            for group in range(self._file.num_row_groups):
                rows = self._file.metadata.row_group(group).num_rows
                if row < self._start + rows:
                    self._group = self._read(group)
                    break
                self._start += rows
        return self._group[row - self._start]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(str.__eq__, self, other))

    __hash__ = None  # type: ignore[assignment]  # as a list has none

    def __repr__(self) -> str:
        return f"StoredTexts({self._name!r}, {len(self)} rows)"

    def _read(self, group: int) -> list[str]:
        texts: list[str] = self._file.read_row_group(group, columns=[self._name], use_threads=False)[0].to_pylist()
        return texts
