"""Two series to forecast: a noisy sum of sines; daily temperatures out of a package that carries them."""

from __future__ import annotations

import csv
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from textrnn.errors import DataError

PACKAGE, MODULE, FILE, COLUMN = "vega-datasets", "vega_datasets", "_data/seattle-weather.csv", "temp_max"
NOISE = 0.2


@dataclass(frozen=True)
class Series:
    """Numbers (N,) float64 in time order, in a `unit`; `season` steps make a period, 0 where none repeats.

    `floor` is the error that nothing can be below, where it is known: the deviation of the noise.
    """

    name: str
    about: str
    values: NDArray[np.float64]
    unit: str
    season: int
    floor: float | None = None


def sines(length: int = 2000, *, seed: int = 0) -> Series:
    """Sines of the periods 20 and 50 (together: 100), and normal noise."""
    time = np.arange(length)
    clean = np.sin(2 * np.pi * time / 20) + 0.5 * np.sin(2 * np.pi * time / 50)
    noise = np.random.default_rng(seed).normal(0, NOISE, length)
    about = f"sines of periods 20 and 50, noise of deviation {NOISE}"
    return Series("sines", about, clean + noise, "", 100, NOISE)


def temperatures() -> Series | None:
    """The highest temperature of each day in Seattle, 2012 to 2015 (NOAA); None without the package vega-datasets."""
    spec = importlib.util.find_spec(MODULE)
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(spec.submodule_search_locations[0]) / FILE
    values = np.array(list(_column(path)))
    return Series("temperatures", "highest of each day in Seattle, 2012 to 2015 (NOAA)", values, "°C", 365)


def _column(path: Path) -> Iterator[float]:
    try:
        with open(path, encoding="utf-8", newline="") as file:
            for number, row in enumerate(csv.DictReader(file), start=2):
                try:
                    yield float(row[COLUMN])
                except (KeyError, TypeError, ValueError):
                    raise DataError(f"{path}, line {number}: expected a number in {COLUMN}") from None
    except OSError as error:
        raise DataError(f"{path}: expected the data of {PACKAGE}, but {error.strerror}; install it again") from None
