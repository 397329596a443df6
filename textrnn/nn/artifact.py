"""The trained classifier as it is kept: weights, the settings that shaped them, learning curves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save
from torch import Tensor

from textrnn.config.model import ModelConfig
from textrnn.config.train import TrainConfig
from textrnn.data.target import Target
from textrnn.errors import ModelError
from textrnn.files import read_json, write_bytes, write_json
from textrnn.nn.classifier import RecurrentClassifier, build_model
from textrnn.nn.recurrent import GATES

FORMAT = 1
WEIGHTS = "model.safetensors"


@dataclass(frozen=True)
class Classifier:
    """Weights by parameter name (float32, on the CPU) and what is needed to use them.

    `history` has one dict an epoch: `epoch`, `train_loss`, `validation_loss`,
    `validation_accuracy`, `learning_rate`; `best_epoch` is the one whose weights these are.
    """

    weights: Mapping[str, Tensor]
    model_config: ModelConfig
    train_config: TrainConfig
    target: Target
    vocabulary_size: int
    history: list[dict[str, Any]]
    best_epoch: int

    def save(self, folder: Path) -> None:
        """Write `model.safetensors` and `classifier.json`; equal classifiers give equal bytes."""
        write_bytes(folder / WEIGHTS, save(dict(sorted(self.weights.items()))))
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
            },
        )

    @staticmethod
    def load(folder: Path) -> Classifier:
        """The classifier that `save` wrote into `folder`. Raises OSError, ValueError."""
        about = read_json(folder / "classifier.json")
        return Classifier(
            load_file(folder / WEIGHTS),
            ModelConfig(**about["model"]),
            TrainConfig(**about["train"]),
            Target.from_json(about["target"]),
            about["vocabulary_size"],
            about["history"],
            about["best_epoch"],
        )


def network_of(
    weights: Mapping[str, Tensor], config: ModelConfig, vocabulary_size: int, outputs: int
) -> RecurrentClassifier:
    """The network with these weights. Raises ModelError where names, shapes or number formats do not fit."""
    # the sizes first: settings that lie must not allocate what they say
    sizes = {
        "embedding.weight": (vocabulary_size, config.embedding_size),
        "encoder.weight_hh_l0": (GATES[config.encoder] * config.hidden_size, config.hidden_size),
        "head.bias": (outputs,),
    }
    for name, size in sizes.items():
        if name not in weights or weights[name].shape != size:
            found = f"the shape {tuple(weights[name].shape)}" if name in weights else "none"
            raise ModelError(f"weights: expected {name} of the shape {size} as the settings say, found {found}")
    for name, weight in weights.items():
        if weight.dtype != torch.float32:
            raise ModelError(f"weights: expected float32, found {weight.dtype} for {name}")
        if not bool(weight.isfinite().all()):
            raise ModelError(f"weights: expected finite numbers, found others in {name}")
    network = build_model(config, vocabulary_size, outputs, seed=0)
    try:
        network.load_state_dict(dict(weights))
    except RuntimeError as error:
        reason = " ".join(str(error).split())
        raise ModelError(f"weights: expected those of the model's own settings, but {reason[:300]}") from None
    return network.eval()
