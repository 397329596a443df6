"""calibrate: how much each branch counts, found on the validation split."""

from __future__ import annotations

from pipelines.stages.stage import Job
from textrnn.config.calibrate import CalibrateConfig
from textrnn.decision.calibrate import calibrate
from textrnn.decision.decision import Decision
from textrnn.inference.classifier import Classifier
from textrnn.linear.ngram_branch import NgramBranch
from textrnn.text.ids import Ids


def run_calibrate(
    ids: Ids, classifier: Classifier, ngram_branch: NgramBranch, calibrate_config: CalibrateConfig, job: Job
) -> Decision:
    """Find the factor of each branch."""
    decision = calibrate(
        ids, classifier, ngram_branch, calibrate_config, on_idle=lambda told: job.log(f"warning: {told}")
    )
    n_grams = f", the n-gram branch {decision.ngram_branch:g}" if ngram_branch.ngrams.features else ""
    job.log(f"weights, found on validation: the recurrent network {decision.recurrent:g}{n_grams}")
    if decision.min_confidence is not None:
        rejected = f"{1 - calibrate_config.coverage:.1%} of validation"
        job.log(f"rejects predictions with a confidence below {decision.min_confidence:g}: {rejected}")
    return decision
