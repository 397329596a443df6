"""Names of the columns that are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from textrnn.config.data import DataConfig
from textrnn.data.text_boundary import MAX_CHARACTERS
from textrnn.errors import ConfigError

Example = str | tuple[object, ...]  # an example to predict: the text, or, of more columns, the cells `Columns.inputs`


@dataclass(frozen=True)
class Columns:
    """Names of the columns by role: one or more texts, the label, numeric and categorical features, and an id and
    columns to slice a report by, which no model sees. A model folder does not keep `slice_by`, nor those of soft
    labels, `confidence` or `probabilities`, one a class.

    `label_separator` separates several labels, or the parts of a path, in one cell (None: the default); texts are cut
    at `max_characters`.
    """

    text: tuple[str, ...] = ("text",)
    label: str = "label"
    numeric: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    id: str | None = None
    label_separator: str | None = None
    max_characters: int = MAX_CHARACTERS
    slice_by: tuple[str, ...] = ()
    confidence: str | None = None
    probabilities: tuple[str, ...] = ()

    @property
    def tabular(self) -> tuple[str, ...]:
        """The tabular columns, numeric ones first."""
        return self.numeric + self.categorical

    @property
    def inputs(self) -> tuple[str, ...]:
        """The columns that a prediction needs, in order: texts, numbers, categories."""
        return self.text + self.tabular

    @property
    def soft(self) -> tuple[str, ...]:
        """The columns of soft labels."""
        return self.probabilities if self.confidence is None else (self.confidence,)

    @property
    def in_memory(self) -> Columns:
        """Those that rows in memory have: no id, nothing to slice by, no soft labels."""
        return replace(self, id=None, slice_by=(), confidence=None, probabilities=())

    @property
    def names(self) -> tuple[str, ...]:
        """All columns in the order of a reader's cells: texts, label, numbers, categories, slices, soft labels, id."""
        return (
            *self.text,
            self.label,
            *self.tabular,
            *self.slice_by,
            *self.soft,
            *([] if self.id is None else [self.id]),
        )

    @property
    def optional(self) -> tuple[str, ...]:
        """The columns that a row of JSON Lines may omit."""
        return self.tabular + self.slice_by + self.soft + (() if self.id is None else (self.id,))

    @property
    def text_only(self) -> bool:
        """Whether an example is a single text without tabular columns."""
        return len(self.inputs) == 1

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON for `from_json`."""
        return {
            "text": list(self.text),
            "label": self.label,
            "numeric": list(self.numeric),
            "categorical": list(self.categorical),
            **({} if self.id is None else {"id": self.id}),
            **({} if self.label_separator is None else {"label_separator": self.label_separator}),
            **({} if self.max_characters == MAX_CHARACTERS else {"max_characters": self.max_characters}),
        }

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Columns:
        """Return the columns that `to_json` described. Raises KeyError, TypeError."""
        tabular = tuple(value["numeric"]), tuple(value["categorical"])
        read = value.get("label_separator"), value.get("max_characters", MAX_CHARACTERS)
        return Columns(tuple(value["text"]), value["label"], *tabular, value.get("id"), *read)


def columns_of(config: DataConfig) -> Columns:
    """Return the columns that a configuration names."""
    read = config.label_separator, config.max_characters
    return Columns(
        config.text_columns,
        config.label_column,
        config.numeric,
        config.categorical,
        config.id_column,
        *read,
        config.slice_by,
        config.confidence_column,
        config.probability_columns,
    )


def require_distinct(config: DataConfig) -> None:
    """Raise ConfigError for a column that is named in two roles."""
    names = columns_of(config).names
    if twice := [name for i, name in enumerate(names) if name in names[:i]]:
        raise ConfigError(
            "data: expected text_column, label_column, numeric, categorical, slice_by, confidence_column, "
            "probability_columns and id_column to name different "
            f"columns, found {twice[0][:80]!r} twice"
        )
