"""calibrate: how much each branch counts, found on the validation split."""

from __future__ import annotations

from pipelines.stage import Job
from textrnn.decision.calibrate import calibrate
from textrnn.decision.decision import Decision
from textrnn.nn.artifact import Classifier
from textrnn.text.ids import Ids
from textrnn.wide.branch import WideBranch


def run_calibrate(ids: Ids, classifier: Classifier, wide: WideBranch, job: Job) -> Decision:
    """Find the factor of each branch."""
    decision = calibrate(ids, classifier, wide)
    job.say(f"logits count {decision.recurrent:g} (recurrent) and {decision.wide:g} (wide)")
    return decision
