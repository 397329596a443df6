"""What became of two starts of a network that validation compared."""

from __future__ import annotations

from textrnn.inference.classifier import Classifier

WARM, COLD = "warm", "cold"  # the names in `Classifier.starts`


def kept_start(classifier: Classifier) -> str:
    """Which start the weights come from: `warm`, another model, or `cold`, nothing."""
    return WARM if classifier.origin else COLD


def describe_starts(classifier: Classifier) -> str:
    """A sentence on the starts that were compared, and the one that was kept."""
    assert classifier.starts is not None
    kept = kept_start(classifier)
    other = COLD if kept == WARM else WARM
    what = "accuracy" if classifier.train_config.best_by == "accuracy" else "loss"
    return (
        f"kept the {kept} start, validation {what} {classifier.starts[kept]:.4f}; "
        f"the {other} start has {classifier.starts[other]:.4f}"
    )
