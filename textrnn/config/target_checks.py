"""Checks of settings that a kind of target excludes."""

from __future__ import annotations

from textrnn.config.data import TargetKind
from textrnn.config.decision import DecisionConfig
from textrnn.config.self_training import SelfTrainingConfig
from textrnn.config.train import TrainConfig
from textrnn.errors import ConfigError

EXCLUSIVE: tuple[TargetKind, ...] = ("single", "ordinal", "path")  # each text has one class


def require_compatible(
    kind: TargetKind, train: TrainConfig, self_training: SelfTrainingConfig, decision: DecisionConfig
) -> None:
    """Raise ConfigError for a setting that has no meaning for a target of this `kind`."""
    _require_one(decision)
    if kind in EXCLUSIVE:
        return
    asked = {
        "train.label_smoothing": train.label_smoothing > 0,
        "self_training.teachers": self_training.teachers > 0,
        "self_training.teacher": self_training.teacher != "self",
        "decision.coverage": decision.coverage < 1,
        "decision.abstain_below": decision.abstain_below is not None,
        "decision.costs": decision.costs is not None,
        "decision.precision": kind == "number" and decision.precision is not None,
        "decision.recall": kind == "number" and decision.recall is not None,
        "train.class_weight": kind == "number" and train.class_weight != "none",
        "train.sampling": kind == "number" and train.sampling == "balanced",
    }
    for name, is_asked in asked.items():
        if is_asked:
            raise ConfigError(
                f'{name}: expected a target with one class a text, found data.target = "{kind}"; leave the setting out'
            )


def _require_one(decision: DecisionConfig) -> None:
    """Raise ConfigError where two things are asked of the predictions that exclude one another."""
    asked = {
        "precision": decision.precision is not None,
        "recall": decision.recall is not None,
        "coverage": decision.coverage < 1,
        "abstain_below": decision.abstain_below is not None,
        "costs": decision.costs is not None,
    }
    found = [f"decision.{name}" for name, is_asked in asked.items() if is_asked]
    if len(found) > 1:
        raise ConfigError(f"{found[0]}: expected it alone, found {found[1]} too; leave one of them out")
