"""The training table split into the splits that have no table of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from textrnn.data.empty_splits import explain_empty_split
from textrnn.data.examples import Examples, SplitName, select_examples
from textrnn.data.readers.wording import count
from textrnn.data.split import split_rows
from textrnn.data.target import Target, strata_of, target_of
from textrnn.errors import DataError


def split_examples(
    train: Examples,
    unfixed: Examples | None,
    missing: Mapping[SplitName, float],
    target: Target,
    classes: Sequence[str],
    seed: int,
    place: str,
) -> dict[SplitName, Examples]:
    """Split the rows of `train`, whose labels are of the `target`: train itself, and those `missing` by their shares.

    With fixes rows are split by the labels that they have `unfixed`, of the known `classes`: a fix moves no row to
    another split, so that what was held out when labels were corrected still is. Raises DataError for an empty split.
    """
    whole = train
    if unfixed is not None:
        whole, target = unfixed, target_of(target.kind, unfixed.labels, classes)
    strata = strata_of(target, whole.labels)
    found = {}
    for name, rows in split_rows(whole.texts, strata, missing, seed).items():
        if not len(rows):
            raise DataError(f"{place}: {explain_empty_split(name, whole.texts, strata, missing, seed)}")
        kept = rows if unfixed is None else _places(train, whole.rows[rows])
        if not len(kept):
            raise DataError(
                f"{place}: expected rows in the {name} split, found that data.fixes drops all "
                f"{count(len(rows), 'row')} of it; drop fewer"
            )
        found[name] = select_examples(train, kept.tolist())
    return found


def _places(examples: Examples, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """The places among `examples` of the rows with these `numbers`, without those that are not there."""
    if not len(examples):
        return np.zeros(0, np.int64)
    places = np.searchsorted(examples.rows, numbers).clip(max=len(examples) - 1)
    return np.asarray(places[examples.rows[places] == numbers], np.int64)
