"""The trained classifier as it is kept: weights, the settings that shaped them, learning curves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, load_file, save
from torch import Tensor

from textrnn.config.model import ModelConfig
from textrnn.config.train import TrainConfig
from textrnn.data.tabular import NO_TABULAR, TabularColumns
from textrnn.data.target import Target
from textrnn.errors import ModelError
from textrnn.nn.build_encoder import encoded_size, shapes_of_encoder
from textrnn.nn.classifier import RecurrentClassifier, build_model
from textrnn.nn.tabular import tabular_encoder_shapes
from textrnn.storage.file_names import is_text
from textrnn.storage.files import read_json, write_bytes, write_json

FORMAT = 1
WEIGHTS = "model.safetensors"


def load_tensors(path: Path) -> dict[str, Tensor]:
    """The tensors in a safetensors file; the library itself opens none whose name is not UTF-8. Raises what it does."""
    return load_file(path) if is_text(str(path)) else load(path.read_bytes())


@dataclass(frozen=True)
class Classifier:
    """Weights by parameter name (float32, on the CPU) and what is needed to use them.

    `history` has one dict an epoch: `epoch`, `train_loss`, `validation_loss`,
    `validation_accuracy`, `learning_rate`; `best_epoch` is the one whose weights these are; `tabular` are the tabular
    columns that it reads; `origin` is the SHA-256 of the weights of the model that it started from, if any.
    """

    weights: Mapping[str, Tensor]
    model_config: ModelConfig
    train_config: TrainConfig
    target: Target
    vocabulary_size: int
    history: list[dict[str, Any]]
    best_epoch: int
    tabular: TabularColumns = NO_TABULAR
    origin: str | None = None

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
            },
        )

    @staticmethod
    def load(folder: Path) -> Classifier:
        """The classifier that `save` wrote into `folder`. Raises OSError, ValueError."""
        about = read_json(folder / "classifier.json")
        return Classifier(
            load_tensors(folder / WEIGHTS),
            ModelConfig(**about["model"]),
            TrainConfig(**about["train"]),
            Target.from_json(about["target"]),
            about["vocabulary_size"],
            about["history"],
            about["best_epoch"],
            TabularColumns.from_json(about["side"]),
            about["origin"],
        )

    def network(self) -> RecurrentClassifier:
        """The network with these weights. Raises ModelError where they do not fit the settings."""
        return network_of(self.weights, self.model_config, self.vocabulary_size, self.target.outputs, self.tabular)


def network_of(
    weights: Mapping[str, Tensor],
    config: ModelConfig,
    vocabulary_size: int,
    outputs: int,
    tabular: TabularColumns = NO_TABULAR,
) -> RecurrentClassifier:
    """The network with these weights. Raises ModelError where names, shapes or number formats do not fit."""
    # before anything is built: settings that lie must not allocate what they say
    require_weights(weights, shapes_of(config, vocabulary_size, outputs, tabular))
    network = build_model(config, vocabulary_size, outputs, seed=0, tabular=tabular)
    network.load_state_dict(dict(weights))
    return network.eval()


def require_weights(weights: Mapping[str, Tensor], shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Raise ModelError unless `weights` are those of these `shapes`, no others, finite and float32."""
    for name, shape in shapes.items():
        if name not in weights or weights[name].shape != shape:
            found = f"the shape {tuple(weights[name].shape)}" if name in weights else "none"
            raise ModelError(f"weights: expected {name} of the shape {shape} as the settings say, found {found}")
    if unknown := sorted(weights.keys() - shapes.keys()):
        raise ModelError(f"weights: expected those of the model's own settings, found {unknown[0][:80]!r} too")
    for name, weight in weights.items():
        if weight.dtype != torch.float32:
            raise ModelError(f"weights: expected float32, found {weight.dtype} for {name}")
        if not bool(weight.isfinite().all()):
            raise ModelError(f"weights: expected finite numbers, found others in {name}")


def shapes_of(
    config: ModelConfig, vocabulary_size: int, outputs: int, tabular: TabularColumns = NO_TABULAR
) -> dict[str, tuple[int, ...]]:
    """The shape of every weight of a network of these settings, by name; nothing is built."""
    width = encoded_size(config)
    shapes: dict[str, tuple[int, ...]] = {"embedding.weight": (vocabulary_size, config.embedding_size)}
    shapes |= {f"encoder.{name}": shape for name, shape in shapes_of_encoder(config).items()}
    if config.pooling == "attention":
        shapes |= {"pool.score.weight": (1, width), "pool.score.bias": (1,)}
    pooled = width * 2 if config.pooling == "max_mean" else width
    if tabular.features:
        pooled += config.tabular_size
        shapes |= {
            f"side.{name}": shape for name, shape in tabular_encoder_shapes(tabular, config.tabular_size).items()
        }
    return {**shapes, "head.weight": (outputs, pooled), "head.bias": (outputs,)}


def read_weights(data: bytes) -> dict[str, Tensor]:
    """The tensors in the bytes of a safetensors file. Raises ModelError where they are none."""
    try:
        return load(data)
    except (SafetensorError, ValueError, KeyError, TypeError, RuntimeError, AssertionError) as error:
        # the library's own, and what torch says of formats and shapes that the library let pass
        raise ModelError(f"{WEIGHTS}: expected safetensors, but {' '.join(str(error).split())[:300]}") from None
