"""`textrnn predict` and `textrnn score`: a saved model on new texts."""

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.commands.advice import current_options, in_options
from pipelines.commands.options import (
    BadRowOption,
    DelimiterOption,
    EncodingOption,
    ErrorsOption,
    HeaderOption,
    JsonOption,
    LabelColumnOption,
    ModelOption,
    QuietOption,
    QuotingOption,
    SeparatorOption,
    TextColumnOption,
    columns_wanted,
    find_model,
    text_format_of,
)
from pipelines.commands.which import tell_model
from pipelines.predicting.columns import Answered, Precision, Shown, shown_of
from pipelines.predicting.counts import Counts
from pipelines.predicting.examples import Incoming, find_input, read_arguments, read_input, rename_texts
from pipelines.predicting.formats import OutputFormat
from pipelines.predicting.mistaken import warn_of_files
from pipelines.predicting.predictions import require_predictions
from pipelines.predicting.writing import Wanted, choose_format, write_answers
from pipelines.running.output import print_json, print_line, require_output
from textrnn.config.data import OnBadRow
from textrnn.errors import ConfigError, DataError, TextrnnError
from textrnn.storage.file_names import as_shown
from textrnn.storage.ownership import require_ours

WINDOW = 1 << 14  # texts read, sorted by length and predicted together; results come in order


def predict(
    texts: Annotated[list[str] | None, typer.Argument(help="Texts to classify.", show_default=False)] = None,
    input: Annotated[
        str | None,
        typer.Option("--input", "-i", help="CSV, TSV, JSON Lines, Parquet, or one text a line; - is standard input."),
    ] = None,
    text_column: TextColumnOption = None,
    format: Annotated[
        OutputFormat | None,
        typer.Option(
            "--format",
            "-f",
            help="What is written; by the output's name, else JSON Lines.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="A file, in place of standard output; .gz or .xz compresses.", show_default=False
        ),
    ] = None,
    model: ModelOption = None,
    top: Annotated[
        int | None,
        typer.Option("--top", min=1, help="Show the N likeliest classes, not all.", metavar="N", show_default=False),
    ] = None,
    delimiter: DelimiterOption = None,
    errors: ErrorsOption = None,
    encoding: EncodingOption = None,
    quoting: QuotingOption = None,
    header: HeaderOption = None,
    on_bad_row: Annotated[
        OnBadRow,
        typer.Option("--on-bad-row", help="A row that cannot be used: no answer and the reason (skip), or stop there."),
    ] = "skip",
    precision: Annotated[
        Precision, typer.Option("--precision", help="Fewer bits for the network: not exact; named in the output.")
    ] = "float32",
    bom: Annotated[
        bool, typer.Option("--bom", help="A byte order mark before CSV, by which spreadsheets know UTF-8.")
    ] = False,
    spreadsheet_safe: Annotated[
        bool,
        typer.Option("--spreadsheet-safe", help="An apostrophe before CSV cells that a spreadsheet would calculate."),
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an output that predict did not write.")
    ] = False,
    quiet: QuietOption = False,
) -> None:
    """Predict the label of texts, and the probability of every class.

    \b
    textrnn predict "What a film!"
    textrnn predict --input new.csv --output answers.csv --format csv

    What is read is kept: the answers stand behind the columns of the input.

    Columns are called as in training. Where a model reads more than a text, an argument, or a line of standard
    input, is a JSON object with its columns.
    """  # noqa: D301  # \b keeps the lines that follow
    from textrnn.data.readers.notes import Notes
    from textrnn.model.folder import load_predictor

    if bool(texts) == (input is not None):
        raise ConfigError("predict: expected texts, or --input FILE (- for standard input), one of the two")
    # a link stays, and what it leads to is replaced
    place = None if output is None else Path(os.path.realpath(output))
    wanted = Wanted(choose_format(format, output), place, bom, spreadsheet_safe)
    text_format = text_format_of(delimiter, errors, encoding, quoting, header)
    folder = find_model(model)
    if output is not None:
        require_output(output, None if input in (None, "-") else Path(str(input)), folder)
        require_predictions(output, overwrite=overwrite)
    if input is not None and input != "-":
        find_input(input)  # told before a model is loaded
    predictor = load_predictor(folder)
    if model is None and not quiet:
        tell_model(folder)
    separator = predictor.columns.label_separator
    shown = shown_of(predictor.target, top=top, precision=precision, separator=separator)
    if top is not None and not shown.names:
        raise ConfigError("--top: expected a model of classes, found one whose answer is a number")
    columns = rename_texts(predictor.columns, text_column)
    for sentence in warn_of_files(texts or []) if columns.plain else ():
        print(f"warning: {as_shown(sentence)}", file=sys.stderr)
    counts = Counts(Notes(), columns.max_characters, bool(texts) or on_bad_row == "refuse")
    incoming = (
        read_input(input, columns, text_format, counts) if input else read_arguments(texts or [], columns, counts)
    )
    if precision != "float32":
        from textrnn.nn.lower import lower

        predictor = replace(predictor, network=lower(predictor.network, precision))
    may_fail = incoming.format != "lines" and not counts.refuse
    shown = replace(shown, taken=frozenset(incoming.kept.names), errors=may_fail)
    renamed = [name for name in shown.added if name in shown.taken]
    if renamed and not quiet:
        called = ", ".join(shown.call(name) for name in renamed)
        told = f"the input has columns named {', '.join(renamed)}; the answers stand in {called}"
        print(told, file=sys.stderr)
    write_answers(_answer(predictor, incoming, shown, counts), shown, incoming, wanted)
    for line in counts.lines() if not texts and not quiet else counts.warnings():
        print(in_options(line, current_options()), file=sys.stderr)


