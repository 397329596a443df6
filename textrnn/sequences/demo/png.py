"""A matplotlib figure as the bytes of a PNG file, the user's own settings left out."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Callable
from typing import Any

INK, MUTED, LINE = "#16191d", "#666d76", "#e3e4e1"
BLUE, ORANGE, GREEN, RED = "#1f5fbf", "#c9822b", "#1b7a4b", "#b3402e"
_SETTINGS: dict[str, Any] = {
    "font.family": ["DejaVu Sans"],  # comes with matplotlib
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.titlepad": 8,
    "text.color": INK,
    "axes.titlecolor": INK,
    "axes.labelcolor": MUTED,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "axes.edgecolor": LINE,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": LINE,
    "grid.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "ytick.minor.size": 0,
    "lines.linewidth": 1.7,
    "lines.markersize": 5,
    "legend.frameon": False,
    "figure.facecolor": "white",
    "figure.constrained_layout.use": True,
}


def draw_png(draw: Callable[[Any], None], *, width: float, height: float) -> bytes | None:
    """The PNG of a figure of `width` x `height` inches on which `draw` has drawn; None without matplotlib."""
    if importlib.util.find_spec("matplotlib") is None:
        return None
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    defaults: dict[str, Any] = {str(name): value for name, value in matplotlib.rcParamsDefault.items()}
    del defaults["backend"]
    file = io.BytesIO()
    settings: Any = {**defaults, **_SETTINGS}
    with matplotlib.rc_context(settings):
        figure = Figure(figsize=(width, height), dpi=120)
        draw(figure)
        FigureCanvasAgg(figure).print_png(file, metadata={"Software": None})  # type: ignore[no-untyped-call]
    return file.getvalue()
