"""The output columns of a prediction, by kind of target."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

Precision = Literal["float32", "bf16", "int8"]
SEPARATORS = (",", ";", "|", "\t")  # between the labels of one cell: the first that stands in none of them


class PredictedRow(NamedTuple):
    """One row, `original` as the reader gave it, with its prediction.

    `label` is None where the prediction is rejected. `probability` is that of the class chosen, where one is. `scores`
    is what is said of the classes `shown`, to 6 digits. Of a row that could not be used all are None, and `error` says
    why.
    """

    original: Any
    label: Any = None
    probability: float | None = None
    shown: Sequence[int] | None = None
    scores: Sequence[float] | None = None
    error: str = ""


@dataclass(frozen=True)
class OutputColumns:
    """How predictions are shown.

    `key` names them, `names` are those of the classes, none for a number; `single` says that one class is chosen. `top`
    is how many of the likeliest classes are shown, None for all. `separator` stands between several labels of a cell;
    without one the cell is a JSON list. `errors` says that rows may be bad. `existing` are the names of the input's
    columns.
    """

    key: str
    names: tuple[str, ...]
    classes: tuple[str | int, ...] = ()
    single: bool = True
    top: int | None = None
    precision: Precision = "float32"
    separator: str | None = ","
    errors: bool = False
    existing: frozenset[str] = frozenset()

    def call(self, name: str) -> str:
        """What the added column `name` is called: `unused_name` of it."""
        return unused_name(name, self.existing)

    @property
    def added(self) -> list[str]:
        """The columns that a table gets, as they are called without regard to those that it has."""
        if self.top is None:
            classes = [f"probability_{name}" for name in self.names]
        else:
            classes = [part for i in range(1, self.top + 1) for part in (f"label_{i}", f"probability_{i}")]
        last = ["precision"] * (self.precision != "float32") + ["error"] * self.errors
        return [self.key, *(["probability"] if self.single else []), *classes, *last]


def output_columns(
    target: object, *, top: int | None = None, precision: Precision = "float32", separator: str | None = None
) -> OutputColumns:
    """How predictions of a `target` are shown: a label; labels; or a value, without probabilities.

    `separator` is what parted several labels in training: it parts those of a cell, unless it stands in one of them.
    """
    from textrnn.data.target import Target

    assert isinstance(target, Target)
    if target.kind == "number":
        return OutputColumns("value", (), (), False, None, precision)
    names, single = tuple(target.names), target.exclusive
    fits = (one for one in (separator, *SEPARATORS) if one and not any(one in name for name in names))
    most = None if top is None else min(top, len(names))
    return OutputColumns(
        "label" if single else "labels", names, target.classes, single, most, precision, next(fits, None)
    )


def unused_name(name: str, existing: Collection[str]) -> str:
    """`name`, or one like it that is not `existing`.

    >>> unused_name("label", ["text"]), unused_name("label", ["label", "predicted_label"])
    ('label', 'predicted_label_2')
    """
    if name not in existing:
        return name
    other, number = f"predicted_{name}", 2
    while other in existing:
        other, number = f"predicted_{name}_{number}", number + 1
    return other
