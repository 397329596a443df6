"""fastText: word vectors summed, and a linear classifier. It reads its training file itself."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import fasttext

from benchmarks.data import read_texts
from benchmarks.serve import measured, serve
from benchmarks.sizes import WIDTH

THREADS = int(os.environ["OMP_NUM_THREADS"])
FITTED: dict[str, Any] = {}


def fit(folder: Path, *, texts: int, passes: int) -> dict[str, Any]:
    """Train on words and bigrams, `passes` times over the texts."""
    path = folder / f"fasttext-{texts}.txt"
    if not path.exists():
        lines, labels = read_texts(folder, "texts", texts)
        path.write_text("".join(f"__label__{a} {b}\n" for a, b in zip(labels, lines, strict=True)), encoding="utf-8")
    begun = time.perf_counter()
    FITTED["model"] = fasttext.train_supervised(
        input=str(path), dim=WIDTH, epoch=passes, wordNgrams=2, thread=THREADS, verbose=0
    )
    return measured(time.perf_counter() - begun, texts)


def classify(folder: Path, *, texts: int) -> dict[str, Any]:
    """Labels of raw texts."""
    lines, _ = read_texts(folder, "texts", texts)
    begun = time.perf_counter()
    FITTED["model"].predict(lines)
    return measured(time.perf_counter() - begun, texts)


if __name__ == "__main__":
    serve({"fit": fit, "classify": classify}, ["fasttext-numpy2-wheel"])
