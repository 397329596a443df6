"""One step ahead: a recurrent network compared with simple forecasts, on a split in time order."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.config.model import Recurrence
from textrnn.errors import ConfigError
from textrnn.sequences.demo.series import Series
from textrnn.sequences.regressor import SequenceRegressor
from textrnn.training.events import Progress

TEST_SHARE = 0.2
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Settings:
    """The network and how long it is trained; `window` steps are what every model with weights reads."""

    encoder: Recurrence = "rnn"
    hidden_size: int = 50
    window: int = 30
    epochs: int = 100
    batch_size: int = 32
    seeds: int = 3


def windows_of(values: Floats, window: int) -> tuple[Floats, Floats]:
    """Every `window` numbers in a row (N, window), and the number after each (N,).

    >>> windows_of(np.array([1.0, 2.0, 3.0, 4.0]), 2)[0].tolist()
    [[1.0, 2.0], [2.0, 3.0]]
    """
    x = np.lib.stride_tricks.sliding_window_view(values, window)[:-1]
    return np.ascontiguousarray(x), values[window:].copy()


def forecast(
    series: Series, settings: Settings, *, on_progress: Callable[[Progress], None] = lambda _: None
) -> dict[str, Any]:
    """The errors on the last fifth of `series` of every way to forecast it, as plain JSON.

    Nothing is fitted on the test part, scaling included: the network's own is measured on what it trains on, and the
    epoch is chosen by the last tenth of the training part. Raises ConfigError where the series is too short.
    """
    test = round(len(series.values) * TEST_SHARE)
    begin = len(series.values) - test
    if begin < 2 * settings.window + 20:
        raise ConfigError(
            f"--window {settings.window}: expected at most {(begin - 20) // 2} for the {begin} training steps of "
            f"{series.name}"
        )
    x, y = windows_of(series.values, settings.window)
    cut = begin - settings.window  # the first window whose next number is of the test part
    truth = series.values[begin:]
    rows = [_row("last value", truth, [series.values[begin - 1 : -1]])]
    if 0 < series.season < begin:
        rows.append(
            _row(f"value {series.season} steps before", truth, [series.values[begin - series.season : -series.season]])
        )
    rows.append(_row(f"linear autoregression, {settings.window} steps", truth, [autoregression(x, y, cut)]))
    predicted, seconds = [], []
    for seed in range(settings.seeds):
        model = SequenceRegressor(
            encoder=settings.encoder,
            hidden_size=settings.hidden_size,
            epochs=settings.epochs,
            batch_size=settings.batch_size,
            device="cpu",
            random_state=seed,
        )
        begun = time.perf_counter()
        model.fit(x[:cut, :, None], y[:cut], on_progress=on_progress)
        seconds.append(round(time.perf_counter() - begun, 2))
        predicted.append(model.predict(x[cut:, :, None]))
    rows.append({**_row(f"{settings.encoder}, {settings.hidden_size} units", truth, predicted), "seconds": seconds})
    return {
        "series": series.name,
        "about": series.about,
        "unit": series.unit,
        "steps": len(series.values),
        "test_steps": test,
        "floor": series.floor,
        "errors": rows,
        "truth": truth.tolist(),
        "network": predicted[0].tolist(),
    }


def _row(name: str, truth: Floats, predicted: Sequence[Floats]) -> dict[str, Any]:
    """Root mean square error and mean absolute error: the mean over the forecasts of each seed, and the extremes."""
    squared = [float(np.sqrt(np.square(each - truth).mean())) for each in predicted]
    absolute = [float(np.abs(each - truth).mean()) for each in predicted]
    extremes = {"lowest": min(squared), "highest": max(squared)} if len(squared) > 1 else {}
    return {"way": name, "rmse": float(np.mean(squared)), "mae": float(np.mean(absolute)), **extremes}


def autoregression(x: Floats, y: Floats, cut: int) -> Floats:
    """Least squares on the same windows: the next number as a weighted sum of them, and a constant."""
    table = np.column_stack([x, np.ones(len(x))])
    weights = np.linalg.lstsq(table[:cut], y[:cut], rcond=None)[0]
    predicted: Floats = table[cut:] @ weights
    return predicted
