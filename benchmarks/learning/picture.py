"""The picture of the learning curves: a panel a set, a line a way."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.learning.lines import Line, lines_of, values_of
from benchmarks.learning.sets import SETS
from benchmarks.learning.ways import WAYS
from textrnn.storage.files import write_bytes

COLUMNS = 3
COLOURS = {
    "default": "#0b5394",
    "warm": "#cc4125",
    "tfidf": "#999999",
    "nb-lr": "#b7b7b7",
    "svm": "#666666",
    "fasttext": "#6aa84f",
    "minilm": "#e69138",
}
OTHERS = ("#8e7cc3", "#76a5af", "#c27ba0")  # of ways without a colour of their own


def draw_curves(lines: Sequence[Line], path: Path) -> None:
    """Write the curves as an SVG file: the same bytes for the same lines and version of matplotlib."""
    import matplotlib  # an extra

    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "learning", "svg.fonttype": "none", "font.size": 8})
    from matplotlib import pyplot

    shown = [data for data in SETS if lines_of(lines, set=data.name)]
    height = -(-len(shown) // COLUMNS)
    figure, panels = pyplot.subplots(height, COLUMNS, figsize=(10, 2.9 * height), squeeze=False)
    for panel in panels.flat[len(shown) :]:
        panel.set_axis_off()
    further = iter(OTHERS * len(WAYS))
    colours = {way.name: COLOURS.get(way.name) or next(further) for way in WAYS}
    for panel, data in zip(panels.flat, shown, strict=False):
        own = lines_of(lines, set=data.name)
        sizes = sorted({line["size"] for line in own})
        for way in WAYS:
            points = [(size, values) for size in sizes if (values := values_of(own, way=way.name, size=size))]
            if points:
                panel.plot(
                    [size for size, _ in points],
                    [100 * statistics.mean(values) for _, values in points],
                    marker="o",
                    markersize=3,
                    linewidth=1.8 if way.ours else 1.1,
                    color=colours[way.name],
                    label=way.what,
                )
        panel.set_xscale("log")
        panel.set_xticks(sizes, [f"{size:,}" for size in sizes], minor=False)
        panel.minorticks_off()
        panel.set_title(data.title)
        panel.grid(alpha=0.3)
    named = {
        label: handle for panel in panels.flat for handle, label in zip(*panel.get_legend_handles_labels(), strict=True)
    }
    figure.legend(named.values(), named.keys(), loc="lower center", ncols=4, frameon=False)
    figure.supylabel("accuracy %")
    figure.tight_layout(rect=(0, 0.16 / height, 1, 1))
    with TemporaryDirectory() as place:
        figure.savefig(Path(place) / "curves.svg", metadata={"Date": None})
        write_bytes(path, (Path(place) / "curves.svg").read_bytes())
    pyplot.close(figure)
