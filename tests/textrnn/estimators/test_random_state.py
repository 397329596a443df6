"""`random_state`: an int reads nothing global, None draws from numpy's global state, a generator gives one a fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.utils import check_random_state

from textrnn import SequenceRegressor, TextClassifier
from textrnn.errors import ConfigError
from textrnn.estimators.random_state import with_seed
from textrnn.settings.python_settings import resolve


def seed_of(random_state: Any) -> int:
    seed: int = resolve(with_seed(TextClassifier(random_state=random_state).get_params(deep=False)))["train"].seed
    return seed


def test_an_int_is_the_seed_and_reads_nothing_global() -> None:
    before = np.random.get_state()[1].copy()
    assert (seed_of(7), seed_of(np.int64(8))) == (7, 8)
    assert np.array_equal(np.random.get_state()[1], before)


def test_none_draws_from_numpys_global_state_as_scikit_learn_does() -> None:
    before = np.random.get_state()
    try:
        np.random.seed(3)
        first, second = seed_of(None), seed_of(None)
        np.random.seed(3)
        assert first == seed_of(None) == np.random.RandomState(3).randint(2**31)
        assert second == check_random_state(None).randint(2**31) != first
    finally:
        np.random.set_state(before)


def test_a_generator_gives_another_seed_to_every_fit() -> None:
    for make in (np.random.RandomState, np.random.default_rng):
        shared = make(5)
        found = [seed_of(shared), seed_of(shared)]
        assert len(set(found)) == 2
        assert found[0] == seed_of(make(5))


@pytest.mark.parametrize("odd", [-1, 2**31, 1.0, "0", True])
def test_what_is_no_seed_is_refused_by_the_parameters_name(odd: Any) -> None:
    with pytest.raises(ConfigError, match="random_state"):
        seed_of(odd)
    with pytest.raises(ConfigError, match="random_state"):
        SequenceRegressor(random_state=odd, epochs=1).fit(np.zeros((4, 2, 1)), np.zeros(4))
