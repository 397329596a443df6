"""wide: token ids become a linear branch on their n-grams."""

from __future__ import annotations

from pipelines.stages.stage import Job
from textrnn.config.arguments.wide import WideArguments
from textrnn.linear.fit_ngram_branch import fit_wide
from textrnn.linear.ngram_branch import WideBranch
from textrnn.text.ids import Ids


def run_wide(ids: Ids, arguments: WideArguments, job: Job) -> WideBranch:
    """Fit the branch that is learned beside the recurrent one."""
    if not arguments.wide.enabled:
        job.say("not enabled")
    return fit_wide(ids, arguments.wide, arguments.train.class_weight, on_progress=job.say)
