"""`Classifier`: a trained network as it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from textrnn.config.model import ModelConfig
from textrnn.config.train import TrainConfig
from textrnn.data.tabular import NO_TABULAR, TabularColumns
from textrnn.data.target import Target
from textrnn.inference.network import Network, check_network
from textrnn.storage.files import read_json, write_bytes, write_json
from textrnn.storage.tensors import load_arrays

FORMAT = 1
WEIGHTS = "model.safetensors"


@dataclass(frozen=True)
class Classifier:
    """Weights by parameter name (float32) and what is needed to use them.

    `history` has one dict an epoch: `epoch`, `train_loss`, `validation_loss`,
    `validation_accuracy`, `learning_rate`; `best_epoch` is the one whose weights these are; `tabular` are the tabular
    columns that it reads; `origin` is the SHA-256 of the weights of the model that it started from, if any;
    `starts` are the validation scores of a warm and a cold start where both were tried, by name.
    """

    weights: Mapping[str, NDArray[np.float32]]
    model_config: ModelConfig
    train_config: TrainConfig
    target: Target
    vocabulary_size: int
    history: list[dict[str, Any]]
    best_epoch: int
    tabular: TabularColumns = NO_TABULAR
    origin: str | None = None
    starts: Mapping[str, float] | None = None

    def save(self, folder: Path) -> None:
        """Write `model.safetensors` and `classifier.json`; equal classifiers give equal bytes."""
        write_bytes(folder / WEIGHTS, save(dict(self.weights)))
        write_json(
            folder / "classifier.json",
            {
                "format": FORMAT,
                "model": asdict(self.model_config),
                "train": asdict(self.train_config),
                "target": self.target.to_json(),
                "vocabulary_size": self.vocabulary_size,
                "history": self.history,
                "best_epoch": self.best_epoch,
                "side": self.tabular.to_json(),
                "origin": self.origin,
                **({} if self.starts is None else {"starts": dict(self.starts)}),
            },
        )

    @staticmethod
    def load(folder: Path) -> Classifier:
        """The classifier that `save` wrote into `folder`. Raises OSError, ValueError."""
        about = read_json(folder / "classifier.json")
        return Classifier(
            load_arrays(folder / WEIGHTS),
            ModelConfig(**about["model"]),
            TrainConfig(**about["train"]),
            Target.from_json(about["target"]),
            about["vocabulary_size"],
            about["history"],
            about["best_epoch"],
            TabularColumns.from_json(about["side"]),
            about["origin"],
            about.get("starts"),
        )

    def network(self) -> Network:
        """The network with these weights. Raises ModelError if they do not fit the settings."""
        return check_network(
            Network(self.weights, self.model_config, self.vocabulary_size, self.target.outputs, self.tabular)
        )
