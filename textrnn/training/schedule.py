"""The settings of a training run with every `auto` resolved."""

from __future__ import annotations

from dataclasses import dataclass, replace

from textrnn.config.data import TargetKind
from textrnn.config.model import ModelConfig
from textrnn.config.train import TrainConfig
from textrnn.machine.hardware import (
    ResolvedDevice,
    ResolvedPrecision,
    resolve_device,
    resolve_precision,
    resolve_processes,
)
from textrnn.training.adversarial import perturbation_size
from textrnn.training.auto_settings import (
    choose_adversarial,
    choose_epochs,
    choose_min_epochs,
    choose_patience,
    choose_word_dropout,
)


@dataclass(frozen=True)
class Schedule:
    """What does not change during a run: settings with every `auto` resolved.

    Before `min_epochs` epochs nobody loses patience.
    """

    config: TrainConfig
    epochs: int
    patience: int
    precision: ResolvedPrecision
    device: ResolvedDevice
    processes: int = 1
    min_epochs: int = 0


def make_schedule(
    config: TrainConfig, texts: int, tokens: int = 0, classes: int = 2, *, kind: TargetKind = "single"
) -> Schedule:
    """`config` with every `auto` resolved, for a training split of `texts` texts, `tokens` tokens as they are cut, and
    `classes` classes, of a target of this `kind`. Raises ConfigError.
    """
    device = resolve_device(config.device)
    precision = resolve_precision(config.precision, device)
    asked = perturbation_size(config)
    auto = choose_epochs(texts, tokens, classes, adversarial=asked > 0)
    epochs = auto if config.epochs == "auto" else config.epochs
    chosen = choose_adversarial(texts, tokens, epochs, kind)
    patience = choose_patience(texts, classes) if config.patience == "auto" else config.patience
    processes = resolve_processes(config.processes, device)
    resolved = replace(
        config,
        epochs=epochs,
        adversarial=chosen if config.adversarial == "auto" else asked,
        patience=patience,
        device=device,
        precision=precision,
        processes=processes,
    )
    min_epochs = choose_min_epochs(min(auto, epochs)) if config.patience == "auto" else 0
    return Schedule(resolved, epochs, patience, precision, device, processes, min_epochs)


def resolve_model(config: ModelConfig, texts: int, tokens: int) -> ModelConfig:
    """`config` with every `auto` resolved, for a training split of `texts` texts, `tokens` tokens as they are cut."""
    if config.word_dropout != "auto":
        return config
    return replace(config, word_dropout=choose_word_dropout(texts, tokens))
