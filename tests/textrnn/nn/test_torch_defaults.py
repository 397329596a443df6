"""What the caller has set in torch changes no bit of a fit or a prediction, and is there when the call has ended."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from classifiers import text_classifier
from made import make_rows

from textrnn import SequenceRegressor, TextClassifier

TEXTS, LABELS = map(list, zip(*make_rows(60), strict=True))
TINY: dict[str, Any] = {
    "embedding_size": 6, "hidden_size": 5, "epochs": 1, "batch_size": 16, "device": "cpu", "train.precision": "float32",
    "vectors": "none", "validation_fraction": 0.2, "encoder_pretraining.epochs": 1, "self_training.teachers": 1,
    "ngram_branch.max_features": 100,
}  # fmt: skip
X, Y = np.random.default_rng(0).random((20, 4, 1)), np.arange(20.0)


@contextlib.contextmanager
def default_dtype(dtype: torch.dtype) -> Iterator[None]:
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(torch.float32)


@contextlib.contextmanager
def default_device(device: str) -> Iterator[None]:
    torch.set_default_device(device)
    try:
        yield
    finally:
        torch.set_default_device(None)


@contextlib.contextmanager
def no_gradients() -> Iterator[None]:
    torch.set_grad_enabled(False)
    try:
        yield
    finally:
        torch.set_grad_enabled(True)


@contextlib.contextmanager
def several() -> Iterator[None]:
    with default_dtype(torch.float64), torch.device("meta"), torch.autocast("cpu", torch.bfloat16):
        yield


SETTINGS: dict[str, Callable[[], AbstractContextManager[Any]]] = {
    "float64": lambda: default_dtype(torch.float64),
    "bfloat16": lambda: default_dtype(torch.bfloat16),
    "default device": lambda: default_device("meta"),
    "device": lambda: torch.device("meta"),
    "autocast": lambda: torch.autocast("cpu", torch.bfloat16),
    "no gradients": no_gradients,
    "inference": torch.inference_mode,
    "several": several,
}


def answers(folder: Path) -> list[bytes]:
    """What is computed by models that were fitted and by those that were loaded, of texts and of sequences."""
    fitted = text_classifier(TINY).fit(TEXTS, LABELS, unlabelled=TEXTS[:20])
    loaded = TextClassifier.load(fitted.save(folder / "model"))
    sequences = SequenceRegressor(epochs=1, hidden_size=3).fit(X, Y)
    again = SequenceRegressor.load(sequences.save(folder / "sequences"))
    said = [model.predict_proba(TEXTS) for model in (fitted, loaded)] + [sequences.predict(X), again.predict(X)]
    return [each.tobytes() for each in said]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    return answers(tmp_path_factory.mktemp("plain"))


def state() -> list[Any]:
    return [
        torch.get_default_dtype(), torch.get_default_device(), torch.is_autocast_enabled("cpu"),
        torch.get_autocast_dtype("cpu"), torch.is_grad_enabled(), torch.is_inference_mode_enabled(),
    ]  # fmt: skip


@pytest.mark.parametrize("setting", SETTINGS)
def test_no_setting_of_torch_changes_a_bit(setting: str, plain: list[bytes], tmp_path: Path) -> None:
    with SETTINGS[setting]():
        before = state()
        assert answers(tmp_path) == plain
        assert state() == before
