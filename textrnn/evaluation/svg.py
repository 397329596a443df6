"""A matplotlib figure as SVG inside a page: with the page's colours, the same bytes each time."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from html import escape
from typing import Any

from textrnn.machine.process_settings import ignore_warnings

# matplotlib knows no CSS variables: it draws in these colours, which are exchanged afterwards
INK, MUTED, LINE = "#010203", "#040506", "#070809"
ACCENT, SECOND, PAPER = "#0a0b0c", "#0d0e0f", "#101112"
_VARIABLES = {INK: "ink", MUTED: "muted", LINE: "line", ACCENT: "accent", SECOND: "second", PAPER: "paper"}

_SETTINGS: dict[str, Any] = {
    "svg.fonttype": "none",  # text stays text: the browser has the fonts, for Chinese too
    "font.family": ["DejaVu Sans"],  # comes with matplotlib: the layout hangs on no font of this machine
    "text.parse_math": False,  # a label may hold dollar signs
    "axes.formatter.use_locale": False,
    "font.size": 8.5,
    "axes.titlesize": 8.5,
    "axes.titlelocation": "left",
    "axes.titlepad": 8,
    "axes.labelsize": 8.5,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "text.color": INK,
    "axes.titlecolor": INK,
    "axes.labelcolor": MUTED,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "axes.edgecolor": LINE,
    "grid.color": LINE,
    "grid.linewidth": 0.7,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "axes.linewidth": 0.8,
    "lines.linewidth": 1.6,
    "lines.markersize": 4.5,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "legend.borderaxespad": 0.2,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "figure.constrained_layout.use": True,
}


def draw_svg(draw: Callable[[Any], None], *, width: float, height: float, title: str) -> str:
    """The SVG element of a figure of `width` x `height` inches on which `draw` has drawn; `title` is read aloud.

    The user's own matplotlib settings have no part in it. Raises ImportError without matplotlib.
    """
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    defaults: dict[str, Any] = {str(name): value for name, value in matplotlib.rcParamsDefault.items()}
    del defaults["backend"]
    # ids come from the content and this salt, not from a random number: no two pictures share one
    settings: Any = {**defaults, **_SETTINGS, "svg.hashsalt": title}
    file = io.StringIO()
    with (
        matplotlib.rc_context(settings),
        ignore_warnings(Warning, ""),
    ):  # signs that the font of the layout lacks; browsers have them
        figure = Figure(figsize=(width, height))
        draw(figure)
        FigureCanvasSVG(figure).print_svg(file, metadata={"Date": None})  # type: ignore[no-untyped-call]
    return _inline(file.getvalue(), title)


def _inline(text: str, title: str) -> str:
    """The <svg> element alone, as wide as its place, without what would leak into the page."""
    body = text[text.index("<svg") :].strip()
    body = re.sub(r"<!--.*?-->\s*|\s*<(metadata|style)\b.*?</\1>", "", body, flags=re.DOTALL)
    box = re.search(r'viewBox="([^"]*)"', body)
    head = f'<svg viewBox="{box.group(1) if box else ""}" role="img" xmlns:xlink="http://www.w3.org/1999/xlink">'
    # matplotlib escapes < and > in texts and attributes, so this finds tags and never a label
    rest = re.sub(r"<[^<>]*>", lambda tag: _adapt(tag.group()), body[body.index(">") + 1 :])
    return f"{head}<title>{escape(title)}</title>{rest}"


def _adapt(tag: str) -> str:
    """A tag in the page's colours and font family, without the name of its group, the same in every picture."""
    tag = re.sub(r' id="[A-Za-z0-9.]+_[0-9]+"', "", tag)
    tag = re.sub(r"font: ((?:[a-z0-9]+ )*)([0-9.]+px) [^;\"]*", r"font-size: \2", tag)
    tag = re.sub(r"font-family: [^;\"]*;? ?", "", tag)
    for colour, name in _VARIABLES.items():
        tag = tag.replace(colour, f"var(--{name})")
    return tag
