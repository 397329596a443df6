from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from textrnn.errors import ConfigError, DataError
from textrnn.sequences.demo import png as picture
from textrnn.sequences.demo import series as series_module
from textrnn.sequences.demo.forecast import Settings, autoregression, forecast, windows_of
from textrnn.sequences.demo.memory_plot import draw_memory
from textrnn.sequences.demo.series import NOISE, sines, temperatures
from textrnn.sequences.demo.series_plot import draw_series

SETTINGS = Settings(hidden_size=4, window=5, epochs=1, seeds=2)
SHORT = sines(200)


def test_no_number_of_the_test_part_reaches_a_forecast_made_before_it() -> None:
    """The last fifth but its first number is another: the forecast of that first one, and the errors' scale, stay."""
    changed = SHORT.values.copy()
    changed[161:] = 1000.0
    before, after = (forecast(replace(SHORT, values=values), SETTINGS) for values in (SHORT.values, changed))
    assert before["truth"][0] == after["truth"][0] == SHORT.values[160]
    assert before["network"][0] == after["network"][0]
    assert before["network"][1] == after["network"][1]  # it reads the first test number, which is the same
    assert before["network"][2] != after["network"][2]
    x, y = windows_of(SHORT.values, 5)
    other_x, other_y = windows_of(changed, 5)
    assert autoregression(x, y, 155)[0] == autoregression(other_x, other_y, 155)[0]


def test_the_simple_ways_are_what_they_are_called() -> None:
    found = {row["way"]: row for row in forecast(SHORT, SETTINGS)["errors"]}
    truth = SHORT.values[160:]
    for way, said in (("last value", SHORT.values[159:-1]), ("value 100 steps before", SHORT.values[60:100])):
        assert found[way]["rmse"] == pytest.approx(float(np.sqrt(np.square(truth - said).mean())))
        assert found[way]["mae"] == pytest.approx(float(np.abs(truth - said).mean()))
    network = found["rnn, 4 units"]
    assert network["lowest"] < network["rmse"] < network["highest"]
    assert len(network["seconds"]) == 2


def test_a_linear_series_is_forecast_by_a_linear_model_without_error() -> None:
    time = np.arange(300)
    values = np.sin(time / 4) + 0.5 * np.cos(time / 11)
    x, y = windows_of(values, 6)
    assert float(np.abs(autoregression(x, y, 200) - y[200:]).max()) < 1e-9


def test_windows_end_where_the_next_number_begins() -> None:
    x, y = windows_of(np.arange(10.0), 4)
    assert x.tolist()[0] == [0, 1, 2, 3]
    assert y[0] == 4
    assert x.tolist()[-1] == [5, 6, 7, 8]
    assert (len(x), y[-1]) == (6, 9)


def test_a_series_too_short_for_the_window_is_refused() -> None:
    with pytest.raises(ConfigError, match="--window 100: expected at most 70 for the 160 training steps of sines"):
        forecast(SHORT, replace(SETTINGS, window=100))


def test_the_sines_repeat_but_for_their_noise() -> None:
    made = sines(5000)
    again = made.values[made.season :] - made.values[: -made.season]
    assert float(again.std()) == pytest.approx(NOISE * 2**0.5, rel=0.05)
    assert np.array_equal(sines(50).values, sines(50).values)


def test_the_temperatures_are_four_years_of_days() -> None:
    made = temperatures()
    if made is None:
        pytest.skip("the package vega-datasets is not installed (extra demo)")
    assert len(made.values) == 366 + 3 * 365
    assert -10 < made.values.min() < 5 < 30 < made.values.max() < 40


def test_without_their_package_the_temperatures_are_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(series_module, "MODULE", "no_such_package")
    assert temperatures() is None
    found = SimpleNamespace(submodule_search_locations=[str(tmp_path)])
    monkeypatch.setattr(series_module.importlib.util, "find_spec", lambda _: found)
    with pytest.raises(DataError, match="expected the data of vega-datasets, but No such file"):
        temperatures()
    (tmp_path / "_data").mkdir()
    (tmp_path / series_module.FILE).write_text("date,temp_max\n2012/01/01,warm\n")
    with pytest.raises(DataError, match="line 2: expected a number in temp_max"):
        temperatures()


# --- pictures --------------------------------------------------------------------------------

TRIALS: list[dict[str, Any]] = [
    {
        "task": task, "encoder": kind, "length": length, "accuracy": 0.5,
        "gradient_before": [1.0, 0.0], "gradient_after": [1.0, 1e-20],
    }
    for task in ("adding", "recall") for kind in ("rnn", "lstm") for length in (5, 9)
]  # fmt: skip


def test_pictures_are_png_and_the_same_bytes_each_time() -> None:
    pytest.importorskip("matplotlib")
    errors = [{"way": "a", "rmse": 1.0}, {"way": "b", "rmse": 0.5, "lowest": 0.4, "highest": 0.6}]
    one = {"series": "s", "about": "", "unit": "", "steps": 9, "floor": 0.1, "errors": errors}
    first, second = (draw_series([{**one, "truth": [1.0, 2.0], "network": [1.1, 1.9]}]) for _ in range(2))
    assert first is not None
    assert first.startswith(b"\x89PNG")
    assert first == second
    memory = draw_memory(TRIALS, {"adding": 0.08, "recall": 0.125})
    assert memory is not None
    assert memory.startswith(b"\x89PNG")


def test_without_matplotlib_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture.importlib.util, "find_spec", lambda _: None)
    assert draw_memory(TRIALS, {"adding": 0.08, "recall": 0.125}) is None
