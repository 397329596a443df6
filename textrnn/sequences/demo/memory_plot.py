"""The picture of `textrnn demo memory`: accuracy by length, above the reach of gradients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from textrnn.sequences.demo.png import BLUE, GREEN, MUTED, ORANGE, RED, draw_png
from textrnn.sequences.demo.synthetic_tasks import Task

COLOURS = {"rnn": RED, "gru": GREEN, "lstm": BLUE, "mingru": ORANGE}
MARKERS = {"rnn": "o", "gru": "s", "lstm": "D", "mingru": "^"}
TITLES = {
    "adding": "Adding: share of sums within 0.04",
    "recall": "Delayed recall: share of first symbols recalled",
}
MIN_GRADIENT = 1e-12  # below it a float32 gradient is as good as none


def draw_memory(results: Sequence[dict[str, Any]], chance: Mapping[Task, float]) -> bytes | None:
    """A row a task: accuracy by length, gradients before and after training. None without matplotlib.

    `chance` is the accuracy of saying 1, and of guessing a symbol.
    """
    tasks = list(dict.fromkeys(row["task"] for row in results))

    def draw(figure: Any) -> None:
        grid = figure.subplots(len(tasks), 3, squeeze=False)
        for axes, task in zip(grid, tasks, strict=True):
            rows = [row for row in results if row["task"] == task]
            _draw_accuracy(axes[0], rows, TITLES[task], chance[task])
            longest = [row for row in rows if row["length"] == max(row["length"] for row in rows)]
            for part, name in ((axes[1], "before"), (axes[2], "after")):
                _draw_gradients(part, longest, name)
            low = min(axes[1].get_ylim()[0], axes[2].get_ylim()[0])
            high = max(axes[1].get_ylim()[1], axes[2].get_ylim()[1])
            for part in axes[1:]:
                part.set_ylim(low, high)
        grid[0][0].legend(loc="best", fontsize=8)

    return draw_png(draw, width=12.5, height=3.6 * len(tasks))


def _draw_accuracy(axes: Any, rows: Sequence[dict[str, Any]], title: str, chance: float) -> None:
    lengths = sorted({row["length"] for row in rows})
    for kind in dict.fromkeys(row["encoder"] for row in rows):
        points = sorted((row["length"], row["accuracy"]) for row in rows if row["encoder"] == kind)
        places = [lengths.index(length) for length, _ in points]
        axes.plot(
            places, [y for _, y in points], marker=MARKERS.get(kind), color=COLOURS.get(kind), label=kind, alpha=0.9
        )
    axes.axhline(chance, color=MUTED, linewidth=1, linestyle=(0, (4, 3)), label="without memory")
    axes.set_xticks(range(len(lengths)), [str(length) for length in lengths])
    axes.set(ylim=(-0.04, 1.06), xlabel="length (steps)", title=title)


def _draw_gradients(axes: Any, rows: Sequence[dict[str, Any]], when: str) -> None:
    for row in rows:
        norms = [max(norm, MIN_GRADIENT) for norm in row[f"gradient_{when}"]]
        kind = row["encoder"]
        axes.plot(
            range(len(norms)),
            norms,
            color=COLOURS.get(kind),
            linewidth=1.4,
            marker=MARKERS.get(kind),
            markersize=4,
            markevery=max(len(norms) // 10, 1),
        )
    axes.set_yscale("log")
    axes.set(
        xlabel="steps before the last one",
        title=f"|d loss / d input|, {when} training, length {rows[0]['length']}",
    )
