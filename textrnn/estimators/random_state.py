"""`random_state`, as scikit-learn has it: a number, a generator to draw one from, or None for numpy's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from textrnn.errors import ConfigError

RandomState = int | np.random.RandomState | np.random.Generator | None
_SEEDS = 2**31


def with_seed(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """`parameters` with a seed for `random_state`: an int is one, and nothing but it is read.

    From a `numpy.random.RandomState` or `Generator` one is drawn, for None from numpy's global state, which
    `numpy.random.seed` sets. What is none of these, or not there, stays: the section that reads it refuses it. Raises
    ConfigError for an int that is too large.
    """
    return {name: _seed_of(value) if name == "random_state" else value for name, value in parameters.items()}


def _seed_of(random_state: Any) -> Any:
    if random_state is None:
        return int(np.random.randint(_SEEDS))
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(_SEEDS))
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(_SEEDS))
    if isinstance(random_state, (int, np.integer)) and random_state >= _SEEDS:
        raise ConfigError(f"random_state: expected an integer, at least 0, less than {_SEEDS:,}, found {random_state}")
    return random_state
