"""`[unlabelled]`: more texts of the same kind, without labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from textrnn.config.bounds import Len
from textrnn.config.data import Errors, Quoting, TextFormat
from textrnn.config.field_types import NOT_IN_KEY, Name, Positive


@dataclass(frozen=True)
class UnlabelledConfig:
    """Texts without labels, for word vectors, encoder pretraining and self-training."""

    source: Annotated[str | None, NOT_IN_KEY, "a CSV, TSV, JSON Lines, Parquet or fastText file, .gz and .xz too"] = (
        None
    )
    text_column: Annotated[Name, "the text column"] = "text"
    delimiter: Annotated[
        Annotated[str, Len(1, 1)] | None, "delimiter of CSV files; default: a comma, or a tab for .tsv"
    ] = None
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
    max_rows: Annotated[Positive, "upper limit of rows; more are refused"] = 10_000_000
    max_characters: Annotated[Positive, "longer texts are cut to this length"] = 1_000_000

    @property
    def text_format(self) -> TextFormat:
        """How the file is read."""
        return TextFormat(self.delimiter, self.errors, self.encoding, self.quoting, self.header)
