"""What the n-gram branch reads of the config sections."""

from __future__ import annotations

from dataclasses import dataclass

from textrnn.config.field_types import select_fields
from textrnn.config.ngram_branch import NgramBranchConfig
from textrnn.config.train import ClassWeighting, TrainConfig


@dataclass(frozen=True)
class ClassWeights:
    """Of [train]: what a text of a class counts."""

    class_weight: ClassWeighting


@dataclass(frozen=True)
class NgramBranchArguments:
    """All of [ngram_branch], and the weights of the classes."""

    ngram_branch_config: NgramBranchConfig
    train_config: ClassWeights


def ngram_branch_arguments(ngram_branch: NgramBranchConfig, train: TrainConfig) -> NgramBranchArguments:
    """The arguments of the n-gram branch, of the sections."""
    return NgramBranchArguments(ngram_branch, select_fields(ClassWeights, train))
