"""`textrnn predict`: the predictions of a saved model to new texts."""

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.commands.model_notice import print_model_used
from pipelines.commands.option_advice import current_options, phrase_for_options
from pipelines.commands.option_groups import flatten_option_groups
from pipelines.commands.options import FormatOptions, ModelOption, QuietOption, TextColumnOption
from pipelines.predicting.csv_json_output import OutputFormat
from pipelines.predicting.file_arguments import warn_of_file_arguments
from pipelines.predicting.input_rows import InputRows, find_input, read_arguments, read_input, rename_texts
from pipelines.predicting.output_columns import OutputColumns, PredictedRow, output_columns
from pipelines.predicting.prediction_files import require_prediction_file
from pipelines.predicting.prediction_output import Destination, choose_format, write_predictions
from pipelines.predicting.row_counts import Counts
from pipelines.running.last_run import find_model
from pipelines.running.stdout import require_output
from textrnn.config.data import OnBadRow
from textrnn.data.columns import Columns
from textrnn.data.readers.notes import Notes
from textrnn.errors import ConfigError, DataError, TextrnnError
from textrnn.storage.file_names import printable

WINDOW = 1 << 14  # texts read, sorted by length and predicted together; results come in order

InputOption = Annotated[
    str | None,
    typer.Option(
        "--input", "-i", help="CSV, TSV, JSON Lines, Parquet, fastText, or one text a line; - is standard input."
    ),
]
SkipOption = Annotated[
    OnBadRow,
    typer.Option("--on-bad-row", help="A row that cannot be used: no prediction but the reason (skip), or stop there."),
]


@dataclass(frozen=True)
class PredictionOptions:
    """What the predictions hold, and where they are written."""

    format: Annotated[
        OutputFormat | None,
        typer.Option(
            "--format", "-f", help="Output format; default: by the output's name, else JSON Lines.", show_default=False
        ),
    ] = None
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="The output file; default: standard output. .gz or .xz compresses.",
            show_default=False,
        ),
    ] = None
    top: Annotated[
        int | None,
        typer.Option("--top", min=1, help="Show only the N most probable classes.", metavar="N", show_default=False),
    ] = None
    bom: Annotated[
        bool, typer.Option("--bom", help="Write a byte order mark first, so that spreadsheets detect UTF-8.")
    ] = False
    spreadsheet_safe: Annotated[
        bool,
        typer.Option("--spreadsheet-safe", help="Put an apostrophe before CSV cells that a spreadsheet would run."),
    ] = False
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an output that predict did not write.")] = (
        False
    )

    def destination(self) -> Destination:
        """Where they go, and in which format; a link stays, and what it leads to is replaced. Raises ConfigError."""
        place = None if self.output is None else Path(os.path.realpath(self.output))
        return Destination(choose_format(self.format, self.output), place, self.bom, self.spreadsheet_safe)

    def require_place(self, source: str | None, model: Path) -> None:
        """Refuse, by ConfigError and before any work, an output that cannot be written, or may not be replaced."""
        if self.output is not None:
            require_output(self.output, None if source in (None, "-") else Path(str(source)), model)
            require_prediction_file(self.output, overwrite=self.overwrite)


@flatten_option_groups
def predict(
    texts: Annotated[list[str] | None, typer.Argument(help="Texts to classify.", show_default=False)] = None,
    input: InputOption = None,
    text_column: TextColumnOption = None,
    model: ModelOption = None,
    *,
    results: PredictionOptions,
    form: FormatOptions,
    on_bad_row: SkipOption = "skip",
    quiet: QuietOption = False,
) -> None:
    """Predict the label of texts, and the probability of every class.

    \b
    textrnn predict "What a film!"
    textrnn predict --input new.csv --output predictions.csv --format csv

    The columns of the input are kept, and the predictions follow them.

    Columns are called as in training. Where a model reads more than a text, an argument, or a line of standard
    input, is a JSON object with its columns.
    """  # noqa: D301  # \b keeps the lines that follow
    from textrnn.model.folder import load_predictor

    if bool(texts) == (input is not None):
        raise ConfigError("predict: expected texts, or --input FILE (- for standard input), one of the two")
    destination, text_format, folder = results.destination(), form.text_format, find_model(model)
    results.require_place(input, folder)
    if input is not None and input != "-":
        find_input(input)  # told before a model is loaded
    predictor = load_predictor(folder)
    if model is None and not quiet:
        print_model_used(folder)
    shown = _shown(predictor, results)
    columns = rename_texts(predictor.columns, text_column)
    counts = _new_counts(columns, texts or [], refuse=bool(texts) or on_bad_row == "refuse")
    incoming = (
        read_input(input, columns, text_format, counts) if input else read_arguments(texts or [], columns, counts)
    )
    shown = _among_columns(shown, incoming, counts, quiet=quiet)
    write_predictions(_predict_rows(predictor, incoming, shown, counts), shown, incoming, destination)
    for line in counts.lines() if not texts and not quiet else counts.warnings():
        print(phrase_for_options(line, current_options()), file=sys.stderr)


