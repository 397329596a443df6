"""Whole reports: every section that a kind of target can have, of made rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from textrnn.config.evaluate import EvaluateConfig
from textrnn.data.examples import Examples
from textrnn.data.target import Target
from textrnn.decision.calibration import Calibration, CalibrationError
from textrnn.evaluation.build_report import build_report
from textrnn.evaluation.reliability import Calibrating
from textrnn.evaluation.report import Report

FITTED = Calibration(
    "temperature", rows=90, before=CalibrationError(0.3, 0.2, 0.4), after=CalibrationError(0.1, 0, 0.2)
)
TICKETS = ("Billing", "Hardware", "Network problems", "Account and access", "Other")
INTENTS = tuple(f"intent_{i}_of_{'verylong' * (i % 3)}_kind" for i in range(77))
ORDER = ("very bad", "bad", "fair", "good", "very good")


def make_report(kind: Any, names: tuple[str, ...], size: int = 160) -> Report:
    """A whole report: every section that a kind of target can have."""
    random = np.random.default_rng(0)
    target = Target(kind, names)
    outputs = target.outputs
    branch = {"low": 0.7012, "high": 0.8034, "value": 0.7512}
    lead = {"multi": "macro_f1", "number": "mean_absolute_error"}.get(kind, "accuracy")
    if kind == "number":
        labels: Any = random.normal(100, 20, size)
        said = other = labels[:, None] + random.normal(0, 5, (size, 1))
        plain: list[Any] = labels.tolist()
    elif kind == "multi":
        labels = (random.random((size, outputs)) < 0.3).astype(np.float32)
        said, other = random.random((2, size, outputs))
        plain = [tuple(names[j] for j in np.flatnonzero(row)) for row in labels]
    else:
        labels = random.integers(0, outputs, size)
        said, other = random.dirichlet(np.ones(outputs), (2, size))
        plain = [target.classes[i] for i in labels]
    texts = [f"a made up text number {i} " + "w" * (i % 7) * 40 for i in range(size)]
    verdict = (
        "no difference shown: the whole classifier is ahead of its n-gram branch alone by 0.010, which may be chance"
    )
    gain = {"verdict": verdict, "p_value": 0.2, "only_first": 7, "only_second": 0}
    features = [{"class": name, "features": [["a longer run of words", 1.0], ["w" * 60, 0.5]]} for name in names]
    return build_report(
        Examples({"text": texts}, plain, np.arange(1, size + 1), ids=[f"TICKET-{i:05}" for i in range(size)]),
        labels,
        said,
        target,
        random.integers(1, 300, size),
        config=EvaluateConfig(bootstrap=20, errors=3),
        settings={"model": {"a_setting_with_a_long_name": "value " * 8}, "train": {"epochs": 40}},
        checks={
            "splits": {
                "train": {"rows": 100_000, "empty": 12, "duplicates": 1234, "characters": {"median": 31, "max": 9}}
            },
            "warnings": [f"the class {'x' * 80!r} has few rows", "a warning of some words"],
        },
        thresholds=(0.31,) * outputs if kind == "multi" else (),
        baseline_probabilities=other,
        baseline_thresholds=(0.5,) * outputs if kind == "multi" else (),
        baseline={
            "name": "NB-LR: naive Bayes weights, 1-3-grams, logistic regression",
            "features": 123_456,
            "inverse_penalty": 16.0,
            "top_features": features,
            "trials": [{"model": "nb", "inverse_penalty": 16.0, "score": 0.9, "loss": 0.3}],
        },
        branches={
            "parts": [{"name": name, "factor": 0.4321, lead: branch} for name in ("recurrent", "ngram_branch")],
            "gain": None if kind == "number" else gain,
        },
        rejection={"min_confidence": 1.0, "rejected": 12, "accuracy": branch},
        tabular=[{"name": "a_numeric_column_of_the_table", "score": 0.7, "loss": 0.01}],
        history=[
            {"epoch": i, "train_loss": 1.0 / i, "validation_loss": 1.0, "validation_accuracy": 0.5} for i in (1, 2)
        ],
        best_epoch=2,
        calibrating=None if kind == "number" else Calibrating((said + 1 / outputs) / 2, FITTED),
    )
