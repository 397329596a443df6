"""The checks of a report, in the order of their codes."""

from __future__ import annotations

from textrnn.evaluation.checks import (
    baseline,
    conflicting_labels,
    few_rows,
    idle_recurrence,
    label_errors,
    leaked_rows,
    overconfidence,
    seed_spread,
    suggested_labels,
    truncation,
    unfinished_training,
    unknown_words,
    unpredicted_classes,
    unstable_thresholds,
    validation_gap,
    weak_slices,
)
from textrnn.evaluation.checks.check import Check

_MODULES = (
    leaked_rows,
    conflicting_labels,
    baseline,
    few_rows,
    truncation,
    unknown_words,
    overconfidence,
    unpredicted_classes,
    unstable_thresholds,
    validation_gap,
    seed_spread,
    weak_slices,
    label_errors,
    idle_recurrence,
    unfinished_training,
    suggested_labels,
)
CHECKS: tuple[Check, ...] = tuple(module.CHECK for module in _MODULES)