def score(
    file: Annotated[str, typer.Argument(help="Labelled rows: CSV, TSV, JSON Lines or Parquet.")],
    model: ModelOption = None,
    text_column: TextColumnOption = None,
    label_column: LabelColumnOption = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="A folder for report.json and report.html.", show_default=False),
    ] = None,
    json: JsonOption = False,
    delimiter: DelimiterOption = None,
    errors: ErrorsOption = None,
    encoding: EncodingOption = None,
    quoting: QuotingOption = None,
    header: HeaderOption = None,
    label_separator: SeparatorOption = None,
    on_bad_row: BadRowOption = "refuse",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a report that textrnn did not write.")
    ] = False,
    quiet: QuietOption = False,
) -> None:
    """Score a saved model on new labelled rows.

    Columns are called as in training.
    """
    from textrnn.evaluation.origin import Origin, name_origin, source_name, time_words
    from textrnn.evaluation.summary import summarise
    from textrnn.model.folder import load_predictor
    from textrnn.model.score import score_rows

    text_format = text_format_of(delimiter, errors, encoding, quoting, header)
    folder = find_model(model)
    if output is not None:
        require_output(output, Path(file), folder, folder=True)
        for name in ("report.json", "report.html"):
            require_output(output / name, Path(file), folder)
        if not overwrite:
            require_ours([output / "report.json", output / "report.html"], f"--output {output}:")
    predictor = load_predictor(folder)
    if model is None and not quiet:
        tell_model(folder)
    columns = columns_wanted(text_column, label_column)
    report = score_rows(
        predictor,
        file,
        **columns,
        label_separator=label_separator,
        text_format=text_format,
        on_bad_row=on_bad_row or "refuse",
    )
    options = current_options()
    for warning in report.data["checks"]["warnings"]:
        print(f"warning: {in_options(warning, options)}", file=sys.stderr)
    if output is not None:
        now = time_words(datetime.now(UTC).isoformat(timespec="seconds"))
        origin = Origin((source_name(file),), f"Scored on {now} with the model {folder.name}.")
        replace(report, html=name_origin(report.html, origin)).save(output)
    if json:
        print_json(report.data)
        return
    for line in summarise(report.data):
        print_line(line)
    if output is not None:
        print_line(f"report  {output / 'report.html'}")


def _answer(predictor: Any, incoming: Incoming, shown: Shown, counts: Counts) -> Iterator[list[Answered]]:
    """The rows with their answers, a window at a time. Raises DataError, at the end, where no row could be used."""
    import numpy as np

    from textrnn.data.target import decode_labels
    from textrnn.model.stream import predict_rows

    every, options = range(len(shown.names)), current_options()
    for rows, answers in predict_rows(predictor, incoming.rows, window=WINDOW):
        chosen = decode_labels(predictor.target, answers.chosen)
        said = answers.probabilities.round(6)
        own = said[np.arange(len(said)), answers.chosen].tolist() if shown.single else [None] * len(said)
        numbers: Any = None
        if shown.top is not None:
            numbers = (-answers.probabilities).argsort(axis=1, kind="stable")[:, : shown.top]
            said = np.take_along_axis(said, numbers, axis=1)
        numbers = [every] * len(said) if numbers is None else numbers.tolist()
        accepted = answers.accepted.tolist()
        found = zip(chosen, accepted, own, numbers, said.tolist(), strict=True)
        window = []
        for row in rows:
            if row.example is None:
                window.append(Answered(row.kept, error=in_options(row.error, options)))
                continue
            label, stands, probability, shown_classes, said_of = next(found)
            window.append(Answered(row.kept, label if stands else None, probability, shown_classes, said_of))
        counts.answered += len(window)
        counts.rejected += accepted.count(False)
        yield window
    if counts.bad and counts.bad == counts.read:
        raise DataError(f"none of {counts.read:,} rows could be used; the first: {counts.first}")
    if counts.answered != counts.read:
        raise TextrnnError(f"expected an answer to each of {counts.read:,} rows, found {counts.answered:,}; report it")
