"""A SimpleRNN of 50 units on a series, ours beside Keras's own: errors and seconds, the same recipe, several seeds."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from typing import Any

from benchmarks.processes import RivalFailed
from benchmarks.report import ratios
from benchmarks.session import TEXTRNN, Missing, Program, Session, tell
from benchmarks.sizes import TINY

UNITS, BATCH, EPOCHS, SEEDS = 50, 32, 100, 5
KERAS = Program("keras", "keras_")
WAYS = (("textrnn, SequenceRegressor", TEXTRNN), ("Keras, SimpleRNN", KERAS))
ABOUT = (
    "Whole calls of fit, from nothing (Keras traces its graph in them): {units} units and a dense output, mean squared "
    "error, Adam at 0.001, {epochs} epochs of batches of {batch}, the weights of the epoch that is best on the same "
    "validation windows; {data}. Each seed in turn by every way, every second one in the opposite order. RMSE is on "
    "the test windows, in the units of the series; a linear autoregression on the same windows has {linear:.4f}."
)


def series(session: Session) -> Mapping[str, Any]:
    """The errors and the seconds of every way."""
    tiny = session.size == TINY
    epochs, seeds = (2, 2) if tiny else (EPOCHS, session.repeats or SEEDS)
    made = session.ask(TEXTRNN, {"do": "make_series", "length": 300 if tiny else 2000})
    found: dict[str, list[dict[str, Any]]] = {name: [] for name, _ in WAYS}
    left_out: list[str] = []
    versions: dict[str, str] = {}
    for seed in range(seeds):
        for name, program in WAYS if seed % 2 == 0 else reversed(WAYS):
            if name in left_out or not session.is_wanted(program, name):
                continue
            request = {"do": "fit_series", "units": UNITS, "batch": BATCH, "epochs": epochs, "seed": seed}
            try:
                versions |= session.ask(program, {"do": "about"})["libraries"]
                found[name].append(session.ask(program, request))
            except (Missing, RivalFailed) as error:
                left_out.append(name)
                found[name].clear()
                tell(f"  {name} is left out: {error}")
        tell(f"  seed {seed + 1} of {seeds}")
    about = ABOUT.format(units=UNITS, epochs=epochs, batch=BATCH, data=made["about"], linear=made["linear"])
    about += "".join(f" Not measured: {name} (`make bench-envs ENVS=keras`)." for name in left_out)
    about += f" {', '.join(f'{name} {version}' for name, version in sorted(versions.items()))}."
    ours = [one["seconds"] for one in found[WAYS[0][0]]]
    return {"kind": "table", "about": about, "rows": [_row(name, runs, ours) for name, runs in found.items() if runs]}


def _row(name: str, runs: list[dict[str, Any]], ours: list[float]) -> dict[str, Any]:
    errors, seconds = [one["rmse"] for one in runs], [one["seconds"] for one in runs]
    spread = statistics.stdev(errors) if len(errors) > 1 else 0.0
    return {
        "way": name,
        "RMSE, mean": f"{statistics.mean(errors):.4f}",
        "deviation": f"{spread:.4f}",
        "lowest": f"{min(errors):.4f}",
        "highest": f"{max(errors):.4f}",
        "seconds, median": statistics.median(seconds),
        "fastest": min(seconds),
        "slowest": max(seconds),
        "this / first": f"{statistics.median(ratios(seconds, ours)):.2f}",
    }
