"""`textrnn predict`: the predictions of a saved model to new texts."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Annotated, Any

import typer

from pipelines.commands.option_advice import current_options, phrase_for_options
from pipelines.commands.option_groups import flatten_option_groups
from pipelines.commands.options import FormatOptions, ModelOption, QuietOption, TextColumnOption
from pipelines.commands.prediction_options import PredictionOptions
from pipelines.commands.print_model_used import print_model_used
from pipelines.predicting.file_arguments import warn_of_file_arguments
from pipelines.predicting.input_files import find_files
from pipelines.predicting.input_rows import (
    InputRows,
    read_arguments,
    read_files,
    read_standard_input,
    rename_texts,
)
from pipelines.predicting.loaded_model import LoadedModel, load_model
from pipelines.predicting.output_columns import OutputColumns, output_columns
from pipelines.predicting.output_encoders import choose_encoder, choose_row_format
from pipelines.predicting.predicted_rows import PredictedRows, make_predicted_rows
from pipelines.predicting.prediction_output import Destination
from pipelines.predicting.progress import Progress, report_windows, show_progress
from pipelines.predicting.resume import ResumedOutput, output_key, resume_output
from pipelines.predicting.row_counts import RowCounts
from pipelines.predicting.write_predictions import print_predictions, write_in_parts, write_predictions
from pipelines.running.last_run import find_model
from textrnn.config.data import OnBadRow
from textrnn.data.columns import Columns
from textrnn.data.readers.notes import Notes
from textrnn.data.readers.read_digest import ReadDigest
from textrnn.errors import ConfigError, DataError, TextrnnError
from textrnn.machine.process_settings import rare_garbage_collection
from textrnn.storage.file_names import printable

DIGEST_DIGITS = 12  # of the model's digest that each row shows
WINDOW_ROWS = 1 << 14  # texts read, sorted by length and predicted together; results come in order

InputOption = Annotated[
    str | None,
    typer.Option(
        "--input",
        "-i",
        help="CSV, TSV, JSON Lines, Parquet, fastText, or one text a line; a folder or pattern; - is standard input.",
    ),
]
SkipOption = Annotated[
    OnBadRow,
    typer.Option("--on-bad-row", help="A row that cannot be used: no prediction but the reason (skip), or stop there."),
]


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
    """Predict the label of texts, and its probability.

    \b
    textrnn predict "What a film!"
    textrnn predict --input new.csv --output predictions.parquet
    textrnn predict --input 'reviews/*.csv' --output predictions.csv

    The columns of the input are kept, and the predictions follow them: the label, its probability, whether it is
    accepted, else the rejected label, the tokens read, whether it was cut, the share of unknown words, the model.

    Repeat a command that was killed to resume it.

    Columns are called as in training. Where a model reads more than a text, an argument, or a line of standard
    input, is a JSON object with its columns.
    """  # noqa: D301  # \b keeps the lines that follow
    if bool(texts) == (input is not None):
        raise ConfigError("predict: expected texts, or --input FILE (- for standard input), one of the two")
    destination, text_format, folder = results.destination(), form.text_format, find_model(model)
    files = () if input in (None, "-") else find_files(str(input))
    results.require_output_file(input, files, folder)
    loaded = load_model(folder)
    if model is None and not quiet:
        print_model_used(folder)
    shown = _shown(loaded, results)
    columns = rename_texts(loaded.predictor.columns, text_column)
    counts = _new_counts(columns, texts or [], refuse=bool(texts) or on_bad_row == "refuse")
    read_digest = ReadDigest()
    counts.notes.read_digest = read_digest if files else None
    run = output_key(loaded, destination, shown.top, columns, text_format, window=WINDOW_ROWS, refuse=counts.refuse)
    with (
        (
            resume_output(destination.output, run, read_digest, restart=results.restart, quiet=quiet)
            if files and destination.output is not None
            else nullcontext()
        ) as parts,
        rare_garbage_collection(),
    ):
        if files:
            incoming = read_files(files, columns, text_format, counts)
        elif input:
            incoming = read_standard_input(columns, text_format, counts)
        else:
            incoming = read_arguments(texts or [], columns, counts)
        shown = _among_columns(shown, incoming, counts, quiet=quiet)
        with show_progress(files, read_digest, to_terminal=destination.output is None, quiet=quiet) as progress:
            predictions = _predict_rows(loaded.predictor, incoming, shown, counts, progress, parts)
            _write(predictions, shown, incoming, destination, parts, read_whole=bool(files))
    for line in counts.lines() if not texts and not quiet else counts.warnings():
        print(phrase_for_options(line, current_options()), file=sys.stderr)


def _write(
    predictions: Iterator[PredictedRows],
    shown: OutputColumns,
    incoming: InputRows,
    destination: Destination,
    parts: ResumedOutput | None,
    *,
    read_whole: bool,
) -> None:
    """Write them; `read_whole` says that they are of files, whose windows are full but for the last."""
    output = destination.output
    if output is None:
        is_json = destination.format == "jsonl"
        form, bare = choose_row_format(shown, incoming, destination), None
        if shown.errors and not is_json and read_whole:
            bare = choose_row_format(replace(shown, errors=False), incoming, destination)
        print_predictions(predictions, form, bare, json_text=is_json, window=WINDOW_ROWS)
        return
    encoder = choose_encoder(shown, incoming, destination, output)
    if parts is None:
        write_predictions(predictions, encoder, output)
    else:
        write_in_parts(predictions, encoder, output, parts)


def _shown(loaded: LoadedModel, results: PredictionOptions) -> OutputColumns:
    """How the predictions of a model are shown. Raises ConfigError."""
    if results.top is not None and results.all_classes:
        raise ConfigError("--top, --all: expected one of the two, found both")
    target, separator = loaded.predictor.target, loaded.predictor.columns.label_separator
    top = None if results.all_classes else results.top or 0
    decision = loaded.predictor.decision
    shown = output_columns(
        target,
        top=top,
        separator=separator,
        model=loaded.digest[:DIGEST_DIGITS],
        rejects=decision.rejects,
        likeliest=decision.predicts_likeliest,
    )
    if top != 0 and not shown.names:
        option = "--all" if results.all_classes else "--top"
        raise ConfigError(f"{option}: expected a model of classes, found one that predicts numbers")
    return shown


def _new_counts(columns: Columns, texts: Sequence[str], *, refuse: bool) -> RowCounts:
    """Counts of no row yet; warns of `texts` that are the names of files."""
    for sentence in warn_of_file_arguments(texts) if columns.text_only else ():
        print(f"warning: {printable(sentence)}", file=sys.stderr)
    return RowCounts(Notes(), columns.max_characters, refuse)


def _among_columns(shown: OutputColumns, incoming: InputRows, counts: RowCounts, *, quiet: bool) -> OutputColumns:
    """`shown` behind the columns of the input; says which of its own get another name."""
    may_fail = incoming.format != "lines" and not counts.refuse
    shown = replace(shown, existing=frozenset(incoming.original.names), errors=may_fail)
    renamed = [name for name in shown.added_columns if name in shown.existing]
    if renamed and not quiet:
        called = ", ".join(shown.unique_name(name) for name in renamed)
        told = f"the input has columns named {', '.join(renamed)}; the predictions are in {called}"
        print(told, file=sys.stderr)
    return shown


def _predict_rows(
    predictor: Any,
    incoming: InputRows,
    shown: OutputColumns,
    counts: RowCounts,
    progress: Progress,
    parts: ResumedOutput | None,
) -> Iterator[PredictedRows]:
    """The rows with their predictions, a window at a time, but for those that were finished before.

    Raises DataError, at the end, where no row could be used.
    """
    from textrnn.model.stream import predict_windows, windows_of

    options = current_options()
    windows = windows_of(incoming.rows, WINDOW_ROWS)
    if parts is not None:
        progress.skipped(parts.parts.rows)
        windows = parts.unfinished(windows, counts)
    windows = report_windows(windows, counts, progress)
    for window in predict_windows(predictor, windows, on_batch=progress.predicted):
        predicted = make_predicted_rows(
            window, predictor.target, shown, lambda error: phrase_for_options(error, options)
        )
        counts.predicted += len(predicted.original)
        counts.rejected += predicted.rejected
        yield predicted
    if counts.bad and counts.bad == counts.read:
        if parts is not None:
            parts.parts.remove()
        raise DataError(f"none of {counts.read:,} rows could be used; the first: {counts.first}")
    if counts.predicted != counts.read:
        raise TextrnnError(
            f"expected a prediction for each of {counts.read:,} rows, found {counts.predicted:,}; "
            "please report this as a bug"
        )
