"""`[unlabelled]`: more texts of the same kind, without labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from textrnn.config.data import Errors
from textrnn.config.fields import UNKEYED, Name, Positive


@dataclass(frozen=True)
class UnlabelledConfig:
    """What `pretrain` and `language` learn from beside the training texts, and what `teach` has teachers read."""

    source: Annotated[str | None, UNKEYED, "a CSV, TSV, JSON Lines or Parquet file, .gz and .xz too"] = None
    text_column: Annotated[Name, "the column that holds the text"] = "text"
    errors: Annotated[Errors, "bytes that are not UTF-8: refuse them, or replace them"] = "strict"
    max_rows: Annotated[Positive, "more rows than this are refused"] = 10_000_000
    max_characters: Annotated[Positive, "longer texts are cut here"] = 1_000_000
