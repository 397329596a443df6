"""`[data]`: where the examples come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from textrnn.config.bounds import Ge, Le, Len
from textrnn.config.field_types import NOT_IN_KEY, Name, Positive, Seed, Share

Format = Literal["auto", "csv", "tsv", "jsonl", "parquet", "fasttext", "folder"]
Errors = Literal["strict", "replace"]
OnBadRow = Literal["refuse", "skip"]
Quoting = Literal["minimal", "none"]  # as Python's csv module calls them
TargetKind = Literal["single", "multi", "number", "ordinal", "path"]


@dataclass(frozen=True)
class TextFormat:
    """How the bytes of a text file become rows; fields as in `DataConfig`."""

    delimiter: str | None = None
    errors: Errors = "strict"
    encoding: str = "auto"
    quoting: Quoting = "minimal"
    header: bool | tuple[str, ...] = True


@dataclass(frozen=True)
class DataConfig:
    """Either `source`, which is split, or one file per split: `train` with optional `validation` and `test`."""

    source: Annotated[
        str | None, NOT_IN_KEY, "a file, a `datasets` folder, package:NAME, or hub:OWNER/NAME@REVISION"
    ] = None
    train: Annotated[str | None, NOT_IN_KEY, "the training split, if splits are separate files"] = None
    validation: Annotated[str | None, NOT_IN_KEY, "the validation split; by default taken from train"] = None
    test: Annotated[str | None, NOT_IN_KEY, "the test split; by default taken from train"] = None
    fixes: Annotated[
        str | None,
        NOT_IN_KEY,
        "a CSV file of right labels and rows to drop, as `textrnn audit --apply` writes it; the source stays as it is",
    ] = None
    format: Annotated[Format, "file format; auto: by the file name, fasttext by the first lines"] = "auto"
    text_column: Annotated[
        Name | Annotated[tuple[Name, ...], Len(1)], "the text column; several are joined to one text"
    ] = "text"
    label_column: Annotated[Name, "the label column"] = "label"
    confidence_column: Annotated[
        Name | None, "the column that says how sure a label is, from 0 to 1; the rest is spread over the other classes"
    ] = None
    probability_columns: Annotated[
        tuple[Name, ...],
        "a column for each class, called as the class is, with its probability; where the label is "
        "empty, it is the likeliest class",
    ] = ()
    id_column: Annotated[Name | None, "the column that identifies rows in reports and messages"] = None
    slice_by: Annotated[tuple[Name, ...], "columns by whose values the report is sliced; no model reads them"] = ()
    numeric: Annotated[tuple[Name, ...], "numeric columns, used as tabular features"] = ()
    categorical: Annotated[tuple[Name, ...], "categorical columns, used as tabular features"] = ()
    max_categories: Annotated[Positive, "categories per column, the most frequent ones; all others share one"] = 1000
    target: Annotated[
        TargetKind,
        "kind of label: single (one class), multi (any number of classes), number, ordinal (ordered classes), path",
    ] = "single"
    classes: Annotated[
        tuple[Name, ...], "classes of an ordinal target, the lowest first; by default labels are numbers"
    ] = ()
    label_separator: Annotated[
        Name | None, "separator of several labels, or of the parts of a path; default: a comma, or > in a path"
    ] = None
    delimiter: Annotated[
        Annotated[str, Len(1, 1)] | None, "delimiter of CSV files; default: a comma, or a tab for .tsv"
    ] = None
    on_bad_row: Annotated[OnBadRow, "a row that cannot be used: refuse the data, or skip and count it"] = "refuse"
    encoding: Annotated[
        Name, "encoding of text files, a Python codec; auto: UTF-8, with or without a byte order mark"
    ] = "auto"
    errors: Annotated[Errors, "bytes that cannot be decoded: refuse the file (strict), or replace and count them"] = (
        "strict"
    )
    quoting: Annotated[Quoting, "quoting of CSV files; none: a double quote is an ordinary character"] = "minimal"
    header: Annotated[
        bool | tuple[Name, ...],
        "whether the first line names the columns; false: columns are 1, 2, ...; or a list of names",
    ] = True
    validation_fraction: Annotated[Share, "share of the examples held out for validation"] = 0.1
    test_fraction: Annotated[Share, "share of the examples held out for the test"] = 0.1
    split_seed: Annotated[Seed, "seed of the split"] = 0
    folds: Annotated[
        int, Ge(0), Le(100), "folds of cross-validation, which test every row in place of one test split; 0: none"
    ] = 0
    max_rows: Annotated[Positive, "upper limit of rows; more are refused"] = 10_000_000
    max_bytes: Annotated[Positive, "upper limit of decoded text in bytes; more is refused"] = 1 << 31
    max_labels: Annotated[Positive, "upper limit of classes; more are refused"] = 10_000
    max_characters: Annotated[Positive, "longer texts are cut to this length, and counted"] = 1_000_000

    @property
    def text_format(self) -> TextFormat:
        """How the files are read."""
        return TextFormat(self.delimiter, self.errors, self.encoding, self.quoting, self.header)

    @property
    def text_columns(self) -> tuple[str, ...]:
        """The text columns, one or more."""
        return (self.text_column,) if isinstance(self.text_column, str) else self.text_column
