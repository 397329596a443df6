"""The output columns of a prediction, by kind of target."""

from collections.abc import Collection
from dataclasses import dataclass

LABEL_SEPARATORS = (",", ";", "|", "\t")  # between the labels of one cell: the first that stands in none of them
REJECTED = "rejected_label"  # the prediction that is not accepted
TEXT_STATISTICS = ("tokens", "cut", "unknown", "model")  # what was read of the text, and which model predictions


@dataclass(frozen=True)
class OutputColumns:
    """How predictions are shown.

    `key` names them, `names` are those of the classes, none for a number; `single` says that one class is chosen, and
    `likeliest` that it is the most probable one. `top` is how many of the likeliest classes are shown, None for all.
    `separator` stands between several labels of a cell; without one the cell is a JSON list. `rejects` says that
    predictions may be rejected, `errors` that rows may be bad. `existing` are the names of the input's columns. `model`
    is the digest that each row names.
    """

    key: str
    names: tuple[str, ...]
    classes: tuple[str | int, ...] = ()
    single: bool = True
    top: int | None = 0
    separator: str | None = ","
    errors: bool = False
    existing: frozenset[str] = frozenset()
    model: str = ""
    rejects: bool = False
    likeliest: bool = True

    def unique_name(self, name: str) -> str:
        """What the added column `name` is called: `unused_name` of it."""
        return unused_name(name, self.existing)

    @property
    def added_columns(self) -> list[str]:
        """The columns that a table gets, as they are called without regard to those that it has."""
        return [self.key, *self.statistics_columns, *self.class_columns, *(["error"] if self.errors else [])]

    @property
    def statistics_columns(self) -> list[str]:
        """The columns that say of each prediction how sure it is, and of what."""
        rejected = [REJECTED] if self.rejects else []
        return [*(["probability", "accepted", *rejected] if self.single else []), *TEXT_STATISTICS]

    @property
    def class_columns(self) -> list[str]:
        """The columns of a table for classes: of the likeliest ones those that the prediction is not."""
        if self.top is None:
            return [f"probability_{name}" for name in self.names]
        return [part for i in range(self.first, self.top + 1) for part in (f"label_{i}", f"probability_{i}")]

    @property
    def first(self) -> int:
        """The first rank, from 1, that has a column: where the prediction is the likeliest class the second."""
        return 2 if self.single and self.likeliest else 1


def output_columns(
    target: object,
    *,
    top: int | None = 0,
    separator: str | None = None,
    model: str = "",
    rejects: bool = False,
    likeliest: bool = True,
) -> OutputColumns:
    """How predictions of a `target` are shown: a label; labels; or a value, without probabilities.

    `rejects` and `likeliest` are those of `OutputColumns`. `separator` is what parted several labels in training: it
    parts those of a cell, unless it stands in one of them.
    """
    from textrnn.data.target import Target

    assert isinstance(target, Target)
    if target.kind == "number":
        return OutputColumns("value", (), (), False, model=model)
    names, single = tuple(target.names), target.exclusive
    fits = (one for one in (separator, *LABEL_SEPARATORS) if one and not any(one in name for name in names))
    most = None if top is None else min(top, len(names))
    key = "label" if single else "labels"
    more = {"model": model, "rejects": rejects and single, "likeliest": likeliest}
    return OutputColumns(key, names, target.classes, single, most, next(fits, None), **more)  # type: ignore[arg-type]


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
