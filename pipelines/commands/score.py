"""`textrnn score`: a saved model on new labelled rows."""

import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.commands.option_advice import current_options, phrase_for_options
from pipelines.commands.option_groups import flatten_option_groups
from pipelines.commands.options import JsonOption, LabelledOptions, ModelOption, QuietOption, SliceOption
from pipelines.commands.print_model_used import print_model_used
from pipelines.commands.quality_gate import FailOnOption, apply_gates, make_gates
from pipelines.running.last_run import find_model
from pipelines.running.stdout import print_json, print_line, require_output
from textrnn.evaluation.origin import Origin, format_time, insert_origin, source_name
from textrnn.evaluation.sections.reproduction import show_reproduction
from textrnn.storage.ownership import require_own_files

if TYPE_CHECKING:
    from textrnn.evaluation.report import Report


@flatten_option_groups
def score(
    file: Annotated[str, typer.Argument(help="Labelled rows: CSV, TSV, JSON Lines, Parquet or fastText.")],
    model: ModelOption = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="A folder for report.json and report.html.", show_default=False),
    ] = None,
    json: JsonOption = False,
    *,
    labelled: LabelledOptions,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a report that textrnn did not write.")
    ] = False,
    slice_by: SliceOption = None,
    fail_on: FailOnOption = None,
    quiet: QuietOption = False,
) -> None:
    """Score a saved model on new labelled rows.

    Columns are called as in training.
    """
    from textrnn.evaluation.summary import summarise
    from textrnn.model.folder import load_predictor
    from textrnn.model.score_rows import score_rows

    gates = make_gates(require_win=False, fail_on=fail_on)
    reading, folder = labelled.reading, find_model(model)
    if output is not None:
        _require_place(output, Path(file), folder, overwrite=overwrite)
    predictor = load_predictor(folder)
    if model is None and not quiet:
        print_model_used(folder)
    report = score_rows(
        predictor,
        file,
        **reading,
        slice_by=tuple(slice_by or ()),
    )
    for warning in report.data["checks"]["warnings"]:
        print(f"warning: {phrase_for_options(warning, current_options())}", file=sys.stderr)
    if output is not None:
        sliced = [word for column in slice_by or () for word in ("--slice-by", column)]
        _save(report, output, file, folder, [*labelled.to_words(), *sliced])
    if json:
        print_json(report.data)
    else:
        for line in summarise(report.data):
            print_line(line)
        if output is not None:
            print_line(f"report  {output / 'report.html'}")
    apply_gates(gates, report.data, lambda line: print(f"warning: {line}", file=sys.stderr))


def _require_place(output: Path, source: Path, model: Path, *, overwrite: bool) -> None:
    """Refuse, by ConfigError and before any work, a folder that the report cannot be written to, or may not."""
    reports = [output / "report.json", output / "report.html"]
    require_output(output, source, model, folder=True)
    for report in reports:
        require_output(report, source, model)
    if not overwrite:
        require_own_files(reports, f"--output {output}:")


def _save(report: "Report", output: Path, file: str, model: Path, options: list[str]) -> None:
    """Write the report into the folder `output`, with the names of the `file` and the `model`, and how to reproduce it
    by the same `options`.
    """
    from pipelines.running.score_reproduction import describe_score

    now = format_time(datetime.now(UTC).isoformat(timespec="seconds"))
    found = show_reproduction(describe_score(file, model, output, options))
    origin = Origin((source_name(file),), f"Scored on {now} with the model {model.name}.", reproduction=found)
    replace(report, html=insert_origin(report.html, origin)).save(output)
