"""A model folder in a few words: when it was bundled, with its score."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import Any

from textrnn.storage.files import MANIFEST, read_json

SCORES_SHOWN = ("accuracy", "micro_f1", "mean_absolute_error", "r2")  # the first that a model's metrics have is told


def summarize_model(folder: Path) -> str:
    """When the model was bundled, and its score, as its own files have them. Raises OSError."""
    from textrnn.model.files import METRICS

    date = time.strftime("%Y-%m-%d %H:%M", time.localtime((folder / MANIFEST).stat().st_mtime))
    score = ""
    with contextlib.suppress(OSError, ValueError):
        score = _score_of(read_json(folder / METRICS))
    return f"bundled {date}{score}"


def _score_of(metrics: Any) -> str:
    split = ""
    if isinstance(metrics, dict) and isinstance(metrics.get("validation"), dict):  # of a model that Python code saved
        metrics, split = metrics["validation"], " on validation"
    for name in SCORES_SHOWN if isinstance(metrics, dict) else ():
        value = metrics.get(name)
        value = value.get("value") if isinstance(value, dict) else value
        if isinstance(value, float):
            return f", {name.replace('_', ' ')} {value:.4f}{split}"
    return ""
