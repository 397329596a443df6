"""The picture of `textrnn demo series`: the forecasts against the truth, with the errors of every way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textrnn.sequences.demo.png import BLUE, INK, LINE, MUTED, ORANGE, draw_png

MAX_STEPS = 120  # of the last test steps


def draw_series(found: Sequence[dict[str, Any]]) -> bytes | None:
    """A row a series of what `forecast` found; None without matplotlib."""

    def draw(figure: Any) -> None:
        grid = figure.subplots(len(found), 2, squeeze=False, width_ratios=(2.1, 1))
        for (left, right), one in zip(grid, found, strict=True):
            _draw_forecast(left, one)
            _draw_errors(right, one)

    return draw_png(draw, width=11, height=3.1 * len(found))


def _draw_forecast(axes: Any, one: dict[str, Any]) -> None:
    truth, network = one["truth"][-MAX_STEPS:], one["network"][-MAX_STEPS:]
    last = list(range(one["steps"] - len(truth), one["steps"]))
    axes.plot(last, truth, "o", color=INK, markersize=2.6, label="truth")
    axes.plot(last, network, color=BLUE, label=f"{one['errors'][-1]['way']}, first seed")
    axes.set_title(f"{one['series']}: {one['about']}; the last {len(truth)} test steps, one step ahead", fontsize=9)
    axes.set_ylabel(one["unit"])
    axes.set_xlabel("step")
    axes.legend(loc="upper left", ncols=2, bbox_to_anchor=(0, 1.0), fontsize=8)
    low, high = min(truth), max(truth)
    axes.set_ylim(low - 0.08 * (high - low), high + 0.25 * (high - low))


def _draw_errors(axes: Any, one: dict[str, Any]) -> None:
    rows = one["errors"]
    places = range(len(rows))
    axes.barh(places, [row["rmse"] for row in rows], height=0.5, color=[LINE] * (len(rows) - 1) + [BLUE])
    widest = max(row["rmse"] for row in rows)
    for place, row in enumerate(rows):
        spread = f"  ({row['lowest']:.3f} to {row['highest']:.3f})" if "lowest" in row else ""
        told = f"{row['way']}: {row['rmse']:.3f}{spread}"
        paper = {"facecolor": "white", "edgecolor": "none", "pad": 1}
        axes.text(0.01 * widest, place - 0.42, told, fontsize=8, color=INK, va="center", bbox=paper)
    if one["floor"] is not None:
        axes.axvline(one["floor"], color=ORANGE, linewidth=1.2, linestyle=(0, (4, 3)))
        axes.text(one["floor"] + 0.01 * widest, len(rows) - 0.62, "the noise", fontsize=8, color=ORANGE, va="center")
    axes.set_ylim(len(rows) - 0.45, -0.75)
    axes.set_yticks([])
    axes.grid(axis="y", visible=False)
    axes.spines["left"].set_color(MUTED)
    unit = f" ({one['unit']})" if one["unit"] else ""
    axes.set_title(f"Test error{unit}: root mean square", fontsize=9)
