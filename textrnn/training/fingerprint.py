"""What the bits of a training run depend on: a checkpoint is resumed under an equal one alone."""

from __future__ import annotations

import hashlib
import platform
from dataclasses import asdict
from typing import Any

import numpy as np
import torch

from textrnn.config.model import ModelConfig
from textrnn.config.train import TrainConfig
from textrnn.files import digest_json
from textrnn.hardware import processor_name
from textrnn.text.ids import Ids
from textrnn.text.vectors import Vectors


def fingerprint(
    ids: Ids, model_config: ModelConfig, train_config: TrainConfig, vectors: Vectors | None = None
) -> dict[str, Any]:
    """Versions, threads, processor, and digests of the settings, the rows and the vectors read, as plain JSON."""
    settings = asdict(model_config) | asdict(train_config)
    del settings["checkpoint_seconds"]  # changes no byte
    return {
        "torch": torch.__version__,
        "processes": train_config.processes,
        "threads": torch.get_num_threads(),
        "processor": processor_name(),
        "machine": platform.machine(),
        "settings": digest_json(settings)[:16],
        "rows": _digest_rows(ids)[:16],
        "vectors": "none" if vectors is None else hashlib.sha256(vectors.matrix.tobytes()).hexdigest()[:16],
    }


def _digest_rows(ids: Ids) -> str:
    found = hashlib.sha256(digest_json([ids.vocabulary_size, ids.target.to_json()]).encode())
    for name in ("train", "validation"):
        rows = ids.splits[name]
        for array in (rows.flat, rows.offsets, ids.labels[name]):
            found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()
