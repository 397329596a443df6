"""`textrnn decide`: which predictions of a saved model stand, with what guarantee."""

import re
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.commands.option_groups import flatten_option_groups
from pipelines.commands.options import CacheOption, JsonOption, LabelledOptions, ModelOption, QuietOption
from pipelines.commands.print_model_used import print_model_used
from pipelines.running.last_run import find_model
from pipelines.running.stdout import print_json, print_line
from pipelines.running.validation_rows import validation_rows
from textrnn.errors import ConfigError

PrecisionOption = Annotated[
    float | None,
    typer.Option(
        "--precision",
        help="Least share of the accepted predictions that is right, guaranteed.",
        metavar="SHARE",
        show_default=False,
    ),
]
RecallOption = Annotated[
    float | None,
    typer.Option(
        "--recall",
        help="Least share of the rows of a class (--for) that is found, guaranteed.",
        metavar="SHARE",
        show_default=False,
    ),
]
ForClassOption = Annotated[
    list[str] | None,
    typer.Option(
        "--for", help="A class, for --precision or --recall; repeatable.", metavar="CLASS", show_default=False
    ),
]
CoverageOption = Annotated[
    float | None,
    typer.Option(
        "--coverage", help="Share of predictions that is accepted; 1: all.", metavar="SHARE", show_default=False
    ),
]
AbstainOption = Annotated[
    float | None,
    typer.Option(
        "--abstain-below",
        help="Reject predictions with a lower probability.",
        metavar="PROBABILITY",
        show_default=False,
    ),
]
CostsOption = Annotated[
    Path | None,
    typer.Option(
        "--costs",
        help="CSV: a row a true class, a column a predicted class, or abstain; the cheapest is predicted.",
        metavar="FILE",
        show_default=False,
    ),
]
ConfidenceOption = Annotated[
    float, typer.Option("--confidence", help="Probability with which what is guaranteed holds.", metavar="SHARE")
]
DataOption = Annotated[
    str | None,
    typer.Option(
        "--data",
        help="Labelled rows that show it; default: the validation split of the run that made the model.",
        metavar="FILE",
        show_default=False,
    ),
]
NO_ROWS_MESSAGE = "to decide by; found none; name labelled rows, as in --data rows.csv"
REUSED_VALIDATION_NOTE = (
    "  training chose its epoch and its branch weights by these rows: --data FILE with others is stricter"
)
# names of Python's parameters that begin a message: the options
_OPTIONS = {"abstain_below": "--abstain-below", "for_class": "--for"} | {
    name: f"--{name}" for name in ("precision", "recall", "coverage", "costs", "confidence")
}


@flatten_option_groups
def decide(
    precision: PrecisionOption = None,
    recall: RecallOption = None,
    for_class: ForClassOption = None,
    coverage: CoverageOption = None,
    costs: CostsOption = None,
    abstain_below: AbstainOption = None,
    confidence: ConfidenceOption = 0.9,
    data: DataOption = None,
    *,
    labelled: LabelledOptions,
    model: ModelOption = None,
    cache_dir: CacheOption = None,
    json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Decide which predictions of a saved model stand.

    \b
    textrnn decide --precision 0.95
    textrnn decide --recall 0.99 --for spam --data labelled.csv

    The threshold is written into the model folder; predict, score and whatever reads the model use it. Precision and
    recall are guaranteed on rows drawn like the labelled ones, by exact binomial tests. Where no threshold gives what
    is asked nothing is written, and the exit code is 4.
    """  # noqa: D301  # \b keeps the lines that follow
    reading, folder = labelled.reading, find_model(model)
    if data is None:
        labelled.require_unused("--data FILE")
    from textrnn.decision.cost_matrix import read_costs
    from textrnn.decision.describe import describe_promises
    from textrnn.model.decide import make_request, with_fitted_decision
    from textrnn.model.folder import ModelFolder, predictor_of, with_decision
    from textrnn.model.replace import replace_model

    matrix = None if costs is None else read_costs(costs)
    whole = ModelFolder.load(folder)
    predictor = predictor_of(whole, str(folder))
    if model is None and not quiet:
        print_model_used(folder)
    try:
        request = make_request(
            predictor.target, precision, recall, coverage, abstain_below, matrix, for_class, confidence
        )
    except ConfigError as error:
        raise ConfigError(_with_options(str(error))) from None
    rows = validation_rows(predictor, folder, data, reading, cache_dir, NO_ROWS_MESSAGE)
    logits = predictor.encoded_logits(rows.rows, rows.tabular)
    decided = with_fitted_decision(predictor, logits, rows.labels, request)
    made, decided = with_decision(whole, decided)
    replace_model(made.save, folder)
    if json:
        promises = [_as_json(asdict(promise), decided.target.names) for promise in decided.decision.promises]
        print_json({"model": str(folder), "source": rows.source, "rows": len(rows.labels), "promises": promises})
        return
    for line in describe_promises(decided.decision, decided.target.names):
        print_line(line)
    print_line(f"shown by {len(rows.labels):,} labelled rows ({rows.source}); written into {folder}")
    if data is None and any(promise.confidence is not None for promise in decided.decision.promises):
        print_line(REUSED_VALIDATION_NOTE)


def _as_json(promise: dict[str, Any], names: Any) -> dict[str, Any]:
    label = promise.pop("label")
    return {**promise, "class": None if label is None else names[label]}


def _with_options(message: str) -> str:
    """`message` with options in place of Python's parameters."""
    if message.startswith("expected one of "):
        options = ", ".join(_OPTIONS[name] for name in ("precision", "recall", "coverage", "abstain_below", "costs"))
        return f"decide: expected one of {options}, {message.partition('costs, ')[2]}"
    return re.sub(r"^\w+", lambda found: _OPTIONS.get(found[0], found[0]), message)
