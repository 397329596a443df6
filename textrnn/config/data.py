"""`[data]`: where the examples come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Len, MinLen

from textrnn.config.fields import UNKEYED, Name, Positive, Seed, Share

Format = Literal["auto", "csv", "tsv", "jsonl", "parquet", "folder"]
Errors = Literal["strict", "replace"]
OnBadRow = Literal["refuse", "skip"]
Quoting = Literal["minimal", "none"]  # as Python's csv module calls them
TargetKind = Literal["single", "multi", "number", "ordinal", "path"]


@dataclass(frozen=True)
class TextFormat:
    """How the bytes of a text file become rows; each field means what the field of `DataConfig` of its name does."""

    delimiter: str | None = None
    errors: Errors = "strict"
    encoding: str = "auto"
    quoting: Quoting = "minimal"
    header: bool | tuple[str, ...] = True


@dataclass(frozen=True)
class DataConfig:
    """Either `source`, which is split, or `train` with `validation` and `test`, one file a split."""

    source: Annotated[str | None, UNKEYED, "a file, a `datasets` folder, package:NAME, or hub:OWNER/NAME@REVISION"] = (
        None
    )
    train: Annotated[str | None, UNKEYED, "the training split, where the splits are given"] = None
    validation: Annotated[str | None, UNKEYED, "the validation split; taken from train where absent"] = None
    test: Annotated[str | None, UNKEYED, "the test split; taken from train where absent"] = None
    format: Annotated[Format, "auto goes by the file's name"] = "auto"
    text_column: Annotated[
        Name | Annotated[tuple[Name, ...], MinLen(1)], "the column that holds the text; several make one text"
    ] = "text"
    label_column: Annotated[Name, "the column that holds the label"] = "label"
    id_column: Annotated[Name | None, "a column that identifies a row: reports and messages name rows by it"] = None
    numeric: Annotated[tuple[Name, ...], "columns of numbers that are read beside the text"] = ()
    categorical: Annotated[tuple[Name, ...], "columns of categories that are read beside the text"] = ()
    max_categories: Annotated[Positive, "categories kept of a column, the commonest; the others count as one"] = 1000
    target: Annotated[
        TargetKind,
        "what a label is: one class; several (multi); a number; a class of an order (ordinal); a path of classes",
    ] = "single"
    classes: Annotated[tuple[Name, ...], "of an ordinal target, the lowest first; without, labels are numbers"] = ()
    label_separator: Annotated[
        Name | None, "between the labels of a text, or the parts of a path; a comma, or > in a path"
    ] = None
    delimiter: Annotated[Annotated[str, Len(1, 1)] | None, "of CSV files; a comma, or a tab for .tsv"] = None
    on_bad_row: Annotated[OnBadRow, "a row that cannot be used: refuse the data, or leave it out and count it"] = (
        "refuse"
    )
    encoding: Annotated[Name, "of text files, as Python calls it; auto is UTF-8, with or without a mark"] = "auto"
    errors: Annotated[Errors, "bytes that are not of the encoding: refuse them, or replace and count them"] = "strict"
    quoting: Annotated[Quoting, "of CSV files: in none, a double quote is a letter like others"] = "minimal"
    header: Annotated[
        bool | tuple[Name, ...], "the first line names the columns; if false, they are 1, 2, ..., or names given here"
    ] = True
    validation_fraction: Annotated[Share, "share of the examples kept for validation"] = 0.1
    test_fraction: Annotated[Share, "share of the examples kept for the test"] = 0.1
    split_seed: Annotated[Seed, "seed of the split"] = 0
    max_rows: Annotated[Positive, "more rows than this are refused"] = 10_000_000
    max_bytes: Annotated[Positive, "more decoded text than this is refused"] = 1 << 31
    max_labels: Annotated[Positive, "more classes than this are refused"] = 10_000
    max_characters: Annotated[Positive, "longer texts are cut here, and counted"] = 1_000_000

    @property
    def text_format(self) -> TextFormat:
        """How the files are read."""
        return TextFormat(self.delimiter, self.errors, self.encoding, self.quoting, self.header)

    @property
    def text_columns(self) -> tuple[str, ...]:
        """The columns that hold the text, one or more."""
        return (self.text_column,) if isinstance(self.text_column, str) else self.text_column
