"""The plots of a report: learning curves, confusion, reliability, accuracy by length."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from typing import Any

from textrnn.evaluation.formatting import shorten_label
from textrnn.evaluation.svg import ACCENT, INK, LINE, MUTED, PAPER, SECOND, draw_svg

WIDTH, HEIGHT = 4.8, 3.1  # inches; about 345 CSS pixels wide, a phone's width
MAX_MATRIX_CLASSES = 12  # with more, the numbers in the cells are too small
MAX_HEATMAP_CLASSES = 30  # with more, so are the names next to them
MAX_LABEL_LENGTH = 18
LEGEND_LENGTH = 24  # columns of a name in a legend, which has more room than an axis
LINE_ROWS = 5  # predictions of a bin through which the line of reliability goes


def draw_plots(data: Mapping[str, Any]) -> dict[str, str] | None:
    """Draw the plots of the report's `data` as SVG by name: curves (with a history), confusion, reliability, lengths.

    Returns None if matplotlib is not installed.
    """
    if importlib.util.find_spec("matplotlib") is None:
        return None
    pictures = {}
    if data["confusion"]:
        names = [row["name"] for row in data["classes"]]
        pictures["confusion"] = draw_confusion(data["confusion"], names, data["confused"])
    if data["calibration"]:
        before = data["calibration"]["before"]
        pictures["reliability"] = draw_reliability(data["calibration"]["bins"], before["bins"] if before else ())
    if data["precision_recall"]:
        pictures["precision_recall"] = draw_precision_recall(data["precision_recall"])
    if data.get("points"):
        pictures["points"] = draw_points(data["points"])
    if data["lengths"]:
        name = "exact_match" if data["target"]["kind"] == "multi" else "accuracy"
        pictures["lengths"] = draw_lengths(data["lengths"], data["metrics"][name]["value"], name.replace("_", " "))
    if data["history"]:
        pictures["curves"] = draw_curves(data["history"], data["best_epoch"])
    return pictures


def draw_precision_recall(curves: Sequence[Mapping[str, Any]]) -> str:
    """Plot precision by recall, with a point where predictions are made."""

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        for curve, colour in zip(curves, (ACCENT, SECOND), strict=False):
            recall, precision = [x for x, _ in curve["points"]], [y for _, y in curve["points"]]
            axes.plot(recall, precision, color=colour, label=shorten_label(curve["name"], LEGEND_LENGTH))
            if curve["chosen"]:
                axes.plot(*([value] for value in curve["chosen"]), "o", color=colour, markersize=6)
        lowest = min(y for curve in curves for _, y in curve["points"])
        axes.set(xlabel="recall", ylabel="precision", xlim=(-0.02, 1.02), ylim=(max(0, lowest - 0.05), 1.03))
        axes.legend(loc="lower left")

    return draw_svg(draw, width=WIDTH, height=HEIGHT, title="Precision by recall")


def draw_points(points: Sequence[Sequence[float]]) -> str:
    """Plot predicted against true values, with the diagonal."""

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        true, predicted = [x for x, _ in points], [y for _, y in points]
        ends = [min(true + predicted), max(true + predicted)]
        axes.plot(ends, ends, color=MUTED, linewidth=1, linestyle=(0, (3, 3)))
        axes.plot(true, predicted, "o", color=ACCENT, markersize=2.6, alpha=max(0.15, min(0.8, 60 / len(points))))
        axes.set(xlabel="true", ylabel="predicted")
        axes.margins(0.04)

    return draw_svg(draw, width=WIDTH, height=HEIGHT, title="Predicted against true values")


def draw_curves(history: Sequence[Mapping[str, Any]], best_epoch: int | None) -> str:
    """Plot losses and the validation score by epoch; the best epoch is marked."""
    names = [name for name in history[0] if name.startswith("validation_") and name != "validation_loss"]
    scored = names[0] if names else "validation_accuracy"
    shown = scored.removeprefix("validation_").replace("_", " ").replace("f1", "F1").replace("r2", "R²")

    def draw(figure: Any) -> None:
        loss, score = figure.subplots(1, 2)
        for axes, title, lines in (
            (loss, "Loss", (("train_loss", "training", MUTED), ("validation_loss", "validation", ACCENT))),
            (score, f"Validation {shown}", ((scored, "validation", ACCENT),)),
        ):
            for name, label, colour in lines:
                points = [(row["epoch"], row[name]) for row in history if row.get(name) is not None]
                axes.plot([x for x, _ in points], [y for _, y in points], "o-", color=colour, label=label)
            if best_epoch is not None:
                axes.axvline(best_epoch, color=SECOND, linewidth=1, linestyle=(0, (3, 3)), label="kept")
            axes.set_title(title)
            axes.set_xlabel("epoch")
            axes.margins(x=0.08, y=0.12)
            axes.xaxis.get_major_locator().set_params(integer=True, nbins=6, min_n_ticks=1)
        loss.legend(loc="best")

    return draw_svg(draw, width=WIDTH, height=HEIGHT, title=f"Learning curves: loss and {shown} by epoch")


def draw_confusion(counts: Sequence[Sequence[int]], names: Sequence[str], confused: Sequence[Mapping[str, Any]]) -> str:
    """Plot the confusion matrix, shaded by the share of the true class; for over 30 classes the most confused pairs."""
    if len(names) > MAX_HEATMAP_CLASSES:
        return _draw_pairs(confused[:15])
    labels = [shorten_label(name, MAX_LABEL_LENGTH) for name in names]
    side = min(max(2.4, 0.5 * len(names) + 1.0), 4.6)

    def draw(figure: Any) -> None:
        from matplotlib.patches import Rectangle

        axes = figure.subplots()
        for i, row in enumerate(counts):
            total = max(sum(row), 1)
            for j, count in enumerate(row):
                share = count / total
                axes.add_patch(Rectangle((j, i), 1, 1, facecolor=ACCENT, alpha=round(share, 3), linewidth=0))
                if len(names) <= MAX_MATRIX_CLASSES:
                    colour = PAPER if share > 0.5 else INK if count else MUTED
                    size = _size(count, len(names))
                    axes.text(j + 0.5, i + 0.5, f"{count:,}", ha="center", va="center", color=colour, fontsize=size)
        axes.set(xlim=(0, len(names)), ylim=(len(names), 0), xlabel="predicted", ylabel="true")
        middles = [i + 0.5 for i in range(len(names))]
        small = 8 if len(names) <= MAX_MATRIX_CLASSES else 6.5
        turn = 0 if sum(map(len, labels)) < 30 else 90
        axes.set_xticks(middles, labels, rotation=turn, fontsize=small)
        axes.set_yticks(middles, labels, fontsize=small)
        axes.grid(False)
        for edge in range(len(names) + 1):
            axes.axhline(edge, color=LINE, linewidth=0.5)
            axes.axvline(edge, color=LINE, linewidth=0.5)
        axes.spines["bottom"].set_visible(False)

    return draw_svg(draw, width=WIDTH, height=side, title="Confusion matrix: true classes by predicted classes")


def _size(count: int, classes: int) -> float:
    """The font size at which `count` fits the cell of a matrix of so many classes."""
    return min(13.0, 190.0 / classes / max(len(f"{count:,}"), 3))


def _draw_pairs(confused: Sequence[Mapping[str, Any]]) -> str:
    def draw(figure: Any) -> None:
        axes = figure.subplots()
        names = [
            f"{shorten_label(pair['true'], MAX_LABEL_LENGTH)} → {shorten_label(pair['predicted'], MAX_LABEL_LENGTH)}"
            for pair in confused
        ]
        axes.barh(range(len(names)), [pair["count"] for pair in confused], color=ACCENT, height=0.62)
        axes.set_yticks(range(len(names)), names, color=INK)
        axes.set_ylim(len(names) - 0.4, -0.6)
        axes.xaxis.get_major_locator().set_params(integer=True, nbins=5)
        axes.grid(axis="y", visible=False)
        axes.set_xlabel("examples" if names else "no errors")
        axes.set_title("True class → predicted class")

    return draw_svg(
        draw, width=WIDTH, height=max(2.0, 0.24 * len(confused) + 0.9), title="The classes mixed up most often"
    )


def draw_reliability(bins: Sequence[Mapping[str, Any]], before: Sequence[Mapping[str, Any]] = ()) -> str:
    """Plot accuracy against confidence, with 95 % Wilson intervals, above the counts of the `bins`; as a line, that of
    the bins `before` calibration, if known.
    """

    def draw(figure: Any) -> None:
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3.2, 1))
        upper.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (3, 3)))
        for rows, colour, mark, name in ((before, SECOND, "D--", "before"), (bins, ACCENT, "-", "after")):
            if before:
                often = [row for row in rows if row["count"] >= LINE_ROWS]
                line = [row["confidence"] for row in often], [row["accuracy"] for row in often]
                upper.plot(*line, mark, color=colour, linewidth=1.1, markersize=3.2, label=f"{name} calibration")
        _draw_intervals(upper, [row["confidence"] for row in bins], bins, None if before else "classifier")
        if before:
            upper.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2)
        start = min(row["above"] for row in (*bins, *before))
        lowest = min([start, *(row["low" if row["count"] >= 10 else "accuracy"] for row in (*bins, *before))])
        upper.set(ylim=(lowest - 0.03, 1.03), xlim=(start - 0.01, 1.01), ylabel="accuracy")
        middles = [(row["above"] + row["up_to"]) / 2 for row in bins]
        lower.bar(middles, [row["count"] for row in bins], width=0.055, color=MUTED)
        lower.set(xlabel="confidence", ylabel="count")
        lower.yaxis.get_major_locator().set_params(nbins=2, integer=True)
        lower.yaxis.set_major_formatter("{x:,.0f}")
        lower.grid(axis="x", visible=False)

    return draw_svg(draw, width=WIDTH, height=HEIGHT, title="Reliability diagram: accuracy by confidence")


def draw_lengths(bins: Sequence[Mapping[str, Any]], overall: float, name: str = "accuracy") -> str:
    """Accuracy, or another share by its `name`, in each bin of lengths, with 95 % Wilson intervals, next to the
    baseline's where there is one.
    """

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        places = list(range(len(bins)))
        axes.axhline(overall, color=MUTED, linewidth=1, linestyle=(0, (3, 3)))
        if "baseline_accuracy" in bins[0]:
            heights = [row["baseline_accuracy"] for row in bins]
            axes.plot([x + 0.16 for x in places], heights, "D", color=SECOND, markersize=3.6, label="baseline")
        _draw_intervals(axes, places, bins)
        names = [str(row["to"]) if row["from"] == row["to"] else f"{row['from']}\u2013{row['to']}" for row in bins]
        turn = 0 if len(bins) <= 5 else 30
        axes.set_xticks(places, names, rotation=turn, ha="right" if turn else "center", rotation_mode="anchor")
        axes.set(xlim=(-0.6, len(bins) - 0.4), xlabel="tokens in the text", ylabel=name)
        axes.grid(axis="x", visible=False)
        if "baseline_accuracy" in bins[0]:
            axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2)  # above: lines would cross it

    return draw_svg(draw, width=WIDTH, height=HEIGHT, title=f"{name.capitalize()} by length of the text")


def _draw_intervals(
    axes: Any, places: Sequence[float], bins: Sequence[Mapping[str, Any]], label: str | None = "classifier"
) -> None:
    """A point for the accuracy of each bin, with a line for its interval."""
    low, high = [row["low"] for row in bins], [row["high"] for row in bins]
    axes.vlines(places, low, high, color=ACCENT, linewidth=1.2, alpha=0.6)
    axes.plot(places, [row["accuracy"] for row in bins], "o", color=ACCENT, label=label)
