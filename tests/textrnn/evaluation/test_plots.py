"""The pictures are well-formed SVG, show what was measured, and need no setting of the user's."""

from __future__ import annotations

import sys
from xml.etree import ElementTree

import matplotlib
import pytest

from textrnn.evaluation import plots
from textrnn.evaluation.plots import draw_confusion, draw_curves, draw_lengths, draw_reliability

BINS = [
    {"above": 0.6, "up_to": 0.7, "count": 10, "confidence": 0.65, "accuracy": 0.6, "low": 0.3, "high": 0.8},
    {"above": 0.9, "up_to": 1.0, "count": 90, "confidence": 0.97, "accuracy": 0.99, "low": 0.9, "high": 1.0},
]
LENGTHS = [{"from": 1, "to": 9, "count": 5, "accuracy": 0.8, "low": 0.4, "high": 0.9}]
HISTORY = [
    {"epoch": 1, "train_loss": 0.7, "validation_loss": 0.6, "validation_accuracy": 0.8, "learning_rate": 0.1},
    {"epoch": 2, "train_loss": 0.5, "validation_loss": None, "learning_rate": 0.1},
]


def texts(svg: str) -> list[str]:
    root = ElementTree.fromstring(svg)
    return ["".join(found.itertext()).strip() for found in root.iter() if found.tag.endswith("text")]


def test_small_matrix_shows_its_counts():
    found = texts(draw_confusion([[5, 1200], [0, 7]], ["no", "$yes$ <b>"], []))
    assert {"5", "1,200", "0", "7", "no", "$yes$ <b>"} <= set(found)


@pytest.mark.parametrize("label", ["font: 9px a", ' id="axes_1"', "#0a0b0c", "<metadata>", "--> </svg>", "\\$a_b^{c"])
def test_a_label_is_shown_as_it_is_whatever_it_looks_like(label):
    assert label.strip() in texts(draw_confusion([[1, 2], [3, 4]], [label, "b"], []))


def test_large_matrix_gives_way_to_the_pairs_mixed_up_most():
    names = [f"c{i}" for i in range(40)]
    pairs = [{"true": "c1", "predicted": "c2", "count": 9, "share": 0.5}]
    found = texts(draw_confusion([[1] * 40] * 40, names, pairs))
    assert "c1 → c2" in found
    assert len(found) < 20
    assert draw_confusion([[0] * 40] * 40, names, [])  # no errors, no pairs


@pytest.mark.parametrize("best", [None, 1])
def test_every_picture_is_well_formed(best):
    for svg in (draw_curves(HISTORY, best), draw_reliability(BINS), draw_lengths(LENGTHS, 0.8)):
        assert ElementTree.fromstring(svg).tag.endswith("svg")
    assert ("kept" in texts(draw_curves(HISTORY, best))) == (best is not None)
    assert "1\u20139" in texts(draw_lengths(LENGTHS, 0.8))


def test_the_users_settings_have_no_part_and_are_left_alone():
    before = draw_curves(HISTORY, 1)
    with matplotlib.rc_context(
        {"font.size": 30, "axes.facecolor": "red", "svg.fonttype": "path", "lines.markeredgewidth": 9}
    ):
        assert draw_curves(HISTORY, 1) == before
        assert matplotlib.rcParams["font.size"] == 30


def test_no_matplotlib_no_pictures(monkeypatch):
    monkeypatch.setattr(plots.importlib.util, "find_spec", lambda name: None)
    assert plots.draw_plots({}) is None


def test_importing_the_page_imports_no_matplotlib():
    import subprocess

    program = (
        "import sys, textrnn.evaluation.build_report; sys.exit('matplotlib' in sys.modules or 'torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
