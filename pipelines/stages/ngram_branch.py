"""ngram_branch: token ids become a linear branch on their n-grams."""

from __future__ import annotations

from pipelines.stages.stage import StageContext
from textrnn.config.arguments.ngram_branch import NgramBranchArguments
from textrnn.linear.fit_ngram_branch import fit_ngram_branch
from textrnn.linear.ngram_branch import NgramBranch
from textrnn.text.ids import Ids
from textrnn.text.vocabulary import Vocabulary


def run_ngram_branch(
    ids: Ids, vocabulary: Vocabulary, arguments: NgramBranchArguments, context: StageContext
) -> NgramBranch:
    """Fit the branch that is trained in addition to the recurrent network."""
    if not arguments.ngram_branch_config.enabled:
        context.log("not enabled")
    return fit_ngram_branch(
        ids,
        arguments.ngram_branch_config,
        arguments.train_config.class_weight,
        vocabulary=vocabulary,
        on_progress=context.log,
    )
