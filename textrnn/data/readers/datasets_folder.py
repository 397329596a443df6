"""Dataset folders or hub names, through `datasets`, whose caches go to a temporary folder."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from textrnn.config.data import TargetKind
from textrnn.data.columns import Columns
from textrnn.data.readers.arrow import BATCH_ROWS, require_types, rows_of
from textrnn.data.readers.rows import BadRow, Row
from textrnn.data.readers.source import Source
from textrnn.data.readers.wording import quote
from textrnn.data.target import UNLABELLED
from textrnn.errors import DataError, RowError


@contextlib.contextmanager
def open_dataset(
    source: Source, columns: Columns, max_bytes: int, kind: TargetKind = "single"
) -> Iterator[dict[str, Iterator[Row | BadRow]]]:
    """The rows of each split, by the split's own name; one table alone is called train.

    A ClassLabel becomes the class's name, or -1 where the test split has none; a list of them, their names. The rows
    must be read inside the block. Raises DataError.
    """
    with tempfile.TemporaryDirectory(prefix="textrnn-", ignore_cleanup_errors=True) as temporary, _silence():
        try:
            found = _load(source, columns, temporary)
        except DataError:
            raise
        except Exception as error:  # the network, the hub, Arrow: `datasets` has no tree of its own
            what = " ".join(str(error).split()) or type(error).__name__
            raise DataError(f"{source.name}: expected a dataset, but {what[:300]}") from error
        tables = found if isinstance(found, dict) else {"train": found}
        yield {
            str(name): _rows(table, columns, f"{source.name}, split {name}", str(name) == "test", max_bytes, kind)
            for name, table in tables.items()
        }


def _load(source: Source, columns: Columns, temporary: str) -> Any:
    import datasets  # 1.1 s: only where a dataset is read

    root = source.root
    if root and not str(root).isascii():  # Arrow takes names for UTF-8: so it is shown the folder under another one
        shown = Path(temporary) / "dataset"
        shown.symlink_to(root.absolute())
        root = shown
    if source.kind == "folder":
        return datasets.load_from_disk(str(root))
    path = str(root) if root else source.name.removeprefix("hub:").partition("@")[0]
    wanted: dict[str, Any] = {"revision": source.revision, "cache_dir": temporary}
    builder = datasets.load_dataset_builder(path, **wanted)
    if builder.name == "csv":
        # pandas would make nothing of NA and 1 of 01; so told, it hands over the cell as it stands
        literal = {"na_filter": False, "converters": dict.fromkeys(columns.names, str)}
        builder = datasets.load_dataset_builder(path, **wanted, **literal)
    builder.download_and_prepare()
    return builder.as_dataset()


def _rows(
    table: Any, columns: Columns, place: str, is_test: bool, max_bytes: int, kind: TargetKind
) -> Iterator[Row | BadRow]:
    names = require_types(table.features.arrow_schema, columns, place, kind)
    batches = table.select_columns(list(names)).with_format("arrow").iter(batch_size=BATCH_ROWS)
    rows = rows_of(batches, names, place, max_bytes)
    named = {i: classes for i, column in enumerate(names) if (classes := _names_of(table.features[column]))}
    labels = columns.names.index(columns.label)
    for row, cells in rows:
        if not named:
            yield row, cells
            continue
        found = list(cells)
        try:
            for i, classes in named.items():
                found[i] = _named(found[i], classes, columns.names[i])
        except RowError as error:
            yield BadRow.of(error, row, place)
            continue
        if found[labels] is None and is_test and labels in named:
            found[labels] = UNLABELLED
        yield row, tuple(found)


def _names_of(feature: Any) -> list[str] | None:
    """The names of a column of class numbers, or of lists of them."""
    return getattr(getattr(feature, "feature", feature), "names", None)


def _named(cell: object, names: list[str], column: str) -> object:
    return [_name(part, names, column) for part in cell] if isinstance(cell, list) else _name(cell, names, column)


def _name(label: object, names: list[str], column: str) -> str | None:
    if label is None or label == -1:  # how `datasets` writes "no label"
        return None
    if not (isinstance(label, int) and 0 <= label < len(names)):
        raise RowError(f"expected a class number below {len(names)}, found {quote(label)}", column)
    return names[label]


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """No progress bars of `datasets` on the terminal, for a while."""
    import datasets

    if datasets.are_progress_bars_disabled():
        yield
        return
    datasets.disable_progress_bars()
    try:
        yield
    finally:
        datasets.enable_progress_bars()
