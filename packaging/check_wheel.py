"""Checks an installed wheel where it was built: the kernels are found, and compute what numpy does."""

from __future__ import annotations

import os
import platform
import sys
from typing import get_args

import numpy as np

from textrnn.config.model import Encoder, ModelConfig
from textrnn.data.tabular import NO_TABULAR
from textrnn.inference.engine import build_engine
from textrnn.inference.logits import compute_logits
from textrnn.inference.network import Network, check_network
from textrnn.inference.shapes import network_shapes
from textrnn.kernels.library import SWITCH_VARIABLE, libraries
from textrnn.text.ragged import ragged

VOCABULARY, OUTPUTS = 40, 3
LENGTHS = (0, 1, 7, 200, 33, 33, 5, 64, 2, 12, 90, 1, 0, 17)
ARM = ("aarch64", "arm64", "ARM64")


def max_relative_error(encoder: Encoder) -> float:
    """Returns by how much logits of a random network differ between the kernels and numpy."""
    config = ModelConfig(encoder=encoder, hidden_size=19, embedding_size=12)
    chance = np.random.default_rng(0)
    shapes = network_shapes(config, VOCABULARY, OUTPUTS, NO_TABULAR)
    weights = {name: chance.normal(0, 0.3, shape).astype(np.float32) for name, shape in shapes.items()}
    network = check_network(Network(weights, config, VOCABULARY, OUTPUTS))
    rows = ragged([chance.integers(0, VOCABULARY, length) for length in LENGTHS])
    found = []
    for switch in ("1", "0"):
        os.environ[SWITCH_VARIABLE] = switch
        found.append(compute_logits(build_engine(network), rows, max_tokens=300))
    return float(np.abs(found[0] - found[1]).max())


def main() -> None:
    """Prints what was found. Ends with 1 where it is wrong."""
    names = [library.name for library in libraries()]
    differences = {encoder: max_relative_error(encoder) for encoder in get_args(Encoder)}
    print(platform.platform(), "kernels:", ", ".join(names) or "none")
    print("largest differences of logits from numpy:", differences)
    expected = {"plain", "neon"} if platform.machine() in ARM else {"plain"}
    if not expected.issubset(names) or max(differences.values()) > 2e-5:
        sys.exit(f"expected the kernels {sorted(expected)}, and differences of 2e-5 at most")


if __name__ == "__main__":
    main()
