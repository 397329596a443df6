"""A report is saved and loaded whole, and equal inputs give equal bytes."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys

from textrnn.evaluation.report import Report

MAKE = """
import numpy as np
from textrnn.config.evaluate import EvaluateConfig
from textrnn.data.examples import Examples
from textrnn.data.target import Target
from textrnn.evaluation.build_report import build_report

random = np.random.default_rng(0)
target = Target("single", ("a", "b", "c"))
labels = random.integers(0, 3, 90)
history = [{"epoch": 1, "train_loss": 1.0, "validation_loss": 0.9, "validation_accuracy": 0.5, "learning_rate": 0.1}]
report = build_report(
    Examples({"text": [f"text {i}" for i in range(90)]}, [target.classes[i] for i in labels], np.arange(1, 91)),
    labels, random.dirichlet(np.ones(3), 90), target, random.integers(1, 50, 90),
    config=EvaluateConfig(bootstrap=50), settings={"model": {"hidden_size": 8}}, checks={},
    baseline_probabilities=random.dirichlet(np.ones(3), 90), history=history, best_epoch=1,
)
"""


def make_report() -> Report:
    space: dict[str, Report] = {}
    exec(MAKE, space)
    return space["report"]


def test_saved_and_loaded(tmp_path):
    report = make_report()
    report.save(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "report.json"]
    assert Report.load(tmp_path) == report


def test_line_ends_survive(tmp_path):
    report = Report({}, "<p>a\r\nb\rc</p>\n")
    report.save(tmp_path)
    assert Report.load(tmp_path) == report


def test_another_process_makes_the_same_bytes(tmp_path):
    """Another hash seed, time zone, folder and time; the pictures too."""
    here = make_report()
    program = MAKE + "import sys; from pathlib import Path; report.save(Path(sys.argv[1]))"
    environment = {**os.environ, "PYTHONPATH": os.getcwd(), "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"}
    environment["SOURCE_DATE_EPOCH"] = "1"
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "there")], check=True, env=environment, cwd=tmp_path)
    here.save(tmp_path / "here")
    for name in ("report.json", "report.html"):
        first, second = ((tmp_path / place / name).read_bytes() for place in ("here", "there"))
        assert hashlib.sha256(first).digest() == hashlib.sha256(second).digest(), name


def test_json_is_plain(tmp_path):
    make_report().save(tmp_path)
    data = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"), parse_constant=lambda name: 1 / 0)
    assert data["format"] == 1
