"""Explanations as a page of their own."""

from __future__ import annotations

from collections.abc import Sequence

from textrnn.explanation.document import make_document
from textrnn.explanation.explanation import Explanation

_STYLE = """
:root { color-scheme: light dark; }
body { margin: 0 auto; max-width: 62rem; padding: 1.5rem 1rem 3rem; overflow-wrap: break-word;
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto,
    "Noto Sans", "PingFang SC", "Microsoft YaHei", sans-serif; }
h1 { font-size: 1.4rem; }
.explanation { border-top: 1px solid rgba(128,128,128,.4); padding: 1.2rem 0; }
.note { opacity: .8; max-width: 46rem; }
"""
_NOTE = (
    "Blue words speak for the label, orange ones with a dotted line against it; the stronger the colour, the more. "
    "Point at a word to see what it adds to the difference of the calibrated logits. All parts add up to it; “without "
    "words” is what the model predicts for a text without words."
)


def show_page(explanations: Sequence[Explanation]) -> str:
    """Returns a page with the `explanations`, in order: one file, light or dark, without scripts."""
    body = "\n".join(explanation._repr_html_() for explanation in explanations)
    head = f'<h1>What each word adds</h1>\n<p class="note">{_NOTE}</p>'
    return make_document("What each word adds", _STYLE, f"{head}\n{body}")
