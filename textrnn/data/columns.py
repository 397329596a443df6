"""The columns of a row that are read, by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from textrnn.boundary import MAX_CHARACTERS
from textrnn.config.data import DataConfig

Asked = str | tuple[object, ...]  # an example to predict: the text, or, of more columns, the cells `Columns.asked`


@dataclass(frozen=True)
class Columns:
    """Which columns hold what: texts (one or more), the label, the numbers and categories beside the text, and what
    identifies a row, which nothing learns from.

    `label_separator` parts several labels, or the parts of a path, in one cell (None: the usual one); a text is cut at
    `max_characters`.
    """

    text: tuple[str, ...] = ("text",)
    label: str = "label"
    numeric: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    id: str | None = None
    label_separator: str | None = None
    max_characters: int = MAX_CHARACTERS

    @property
    def beside(self) -> tuple[str, ...]:
        """The columns beside the text, numbers first."""
        return self.numeric + self.categorical

    @property
    def asked(self) -> tuple[str, ...]:
        """What must be known of a row to predict its label, in order: texts, numbers, categories."""
        return self.text + self.beside

    @property
    def names(self) -> tuple[str, ...]:
        """All of them, in the order in which readers give their cells: texts, label, numbers, categories, the id."""
        return (*self.text, self.label, *self.beside, *([] if self.id is None else [self.id]))

    @property
    def optional(self) -> tuple[str, ...]:
        """Those that a row of JSON Lines may lack."""
        return self.beside + (() if self.id is None else (self.id,))

    @property
    def plain(self) -> bool:
        """Whether an example is one text and nothing else."""
        return len(self.asked) == 1

    def to_json(self) -> dict[str, Any]:
        """Plain JSON from which `from_json` makes equal columns."""
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
        """The columns that `to_json` described. Raises KeyError, TypeError."""
        beside = tuple(value["numeric"]), tuple(value["categorical"])
        read = value.get("label_separator"), value.get("max_characters", MAX_CHARACTERS)
        return Columns(tuple(value["text"]), value["label"], *beside, value.get("id"), *read)


def columns_of(config: DataConfig) -> Columns:
    """The columns that a configuration names."""
    read = config.label_separator, config.max_characters
    return Columns(
        config.text_columns, config.label_column, config.numeric, config.categorical, config.id_column, *read
    )
