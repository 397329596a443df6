"""The baseline: what the better of two linear models on the same words predicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from textrnn.config.baseline import BaselineModel
from textrnn.data.corpus import SplitName
from textrnn.files import read_json, write_json, writing

FORMAT = 3
FittedModel = BaselineModel | Literal["centroid"]  # the last for many classes, whichever were asked for
MODELS: Mapping[FittedModel, str] = {"tfidf": "TF-IDF", "nb": "NB-LR", "centroid": "nearest centroid"}


def name_model(model: FittedModel, inverse_penalty: float) -> str:
    """A model as people call it, at a C where it has one.

    >>> name_model("tfidf", 10.0), name_model("centroid", 1.0)
    ('TF-IDF, C = 10', 'nearest centroid')
    """
    return MODELS[model] if model == "centroid" else f"{MODELS[model]}, C = {inverse_penalty:g}"


@dataclass(frozen=True)
class Trial:
    """A model at one inverse penalty C, with its score and loss on validation (`textrnn.metrics.judge`)."""

    model: FittedModel
    inverse_penalty: float
    score: float
    loss: float


@dataclass(frozen=True)
class Baseline:
    """The predictions of the chosen linear model, and what it looks at.

    `said[split]` (N, C) float64, probabilities or values (`textrnn.metrics.answers.say`), for validation and test as
    far as there are such splits; `thresholds` (C) of a `multi` target are those with the best F1 on validation;
    `trials` of all models in the order tried, none without a validation split; `ngrams` is the number of words of its
    longest n-gram, `features` the number of columns it was fitted on; `top_features[c]` are the n-grams that speak most
    for class number c, with their weights, falling; of a number the first are those that raise it, the second those
    that lower it.
    """

    said: Mapping[SplitName, NDArray[np.float64]]
    model: FittedModel
    inverse_penalty: float
    trials: tuple[Trial, ...]
    ngrams: int
    features: int
    top_features: tuple[tuple[tuple[str, float], ...], ...]
    thresholds: tuple[float, ...] = ()

    def save(self, folder: Path) -> None:
        """Write `<split>.npy` and `baseline.json` into `folder`; equal baselines give equal bytes."""
        for name, rows in self.said.items():
            with writing(folder / f"{name}.npy") as file:
                np.save(file, rows, allow_pickle=False)
        write_json(
            folder / "baseline.json",
            {
                "format": FORMAT,
                "splits": list(self.said),
                "model": self.model,
                "inverse_penalty": self.inverse_penalty,
                "trials": [asdict(trial) for trial in self.trials],
                "ngrams": self.ngrams,
                "features": self.features,
                "top_features": self.top_features,
                "thresholds": self.thresholds,
            },
        )

    @staticmethod
    def load(folder: Path) -> Baseline:
        """The baseline that `save` wrote into `folder`. Raises OSError, ValueError."""
        about = read_json(folder / "baseline.json")
        said = {name: np.load(folder / f"{name}.npy", allow_pickle=False) for name in about["splits"]}
        top = tuple(tuple((text, weight) for text, weight in features) for features in about["top_features"])
        trials = tuple(Trial(**trial) for trial in about["trials"])
        return Baseline(
            said,
            about["model"],
            about["inverse_penalty"],
            trials,
            about["ngrams"],
            about["features"],
            top,
            tuple(about["thresholds"]),
        )
