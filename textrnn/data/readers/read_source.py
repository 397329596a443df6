"""A source as gathered tables: the one place that knows every format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from textrnn.config.data import DataConfig
from textrnn.data.columns import Columns, columns_of
from textrnn.data.examples import SPLITS, Examples, SplitName
from textrnn.data.readers.delimited import delimiter_of, is_headed, read_delimited
from textrnn.data.readers.fasttext import read_fasttext, require_one_text
from textrnn.data.readers.gather import GatheredExamples, gather
from textrnn.data.readers.jsonlines import read_jsonlines
from textrnn.data.readers.notes import Notes
from textrnn.data.readers.packages import read_package
from textrnn.data.readers.require_parquet import require_parquet
from textrnn.data.readers.rows import BadRow, Row
from textrnn.data.readers.source import Source
from textrnn.data.readers.wording import quote_list
from textrnn.errors import DataError
from textrnn.machine.optional_packages import require_package

SKIP_ADVICE = "leave out such rows by data.on_bad_row=skip"


@dataclass(frozen=True)
class SourceSplits:
    """What a source holds: one table, as train, or the splits it gives.

    `dropped` counts rows left out, by reason; `left_out` names splits that are not ours; `replaced` counts
    the byte sequences that were not of the encoding; `merged` are sentences about rows that are likely several ones;
    `unfixed` is the training table before the fixes, None without fixes; `relabelled` has the rows of each table whose
    labels fixes changed, `fixed_away` counts rows that fixes dropped, by split: see
    `textrnn.data.apply_fixes.FixedExamples`.
    """

    splits: Mapping[SplitName, GatheredExamples]
    dropped: Mapping[str, int] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    replaced: int = 0
    merged: tuple[str, ...] = ()
    relabelled: Mapping[SplitName, Mapping[int, bool]] = field(default_factory=dict)
    fixed_away: Mapping[SplitName, int] = field(default_factory=dict)
    unfixed: Examples | None = None


def read_source(source: Source, config: DataConfig) -> SourceSplits:
    """Every table of `source`, gathered. Raises DataError."""
    columns = columns_of(config)
    if source.kind in ("folder", "hub"):
        return _read_dataset(source, config, columns)
    dropped: dict[str, int] = {}
    notes = Notes()
    if source.kind == "package":
        # the package's columns are known; the config's names are not its
        if len(columns.names) > 2:
            raise DataError(
                f"{source.name}: expected one text column and a label column, found more in the "
                "configuration; it has no others"
            )
        rows: Iterator[Row | BadRow]
        rows, dropped = read_package(source)
    else:
        rows = _open_file(source, config, columns, notes)
    headed = is_headed(source.kind, config.text_format)
    table = _gather(rows, source.name, config, columns, headed=headed, notes=notes)
    replaced, notes.replaced = notes.replaced, 0  # counted separately
    return SourceSplits({"train": table}, dropped, replaced=replaced, merged=tuple(notes.sentences()))


def _open_file(source: Source, config: DataConfig, columns: Columns, notes: Notes) -> Iterator[Row | BadRow]:
    path = source.files[0]
    if source.kind == "fasttext":
        require_one_text(columns, source.name)
        return read_fasttext(path, source.compression, config.target, config.text_format, notes)
    if source.kind == "jsonl":
        return read_jsonlines(
            path, source.compression, columns.names, config.text_format, notes, optional=columns.optional
        )
    if source.kind == "parquet":
        require_parquet(path)
        from textrnn.data.readers.parquet import read_parquet

        return read_parquet(path, columns, config.max_rows, config.max_bytes, config.target)
    return read_delimited(path, source.compression, delimiter_of(source.kind), columns.names, config.text_format, notes)


def _read_dataset(source: Source, config: DataConfig, columns: Columns) -> SourceSplits:
    require_package("datasets", f"{source.name}: a dataset")
    from textrnn.data.readers.datasets_folder import open_dataset

    with open_dataset(source, columns, config.max_bytes, config.target) as tables:
        if "train" not in tables:
            raise DataError(f"{source.name}: expected a split named train, found {quote_list(list(tables))}")
        splits: dict[SplitName, GatheredExamples] = {
            name: _gather(tables[name], f"{source.name}, split {name}", config, columns)
            for name in SPLITS
            if name in tables
        }
    return SourceSplits(splits, left_out=tuple(name for name in tables if name not in splits))


def _gather(
    rows: Iterator[Row | BadRow],
    place: str,
    config: DataConfig,
    columns: Columns,
    *,
    headed: bool = False,
    notes: Notes | None = None,
) -> GatheredExamples:
    return gather(
        rows,
        columns,
        place,
        max_rows=config.max_rows,
        max_characters=config.max_characters,
        max_labels=config.max_labels,
        max_bytes=config.max_bytes,
        kind=config.target,
        separator=config.label_separator,
        on_bad_row=config.on_bad_row,
        advice=SKIP_ADVICE,
        headed=headed,
        notes=notes,
    )
