"""scikit-learn: TF-IDF of words and bigrams, and logistic regression."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from benchmarks.data import read_texts
from benchmarks.serve import measured, serve

FITTED: dict[str, Any] = {}


def fit(folder: Path, *, texts: int) -> dict[str, Any]:
    """Fit until it has converged."""
    lines, labels = read_texts(folder, "texts", texts)
    begun = time.perf_counter()
    vectors = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    FITTED["model"] = make_pipeline(vectors, LogisticRegression(max_iter=1_000)).fit(lines, labels)
    return measured(time.perf_counter() - begun, texts)


def classify(folder: Path, *, texts: int) -> dict[str, Any]:
    """Labels of raw texts."""
    lines, _ = read_texts(folder, "texts", texts)
    begun = time.perf_counter()
    FITTED["model"].predict(lines)
    return measured(time.perf_counter() - begun, texts)


if __name__ == "__main__":
    serve({"fit": fit, "classify": classify}, ["scikit-learn"])
