"""`[unlabelled]`: more texts of the same kind, without labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Len

from textrnn.config.data import Errors, Quoting, TextFormat
from textrnn.config.fields import UNKEYED, Name, Positive


@dataclass(frozen=True)
class UnlabelledConfig:
    """What `pretrain` and `language` learn from beside the training texts, and what `teach` has teachers read."""

    source: Annotated[str | None, UNKEYED, "a CSV, TSV, JSON Lines or Parquet file, .gz and .xz too"] = None
    text_column: Annotated[Name, "the column that holds the text"] = "text"
    delimiter: Annotated[Annotated[str, Len(1, 1)] | None, "of CSV files; a comma, or a tab for .tsv"] = None
    encoding: Annotated[Name, "of text files, as Python calls it; auto is UTF-8, with or without a mark"] = "auto"
    errors: Annotated[Errors, "bytes that are not of the encoding: refuse them, or replace and count them"] = "strict"
    quoting: Annotated[Quoting, "of CSV files: in none, a double quote is a letter like others"] = "minimal"
    header: Annotated[
        bool | tuple[Name, ...], "the first line names the columns; if false, they are 1, 2, ..., or names given here"
    ] = True
    max_rows: Annotated[Positive, "more rows than this are refused"] = 10_000_000
    max_characters: Annotated[Positive, "longer texts are cut here"] = 1_000_000

    @property
    def text_format(self) -> TextFormat:
        """How the file is read."""
        return TextFormat(self.delimiter, self.errors, self.encoding, self.quoting, self.header)
