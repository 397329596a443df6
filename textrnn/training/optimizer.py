"""AdamW, its parameters in groups by depth."""

from __future__ import annotations

import re

import torch
from torch import nn


def build_optimizer(network: nn.Module, *, learning_rate: float, weight_decay: float) -> torch.optim.AdamW:
    """AdamW (Loshchilov & Hutter 2019); weights that are vectors (biases) do not decay.

    Each group knows its `depth`: 0 for the head, one more for each layer below it, the embedding the deepest.
    """
    named = dict(network.named_parameters())
    layers = 1 + max([_layer_of(name) for name in named], default=0)
    groups: dict[tuple[int, bool], list[nn.Parameter]] = {}
    for name, parameter in named.items():
        groups.setdefault((_depth_of(name, layers), parameter.dim() > 1), []).append(parameter)
    return torch.optim.AdamW(
        [
            {"params": parameters, "weight_decay": weight_decay if matrix else 0.0, "depth": depth}
            for (depth, matrix), parameters in sorted(groups.items(), key=lambda item: (not item[0][1], item[0][0]))
        ],
        lr=learning_rate,
        fused=True,
    )


def _layer_of(name: str) -> int:
    found = re.search(r"_l(\d+)", name)
    return int(found[1]) if found else 0


def _depth_of(name: str, layers: int) -> int:
    """How far below the head the weight `name` stands, of a network with so many recurrent `layers`."""
    match name.partition(".")[0]:
        case "embedding":
            return layers + 1
        case "encoder":
            return layers - _layer_of(name)
    return 0
