"""Labelled rows of a file, for measuring a small model."""

from __future__ import annotations

from typing import Any

from textrnn.data.new_classes import find_new_classes
from textrnn.data.readers.wording import quote, quote_list
from textrnn.data.row_names import name_row
from textrnn.data.tabular import encode_tabular
from textrnn.data.target import encode_labels
from textrnn.errors import DataError
from textrnn.export.small_candidates import LabelledRows
from textrnn.model.predictor import Predictor
from textrnn.model.score_rows import read_labelled


def read_labelled_rows(predictor: Predictor, file: str, **reading: Any) -> LabelledRows:
    """Returns the rows of `file`, which `read_labelled` reads by the options `reading`; of its splits that for
    validation, if it has them.

    Raises DataError, also for a label that the model does not know.
    """
    examples, known, _ = read_labelled(predictor, file, split="validation", **reading)
    if new := find_new_classes(examples.labels, known):
        row, name = new[0]
        raise DataError(
            f"{file}: expected labels that the model knows ({quote_list(known.classes, 5)}), found {quote(name)} in "
            f"{name_row(examples, row)}; leave such rows out"
        )
    tabular = encode_tabular(predictor.tabular, examples.tabular, len(examples)) if predictor.tabular.features else None
    return LabelledRows(predictor.encode(examples.texts), encode_labels(known, examples.labels), tabular, file)
