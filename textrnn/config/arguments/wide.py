"""What the n-gram branch reads of the config sections."""

from __future__ import annotations

from dataclasses import dataclass

from textrnn.config.fields import part_of
from textrnn.config.train import ClassWeighting, TrainConfig
from textrnn.config.wide import NgramBranchConfig


@dataclass(frozen=True)
class ClassWeights:
    """Of [train]: what a text of a class counts."""

    class_weight: ClassWeighting


@dataclass(frozen=True)
class WideArguments:
    """All of [wide], and the weights of the classes."""

    wide: NgramBranchConfig
    train: ClassWeights


def wide_arguments(wide: NgramBranchConfig, train: TrainConfig) -> WideArguments:
    """The arguments of the n-gram branch, of the sections."""
    return WideArguments(wide, part_of(ClassWeights, train))
