"""decide: branch weights, calibration, thresholds with guarantees, found on the validation split."""

from __future__ import annotations

from pipelines.stages.stage import StageContext
from textrnn.config.decision import DecisionConfig
from textrnn.decision.decide import decide
from textrnn.decision.decision import Decision
from textrnn.decision.describe import describe_promises
from textrnn.inference.classifier import Classifier
from textrnn.linear.ngram_branch import NgramBranch
from textrnn.text.ids import Ids


def run_decide(
    ids: Ids, classifier: Classifier, ngram_branch: NgramBranch, decision_config: DecisionConfig, context: StageContext
) -> Decision:
    """Find the factor of each branch."""
    decision = decide(
        ids, classifier, ngram_branch, decision_config, on_idle=lambda told: context.log(f"warning: {told}")
    )
    n_grams = f", the n-gram branch {decision.ngram_branch:g}" if ngram_branch.ngrams.features else ""
    context.log(f"weights, found on validation: the recurrent network {decision.recurrent:g}{n_grams}")
    if (error := decision.calibration).before is not None and error.after is not None:
        context.log(
            f"calibrated by {error.method} scaling: expected calibration error {error.before.value:.3f} before, "
            f"{error.after.value:.3f} after"
        )
    for line in describe_promises(decision, ids.target.names) if decision.promises else ():
        context.log(f"warning: {line}" if line.startswith("no threshold") else line.strip())
    return decision
