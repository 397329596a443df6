"""The baseline: what a linear model on the same words predicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from textrnn.data.corpus import SplitName
from textrnn.files import read_json, write_json, writing

FORMAT = 1


@dataclass(frozen=True)
class Trial:
    """One inverse penalty C that was tried, with its accuracy and log loss (nats) on validation."""

    inverse_penalty: float
    accuracy: float
    log_loss: float


@dataclass(frozen=True)
class Baseline:
    """The predictions of the chosen linear model, and what it looks at.

    `probabilities[split]` (N, C) float64, rows summing to 1, for validation and test as far as there are such splits;
    `trials` in the order tried, none without a validation split; `features` is the number of columns it was fitted on;
    `top_features[c]` are the n-grams that speak most for class number c, with their weights, falling.
    """

    probabilities: Mapping[SplitName, NDArray[np.float64]]
    inverse_penalty: float
    trials: tuple[Trial, ...]
    features: int
    top_features: tuple[tuple[tuple[str, float], ...], ...]

    def save(self, folder: Path) -> None:
        """Write `<split>.npy` and `baseline.json` into `folder`; equal baselines give equal bytes."""
        for name, rows in self.probabilities.items():
            with writing(folder / f"{name}.npy") as file:
                np.save(file, rows, allow_pickle=False)
        write_json(
            folder / "baseline.json",
            {
                "format": FORMAT,
                "splits": list(self.probabilities),
                "inverse_penalty": self.inverse_penalty,
                "trials": [asdict(trial) for trial in self.trials],
                "features": self.features,
                "top_features": self.top_features,
            },
        )

    @staticmethod
    def load(folder: Path) -> Baseline:
        """The baseline that `save` wrote into `folder`. Raises OSError, ValueError."""
        about = read_json(folder / "baseline.json")
        probabilities = {name: np.load(folder / f"{name}.npy", allow_pickle=False) for name in about["splits"]}
        top = tuple(tuple((text, weight) for text, weight in features) for features in about["top_features"])
        trials = tuple(Trial(**trial) for trial in about["trials"])
        return Baseline(probabilities, about["inverse_penalty"], trials, about["features"], top)
