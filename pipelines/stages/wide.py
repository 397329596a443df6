"""wide: token ids become a linear branch on their n-grams."""

from __future__ import annotations

from pipelines.stages.stage import Job
from textrnn.config.arguments.wide import WideArguments
from textrnn.linear.fit_ngram_branch import fit_ngram_branch
from textrnn.linear.ngram_branch import NgramBranch
from textrnn.text.ids import Ids


def run_ngram_branch(ids: Ids, arguments: WideArguments, job: Job) -> NgramBranch:
    """Fit the branch that is learned beside the recurrent one."""
    if not arguments.wide.enabled:
        job.log("not enabled")
    return fit_ngram_branch(ids, arguments.wide, arguments.train.class_weight, on_progress=job.log)
