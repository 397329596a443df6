"""The verb of the decide stage: branch weights, calibration, what was asked of the predictions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from safetensors.numpy import save

from textrnn.config.decision import DecisionConfig
from textrnn.data.target import Target
from textrnn.decision.apply_request import apply_request
from textrnn.decision.branch_logits import classifier_logits
from textrnn.decision.branch_prior import choose_prior
from textrnn.decision.calibrate import calibrate
from textrnn.decision.cost_matrix import cost_matrix
from textrnn.decision.decision import Decision
from textrnn.decision.negligible_branch import describe_negligible_branch
from textrnn.decision.request import Request
from textrnn.decision.weights_digest import weights_digest
from textrnn.errors import ConfigError
from textrnn.inference.classifier import Classifier
from textrnn.linear.ngram_branch import NgramBranch, to_bytes
from textrnn.storage.files import digest_bytes
from textrnn.text.ids import Ids


def decide(
    ids: Ids,
    classifier: Classifier,
    ngram_branch: NgramBranch,
    config: DecisionConfig | None = None,
    *,
    on_idle: Callable[[str], None] = lambda _: None,
) -> Decision:
    """Fit the decision with the lowest loss on the validation split of `ids`: log loss, or squared error of numbers.

    Without validation examples the branches have the weights of the prior (`choose_prior`). What `config` asks of the
    predictions is found on the same split, and promised as far as it shows it; where it does not the promise says so.
    The decision is bound to the weights. `on_idle` is called with a message if a branch has a negligible weight.
    """
    rows, tabular, labels = ids.splits["validation"], ids.tabular.get("validation"), ids.labels["validation"]
    logits, has_ngrams = classifier_logits(classifier, ngram_branch, rows, tabular), ngram_branch.ngrams.features > 0
    weights = ids.weights.get("validation")
    prior = choose_prior(len(ids.splits["train"]), warm_start=classifier.origin is not None)
    decision = calibrate(logits, labels, ids.target, has_ngrams=has_ngrams, weights=weights, prior=prior)
    told = describe_negligible_branch(
        decision, logits, labels, ids.target, rows="validation rows", epochs=len(classifier.history)
    )
    if has_ngrams and told is not None:
        on_idle(told)
    request = None if config is None else request_of(config, ids.target)
    if request is not None:
        try:
            decision = apply_request(decision, logits, labels, ids.target, request)
        except ConfigError as error:
            raise ConfigError(f"decision.{error}") from None
    digests = [digest_bytes(data) for data in (save(dict(classifier.weights)), to_bytes(ngram_branch))]
    return replace(decision, weights=weights_digest(*digests))


def request_of(config: DecisionConfig, target: Target) -> Request | None:
    """Return what `config` asks of a classifier of `target`; None where it asks for nothing."""
    one = () if config.for_class is None else (config.for_class,) if isinstance(config.for_class, str) else None
    classes = config.for_class if one is None else one
    costs = None if config.costs is None else cost_matrix(config.costs, target.names, "decision.costs")
    coverage = config.coverage if config.coverage < 1 else None
    request = Request(
        config.precision, config.recall, coverage, config.abstain_below, costs, tuple(classes or ()), config.confidence
    )
    return request if request.measure else None
