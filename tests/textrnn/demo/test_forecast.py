"""Forecasts: the errors are those of what is said to be done, and nothing looks ahead."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from textrnn.demo.forecast import Settings, autoregression, forecast, windows_of
from textrnn.demo.series import Series, sines
from textrnn.errors import ConfigError

QUICK = Settings(hidden_size=8, window=6, epochs=3, seeds=1)


def test_the_simple_ways_are_by_hand_what_they_say() -> None:
    series = sines(400)
    found = {row["way"]: row for row in forecast(series, QUICK)["errors"]}
    truth = series.values[320:]
    assert found["last value"]["rmse"] == pytest.approx(np.sqrt(np.mean((series.values[319:-1] - truth) ** 2)))
    assert found["value 100 steps before"]["mae"] == pytest.approx(np.abs(series.values[220:300] - truth).mean())


def test_a_linear_series_is_forecast_by_a_linear_model() -> None:
    values = [1.0, 0.5]
    for _ in range(300):
        values.append(1.6 * values[-1] - 0.9 * values[-2] + 0.1)
    x, y = windows_of(np.array(values), 4)
    np.testing.assert_allclose(autoregression(x, y, 200), y[200:], atol=1e-9)


def test_what_comes_later_changes_no_forecast_of_what_came_before() -> None:
    series = sines(300)
    changed = series.values.copy()
    changed[-10:] += 50
    first = forecast(series, QUICK)
    second = forecast(replace(series, values=changed), QUICK)
    assert first["network"][:50] == second["network"][:50], "fitted, scaled and chosen on the training part"
    assert first["network"][-9:] != second["network"][-9:]


def test_a_network_beats_the_last_value() -> None:
    found = {row["way"]: row["rmse"] for row in forecast(sines(800), Settings(epochs=15, window=20, seeds=1))["errors"]}
    assert found["rnn, 50 units"] < 0.8 * found["last value"]


def test_a_series_that_is_too_short_is_told() -> None:
    with pytest.raises(ConfigError, match="--window 30"):
        forecast(Series("short", "", np.arange(60.0), "", 0), Settings())
