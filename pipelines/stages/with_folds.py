"""The graph of a run with folds: the stages of each fold, before those of the final model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipelines.stages.stage import Stage

SHARED = ("corpus", "words")  # the rows with their tokens, which all folds are dealt from
REPORTED = ("vocabulary", "ids", "classifier", "ngram_branch", "decision", "baseline")  # of each fold


def stages_with_folds(stages: Sequence[Stage], folds: int) -> tuple[Stage, ...]:
    """`stages` with so many folds; 0: as they are.

    Each fold deals the words anew, and repeats all stages from there to what the report reads, without a new one:
    "train.2" makes "classifier.2" of "ids.2". The report is on the folds; the other stages are those of the model.
    """
    if not folds:
        return tuple(stages)
    report = next(stage for stage in stages if stage.makes == "report")
    repeated = [stage for stage in _needed_for(stages, REPORTED) if stage.makes not in SHARED]
    first = [stage for stage in stages if stage.makes in SHARED]
    each = [
        stage for fold in range(1, folds + 1) for stage in (_deal(fold), *(_of_fold(row, fold) for row in repeated))
    ]
    read = tuple(f"{noun}.{fold}" for fold in range(1, folds + 1) for noun in REPORTED)
    on_folds = replace(
        report,
        reads=("corpus", "vocabulary", "ids", "classifier", "ngram_branch", "decision", *read),
        params=("evaluate", "data"),
        arguments="textrnn.config.arguments.folds:evaluate_folds_arguments",
        function="pipelines.stages.evaluate_folds:run_evaluate_folds",
    )
    others = [on_folds if stage is report else stage for stage in stages if stage not in first]
    return (*first, *each, *others)


def _deal(fold: int) -> Stage:
    return Stage(
        f"fold.{fold}",
        reads=SHARED,
        makes=f"words.{fold}",
        params=("data",),
        arguments="textrnn.config.arguments.folds:fold_arguments",
        function="pipelines.stages.fold:run_fold",
        noun="textrnn.text.words:Words",
        summary=f"Deal the rows to the splits of fold {fold}.",
        fold=fold,
    )


def _of_fold(stage: Stage, fold: int) -> Stage:
    """`stage` on the words of `fold`; what is left out of unlabelled texts is the whole corpus."""
    reads = tuple(noun if noun == "corpus" else f"{noun}.{fold}" for noun in stage.reads)
    return replace(stage, name=f"{stage.name}.{fold}", reads=reads, makes=f"{stage.makes}.{fold}")


def _needed_for(stages: Sequence[Stage], nouns: Sequence[str]) -> list[Stage]:
    """The stages that make `nouns`, with all that they need, in order."""
    wanted = set(nouns)
    for stage in reversed(stages):
        if stage.makes in wanted:
            wanted |= set(stage.reads)
    return [stage for stage in stages if stage.makes in wanted]
