"""wide: token ids become a linear branch on their n-grams."""

from __future__ import annotations

from pipelines.stages.stage import Job
from textrnn.config.train import TrainConfig
from textrnn.config.wide import WideConfig
from textrnn.linear.fit_ngram_branch import fit_wide
from textrnn.linear.ngram_branch import WideBranch
from textrnn.text.ids import Ids


def run_wide(ids: Ids, wide_config: WideConfig, train_config: TrainConfig, job: Job) -> WideBranch:
    """Fit the branch that is learned beside the recurrent one."""
    if not wide_config.enabled:
        job.say("not enabled")
    return fit_wide(ids, wide_config, train_config.class_weight, on_progress=job.say)
