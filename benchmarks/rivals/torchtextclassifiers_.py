"""torchTextClassifiers: averaged word embeddings, trained by PyTorch Lightning. No recurrence."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from torchTextClassifiers import ModelConfig, TrainingConfig, torchTextClassifiers
from torchTextClassifiers.tokenizers import WordPieceTokenizer

from benchmarks.data import VOCABULARY, read_texts
from benchmarks.serve import measured, serve
from benchmarks.sizes import WIDTH

FITTED: dict[str, Any] = {}


def fit(folder: Path, *, texts: int, passes: int, batch: int, longest: int) -> dict[str, Any]:
    """Tokenizer and network, `passes` times over the texts."""
    lines, labels = read_texts(folder, "texts", texts)
    config = TrainingConfig(
        num_epochs=passes,
        batch_size=batch,
        lr=1e-3,
        raw_labels=False,
        raw_categorical_inputs=False,
        num_workers=0,
        accelerator="cpu",
        save_path=tempfile.mkdtemp(dir=folder),
        trainer_params={"enable_progress_bar": False, "default_root_dir": str(folder)},
    )
    os.chdir(folder)  # it logs where it stands
    begun = time.perf_counter()
    tokenizer = WordPieceTokenizer(VOCABULARY, output_dim=longest)
    tokenizer.train(lines)
    model = torchTextClassifiers(tokenizer, ModelConfig(embedding_dim=WIDTH, num_classes=2))
    model.train(np.array(lines), np.array(labels), config)
    FITTED["model"] = model
    return measured(time.perf_counter() - begun, texts)


def classify(folder: Path, *, texts: int) -> dict[str, Any]:
    """Labels of raw texts."""
    lines, _ = read_texts(folder, "texts", texts)
    begun = time.perf_counter()
    FITTED["model"].predict(np.array(lines), raw_categorical_inputs=False)
    return measured(time.perf_counter() - begun, texts)


if __name__ == "__main__":
    serve({"fit": fit, "classify": classify}, ["torchtextclassifiers", "torch"])
