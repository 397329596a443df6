"""`textrnn predict` and `textrnn score`: a saved model on new texts."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.commands.answers import OutputFormat, Precision, format_lines, shown_of
from pipelines.commands.examples import as_examples, find_input, read_examples, rename_texts
from pipelines.commands.options import (
    BadRowOption,
    DelimiterOption,
    ErrorsOption,
    JsonOption,
    LabelColumnOption,
    ModelOption,
    SeparatorOption,
    TextColumnOption,
    columns_wanted,
    find_model,
    text_format_of,
)
from pipelines.commands.output import print_json, print_line, require_output, write_out
from textrnn.data.columns import Asked
from textrnn.errors import ConfigError

WINDOW = 1 << 14  # texts read, sorted by length and predicted together; results come in order


def predict(
    texts: Annotated[list[str] | None, typer.Argument(help="Texts to classify.", show_default=False)] = None,
    input: Annotated[
        str | None,
        typer.Option("--input", "-i", help="CSV, TSV, JSON Lines, Parquet, or one text a line; - is standard input."),
    ] = None,
    text_column: TextColumnOption = None,
    format: Annotated[OutputFormat, typer.Option("--format", "-f", help="What is printed.")] = "jsonl",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A file, in place of standard output.", show_default=False)
    ] = None,
    model: ModelOption = None,
    delimiter: DelimiterOption = None,
    errors: ErrorsOption = "strict",
    precision: Annotated[
        Precision, typer.Option("--precision", help="Fewer bits for the network: not exact; named in the output.")
    ] = "float32",
    spreadsheet_safe: Annotated[
        bool,
        typer.Option("--spreadsheet-safe", help="An apostrophe before CSV cells that a spreadsheet would calculate."),
    ] = False,
) -> None:
    """Classify texts: the label, and the probability of every class.

    Columns are called as in training. Where a model reads more than a text, an argument, or a line of standard
    input, is a JSON object with its columns.
    """
    from textrnn.bundle import load_predictor
    from textrnn.files import writing

    if bool(texts) == (input is not None):
        raise ConfigError("predict: expected texts, or --input FILE (- for standard input), one of the two")
    if spreadsheet_safe and format != "csv":
        raise ConfigError(f"--spreadsheet-safe: expected --format csv, found {format}, which no spreadsheet calculates")
    text_format = text_format_of(delimiter, errors)
    folder = find_model(model)
    if output is not None:
        require_output(output, None if input in (None, "-") else Path(str(input)), folder)
    if input is not None and input != "-":
        find_input(input)  # told before a model is loaded
    predictor = load_predictor(folder)
    columns = rename_texts(predictor.columns, text_column)
    if texts:
        incoming = as_examples(enumerate(texts, 1), columns, "text")
    else:
        incoming = read_examples(str(input), columns, text_format)
    if precision != "float32":
        from textrnn.nn.lower import lower

        predictor = replace(predictor, network=lower(predictor.network, precision))
    shown = shown_of(predictor.target, safe=spreadsheet_safe, precision=precision)
    lines = format_lines(_predict_rows(predictor, incoming), shown, format)
    if output is None:
        for chunk in _chunks(lines):
            write_out(chunk)
        sys.stdout.flush()
        return
    with writing(output) as file:
        for chunk in _chunks(lines):
            file.write(chunk.encode("utf-8", "backslashreplace"))


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
    errors: ErrorsOption = "strict",
    label_separator: SeparatorOption = None,
    on_bad_row: BadRowOption = "refuse",
) -> None:
    """Score a saved model on new labelled rows. Columns are called as in training."""
    from textrnn.bundle import load_predictor
    from textrnn.evaluation.summary import summarise
    from textrnn.score import score_rows

    text_format = text_format_of(delimiter, errors)
    folder = find_model(model)
    if output is not None:
        require_output(output, Path(file), folder, folder=True)
        for name in ("report.json", "report.html"):
            require_output(output / name, Path(file), folder)
    columns = columns_wanted(text_column, label_column)
    report = score_rows(
        load_predictor(folder),
        file,
        **columns,
        label_separator=label_separator,
        text_format=text_format,
        on_bad_row=on_bad_row or "refuse",
    )
    for warning in report.data["checks"]["warnings"]:
        print(f"warning: {warning}", file=sys.stderr)
    if output is not None:
        report.save(output)
    if json:
        print_json(report.data)
        return
    for line in summarise(report.data):
        print_line(line)
    if output is not None:
        print_line(f"report  {output / 'report.html'}")


def _predict_rows(predictor: object, texts: Iterable[Asked]) -> Iterator[tuple[Any, Sequence[float]]]:
    """(answer, None where it is rejected, and what is said of it, to 6 digits) of each text in order.

    They are read and predicted a window at a time. The answer is a label, several of them, or a number.
    """
    from textrnn.data.target import decode_labels
    from textrnn.predictor import Predictor
    from textrnn.stream import predict_stream

    assert isinstance(predictor, Predictor)
    for answers in predict_stream(predictor, texts, window=WINDOW):
        chosen = decode_labels(predictor.target, answers.chosen)
        rows = zip(chosen, answers.accepted.tolist(), answers.probabilities.round(6).tolist(), strict=True)
        for label, accepted, row in rows:
            yield label if accepted else None, row


def _chunks(lines: Iterator[str]) -> Iterator[str]:
    """The lines, many at a time: each write has its price."""
    while chunk := "".join(islice(lines, 1024)):
        yield chunk
