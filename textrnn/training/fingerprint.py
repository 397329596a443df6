"""What the bits of a training run depend on: a checkpoint is resumed under an equal one alone."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from textrnn.config.model import LayerShape, ModelConfig
from textrnn.config.sequence_model import SequenceConfig
from textrnn.config.train import TrainConfig
from textrnn.data.tabular import empty_tabular
from textrnn.machine.hardware import processor_name
from textrnn.nn.kernel_choice import CELLS, KERNELS, choose_kernel
from textrnn.nn.kernels.kernel import LayerSpec
from textrnn.nn.kernels.library import library_version
from textrnn.nn.kernels.triton_lstm import triton_version
from textrnn.nn.pretrained import PretrainedWeights
from textrnn.storage.files import canonical_json, digest_json
from textrnn.text.ids import Ids
from textrnn.text.ragged import Ragged
from textrnn.text.word_vectors import WordVectors


def fingerprint(
    ids: Ids,
    model_config: ModelConfig,
    train_config: TrainConfig,
    vectors: WordVectors | None = None,
    pretrained: PretrainedWeights | None = None,
) -> dict[str, Any]:
    """Versions, threads, processor, the settings, and digests of what is read, as plain JSON."""
    return {
        **conditions(train_config, model_config),
        "settings": settings_of(model_config, train_config),
        "rows": _digest_rows(ids)[:16],
        "vectors": "none" if vectors is None else hashlib.sha256(vectors.matrix.tobytes()).hexdigest()[:16],
        "pretrained": "none" if pretrained is None else pretrained.digest(),
    }


def pretraining_fingerprint(
    settings: Mapping[str, Any],
    shape: LayerShape,
    train_config: TrainConfig,
    rows: Iterable[Ragged],
    vectors: WordVectors,
) -> dict[str, Any]:
    """The same for pretraining: plain `settings` of all kinds, and all the `rows` that are read."""
    found = hashlib.sha256()
    for part in rows:
        for array in (part.flat, part.offsets):
            found.update(np.ascontiguousarray(array).data)
    return {
        **conditions(train_config, shape),
        "settings": _plain(settings),
        "rows": found.hexdigest()[:16],
        "vectors": hashlib.sha256(vectors.matrix.tobytes()).hexdigest()[:16],
    }


def sequence_fingerprint(
    arrays: Mapping[str, NDArray[Any]], shape: SequenceConfig, train_config: TrainConfig
) -> dict[str, Any]:
    """The same for sequences of numbers, the `arrays` that training reads."""
    rows = hashlib.sha256(digest_json({name: list(array.shape) for name, array in arrays.items()}).encode())
    for array in arrays.values():
        rows.update(np.ascontiguousarray(array).data)
    settings = settings_of(shape, train_config)
    return {**conditions(train_config, shape), "settings": settings, "rows": rows.hexdigest()[:16]}


def conditions(train_config: TrainConfig, shape: ModelConfig | LayerShape | SequenceConfig) -> dict[str, Any]:
    """Versions, threads, processes, processor, native kernels; where a GPU computes, that and Triton's version."""
    gpu = {"gpu": torch.cuda.get_device_name(), "triton": triton_version()} if train_config.device == "cuda" else {}
    return {
        **gpu,
        "torch": torch.__version__,
        "processes": train_config.processes,
        "threads": torch.get_num_threads(),
        "processor": processor_name(),
        "steps": _steps_of(train_config, shape),
        "machine": platform.machine(),
    }


def _steps_of(train_config: TrainConfig, shape: ModelConfig | LayerShape | SequenceConfig) -> str:
    """The library of the optimizer's step, and what kernels read such a network by: for validation, which decides what
    is kept, in float32 always.
    """
    if train_config.device != "cpu":
        return "none"
    dtypes = [torch.float32, *([torch.bfloat16] if train_config.precision == "bfloat16" else [])]
    return ", ".join([library_version(), *(name for dtype in dtypes if (name := _version_of_kernel(shape, dtype)))])


def _version_of_kernel(shape: ModelConfig | LayerShape | SequenceConfig, dtype: torch.dtype) -> str:
    """What the bits of the kernel depend on that reads such a network on the processor; "" for torch alone."""
    if shape.encoder == "bag" or shape.encoder == "convolution":
        return ""
    spec = LayerSpec(CELLS[shape.encoder], shape.hidden_size, torch.device("cpu"), dtype, is_unique=True)
    return choose_kernel(KERNELS, spec).version(dtype)


def settings_of(shape: ModelConfig | SequenceConfig, train_config: TrainConfig) -> dict[str, Any]:
    """All settings that change a byte, as JSON gives them back: what changed can be named."""
    settings = asdict(shape) | asdict(train_config)
    del settings["checkpoint_seconds"]
    return _plain(settings)


def _plain(settings: Mapping[str, Any]) -> dict[str, Any]:
    """`settings` as JSON gives them back, those of a section as "section.name"."""
    flat: dict[str, Any] = {}
    for name, value in settings.items():
        flat |= {f"{name}.{key}": each for key, each in value.items()} if isinstance(value, dict) else {name: value}
    return dict(json.loads(canonical_json(flat)))


def _digest_rows(ids: Ids) -> str:
    found = hashlib.sha256(
        digest_json([ids.vocabulary_size, ids.target.to_json(), ids.tabular_columns.to_json()]).encode()
    )
    for name in ("train", "validation"):
        rows = ids.splits[name]
        tabular = ids.tabular.get(name, empty_tabular(0))
        for array in (rows.flat, rows.offsets, ids.labels[name], tabular.numbers, tabular.codes):
            found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()
