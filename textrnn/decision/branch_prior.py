"""What the branch weights are before validation says anything."""

from __future__ import annotations

from dataclasses import dataclass

from textrnn.data.few_texts import has_few

SMALL = 0.05  # weight of the branch that knows less
FEW_TO_BEGIN = 500  # training texts below which a network that began from nothing knows fewer words than n-grams do


@dataclass(frozen=True)
class BranchPrior:
    """The weights of the recurrent network and the n-gram branch, and the penalty, in nats, at a distance of 1 from
    them (twice the factor of the squared distance).
    """

    recurrent: float
    ngram_branch: float
    strength: float


EQUAL = BranchPrior(0.5, 0.5, strength=8.0)
NGRAMS_FIRST = BranchPrior(SMALL, 1 - SMALL, strength=32.0)
NETWORK_FIRST = BranchPrior(1 - SMALL, SMALL, strength=32.0)


def choose_prior(texts: int, *, warm_start: bool) -> BranchPrior:
    """Return the prior of a classifier with so many training `texts`, whose network began from another model or not.

    With many texts validation decides. With few it has too few rows to weigh two branches: then the branch that knows
    more counts alone until validation shows that the other helps. That is a network that began from a model of related
    texts, with fewer than 5,000 texts; with fewer than 500, the n-gram branch if the network began from nothing.
    Measured: docs/explanation/few-labels.md.

    >>> choose_prior(300, warm_start=False) is NGRAMS_FIRST, choose_prior(900, warm_start=False) is EQUAL
    (True, True)
    """
    if warm_start:
        return NETWORK_FIRST if has_few(texts) else EQUAL
    return NGRAMS_FIRST if texts < FEW_TO_BEGIN else EQUAL
