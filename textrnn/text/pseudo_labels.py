"""`PseudoLabels`: unlabelled texts with pseudo-labels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from textrnn.errors import ConfigError
from textrnn.storage.files import open_atomic, read_json, write_json
from textrnn.text.ids import Ids
from textrnn.text.ragged import Ragged, join_rows

FORMAT = 1
TEST_FILE = "teacher.test.npy"


@dataclass(frozen=True)
class PseudoLabels:
    """U texts with pseudo-labels; U may be 0.

    `rows` are U rows of token ids; `targets` (U, C) float32 are the mean probabilities of the teachers, or zeros for a
    text that has no classification loss. Of a `teacher` that is there already, `test` (N, C) float32 are its
    probabilities for the test split, if there is one.
    """

    rows: Ragged
    targets: NDArray[np.float32]
    teacher: str = ""
    test: NDArray[np.float32] | None = None

    def save(self, folder: Path) -> None:
        """Write rows, targets and `pseudo_labels.json` into `folder`; equal pseudo-labels give equal bytes."""
        self.rows.save(folder, "pseudo_labels")
        with open_atomic(folder / "targets.npy") as file:
            np.save(file, self.targets, allow_pickle=False)
        if self.test is not None:
            with open_atomic(folder / TEST_FILE) as file:
                np.save(file, self.test, allow_pickle=False)
        about = {"format": FORMAT, "texts": len(self.rows)} | ({"teacher": self.teacher} if self.teacher else {})
        write_json(folder / "pseudo_labels.json", about)

    @staticmethod
    def load(folder: Path) -> PseudoLabels:
        """The pseudo-labels that `save` wrote into `folder`, rows memory-mapped. Raises OSError, ValueError."""
        about, path = read_json(folder / "pseudo_labels.json"), folder / TEST_FILE
        targets = np.load(folder / "targets.npy", allow_pickle=False)
        test = np.load(path, allow_pickle=False) if path.is_file() else None
        found = PseudoLabels(Ragged.load(folder, "pseudo_labels"), targets, str(about.get("teacher", "")), test)
        if not len(found.rows) == len(found.targets) == about["texts"]:
            raise ValueError(f"{folder}: expected as many rows and targets as pseudo_labels.json says")
        return found


def no_pseudo_labels(classes: int) -> PseudoLabels:
    """Return pseudo-labels of no texts."""
    return PseudoLabels(join_rows(), np.zeros((0, classes), np.float32))


def add_pseudo_labels(ids: Ids, pseudo_labels: PseudoLabels) -> Ids:
    """Append the texts of `pseudo_labels` to the training rows of `ids`; labels become targets (N + U, C) float32.

    If targets are rows of zeros, the others are scaled up, so that the mean over all rows is the mean over rows with a
    target.
    """
    if not len(pseudo_labels.rows):
        return ids
    if not ids.target.exclusive:
        raise ConfigError(
            "self_training: expected texts with one class each (data.target single, ordinal or path), found "
            f"{ids.target.kind}; set self_training.teachers to 0"
        )
    classes = ids.target.outputs
    labels = ids.labels["train"]
    own = np.eye(classes, dtype=np.float32)[labels] if labels.ndim == 1 else labels
    targets = np.concatenate([own, pseudo_labels.targets])
    num_labelled = max(int(np.count_nonzero(targets.any(axis=1))), 1)
    targets = (targets * (len(targets) / num_labelled)).astype(np.float32)
    rows = join_rows(ids.splits["train"], pseudo_labels.rows)
    weights = dict(ids.weights)
    if "train" in weights:
        weights["train"] = np.concatenate([weights["train"], np.ones(len(pseudo_labels.rows))])
    return replace(ids, splits={**ids.splits, "train": rows}, labels={**ids.labels, "train": targets}, weights=weights)
