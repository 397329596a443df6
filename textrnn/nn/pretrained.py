"""Weights that a network starts from, learned before a label was seen."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor, nn

from textrnn.errors import ConfigError
from textrnn.nn.tensor_files import load_tensors
from textrnn.storage.files import read_json, write_bytes, write_json

FORMAT = 1
WEIGHTS = "pretrained.safetensors"


@dataclass(frozen=True)
class PretrainedWeights:
    """Weights by the names that they have in a classifier (float32, on the CPU); none where nothing was learned.

    `history` has one dict an epoch: `epoch`, `train_loss`, `validation_loss`, `validation_perplexity`,
    `learning_rate`. `origin` is the SHA-256 of the weights of another model where they started from one.
    """

    weights: Mapping[str, Tensor] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)
    origin: str | None = None

    def save(self, folder: Path) -> None:
        """Write `pretrained.safetensors` and `pretrained.json`; equal weights give equal bytes."""
        write_bytes(folder / WEIGHTS, save(dict(self.weights)))
        about = {"format": FORMAT, "history": self.history, "origin": self.origin}
        write_json(folder / "pretrained.json", about)

    @staticmethod
    def load(folder: Path) -> PretrainedWeights:
        """What `save` wrote into `folder`. Raises OSError, ValueError."""
        about = read_json(folder / "pretrained.json")
        return PretrainedWeights(load_tensors(folder / WEIGHTS), about["history"], about["origin"])

    def digest(self) -> str:
        """A digest of the weights, "none" where there are none."""
        if not self.weights:
            return "none"
        return hashlib.sha256(save(dict(self.weights))).hexdigest()[:16]


def load_pretrained(network: nn.Module, pretrained: PretrainedWeights) -> None:
    """Put the weights of `pretrained` into those of `network` that are called alike; the others stay.

    Raises ConfigError where one does not fit.
    """
    own = dict(network.named_parameters())
    for name, weight in pretrained.weights.items():
        if name not in own or own[name].shape != weight.shape:
            found = f"the shape {tuple(own[name].shape)}" if name in own else "none"
            raise ConfigError(
                f"pretrained weights: expected {name} of the shape {tuple(weight.shape)}, found {found}; "
                "use the [model] that they were learned with, or encoder_pretraining.epochs=0"
            )
    with torch.no_grad():
        for name, weight in pretrained.weights.items():
            own[name].copy_(weight)
