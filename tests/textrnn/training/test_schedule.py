"""A schedule: what `auto` becomes."""

from __future__ import annotations

import pytest
from tiny import train_config

from textrnn.training.schedule import make_schedule


@pytest.mark.parametrize(
    ("changed", "chosen"),
    [({}, 0.3), ({"virtual_adversarial": 0.5}, 0.0), ({"entropy": 0.5}, 0.0)],
)
def test_adversarial_training_is_chosen_where_nothing_else_perturbs(changed: dict[str, float], chosen: float) -> None:
    config = train_config(adversarial="auto", epochs=28, **changed)
    assert make_schedule(config, 9_000, 125_000).config.adversarial == chosen
