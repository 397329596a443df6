"""What the stages of a run with folds read of the config sections."""

from __future__ import annotations

from dataclasses import dataclass

from textrnn.config.data import DataConfig
from textrnn.config.evaluate import EvaluateConfig
from textrnn.config.field_types import select_fields


@dataclass(frozen=True)
class FoldsDealt:
    """The part of [data] that deals rows to folds."""

    folds: int
    split_seed: int


@dataclass(frozen=True)
class FoldSplits:
    """The part of [data] that makes the splits of one fold."""

    folds: int
    split_seed: int
    validation_fraction: float
    max_categories: int


@dataclass(frozen=True)
class FoldArguments:
    """What `fold_words` reads."""

    data: FoldSplits


@dataclass(frozen=True)
class EvaluateFoldsArguments:
    """All of [evaluate], and what deals the rows."""

    evaluate: EvaluateConfig
    data: FoldsDealt


def fold_arguments(data: DataConfig) -> FoldArguments:
    """The arguments of the splits of a fold, of the section."""
    return FoldArguments(select_fields(FoldSplits, data))


def evaluate_folds_arguments(evaluate: EvaluateConfig, data: DataConfig) -> EvaluateFoldsArguments:
    """The arguments of the report on folds, of the sections."""
    return EvaluateFoldsArguments(evaluate, select_fields(FoldsDealt, data))