def _shown(predictor: Any, results: PredictionOptions) -> OutputColumns:
    """How the predictions of `predictor` are shown. Raises ConfigError."""
    separator = predictor.columns.label_separator
    shown = output_columns(predictor.target, top=results.top, separator=separator)
    if results.top is not None and not shown.names:
        raise ConfigError("--top: expected a model of classes, found one that predicts numbers")
    return shown


def _new_counts(columns: Columns, texts: Sequence[str], *, refuse: bool) -> Counts:
    """Counts of no row yet; warns of `texts` that are the names of files."""
    for sentence in warn_of_file_arguments(texts) if columns.text_only else ():
        print(f"warning: {printable(sentence)}", file=sys.stderr)
    return Counts(Notes(), columns.max_characters, refuse)


def _among_columns(shown: OutputColumns, incoming: InputRows, counts: Counts, *, quiet: bool) -> OutputColumns:
    """`shown` behind the columns of the input; says which of its own get another name."""
    may_fail = incoming.format != "lines" and not counts.refuse
    shown = replace(shown, existing=frozenset(incoming.original.names), errors=may_fail)
    renamed = [name for name in shown.added if name in shown.existing]
    if renamed and not quiet:
        called = ", ".join(shown.call(name) for name in renamed)
        told = f"the input has columns named {', '.join(renamed)}; the predictions are in {called}"
        print(told, file=sys.stderr)
    return shown


def _predict_rows(
    predictor: Any, incoming: InputRows, shown: OutputColumns, counts: Counts
) -> Iterator[list[PredictedRow]]:
    """The rows with their predictions, a window at a time. Raises DataError, at the end, where no row could be used."""
    import numpy as np

    from textrnn.data.target import decode_labels
    from textrnn.model.stream import predict_rows

    every, options = range(len(shown.names)), current_options()
    for rows, results in predict_rows(predictor, incoming.rows, window=WINDOW):
        predictions = decode_labels(predictor.target, results.predictions)
        scores = results.probabilities.round(6)
        own = scores[np.arange(len(scores)), results.predictions].tolist() if shown.single else [None] * len(scores)
        numbers: Any = None
        if shown.top is not None:
            numbers = (-results.probabilities).argsort(axis=1, kind="stable")[:, : shown.top]
            scores = np.take_along_axis(scores, numbers, axis=1)
        numbers = [every] * len(scores) if numbers is None else numbers.tolist()
        accepted = results.accepted.tolist()
        found = zip(predictions, accepted, own, numbers, scores.tolist(), strict=True)
        window = []
        for row in rows:
            if row.example is None:
                window.append(PredictedRow(row.original, error=phrase_for_options(row.error, options)))
                continue
            label, stands, probability, shown_classes, said_of = next(found)
            window.append(PredictedRow(row.original, label if stands else None, probability, shown_classes, said_of))
        counts.predicted += len(window)
        counts.rejected += accepted.count(False)
        yield window
    if counts.bad and counts.bad == counts.read:
        raise DataError(f"none of {counts.read:,} rows could be used; the first: {counts.first}")
    if counts.predicted != counts.read:
        raise TextrnnError(
            f"expected a prediction for each of {counts.read:,} rows, found {counts.predicted:,}; "
            "please report this as a bug"
        )
