"""baseline: the same words, a linear model."""

from __future__ import annotations

from pipelines.stages.stage import StageContext
from textrnn.config.baseline import BaselineConfig
from textrnn.linear.baseline import Baseline
from textrnn.linear.fit_baseline import fit_baseline
from textrnn.text.words import Words


def run_baseline(words: Words, baseline_config: BaselineConfig, context: StageContext) -> Baseline:
    """Fit the linear model that the report compares with."""
    return fit_baseline(words, baseline_config, on_progress=context.log)
