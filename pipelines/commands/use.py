"""`textrnn predict` and `textrnn score`: a saved model on new texts."""

import csv
import io
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Annotated, Literal

import typer

from pipelines.commands.options import JsonOption, ModelOption, find_model
from pipelines.commands.output import print_json, print_line, write_out
from textrnn.errors import ConfigError, DataError

WINDOW = 4096  # texts read, sorted by length and predicted together; results come in order
OutputFormat = Literal["jsonl", "csv"]
TextOption = Annotated[str, typer.Option("--text-column", help="The column that holds the text.")]


def predict(
    texts: Annotated[list[str] | None, typer.Argument(help="Texts to classify.", show_default=False)] = None,
    input: Annotated[
        str | None,
        typer.Option("--input", "-i", help="CSV, TSV, JSON Lines, Parquet, or one text a line; - is standard input."),
    ] = None,
    text_column: TextOption = "text",
    format: Annotated[OutputFormat, typer.Option("--format", "-f", help="What is printed.")] = "jsonl",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A file, in place of standard output.", show_default=False)
    ] = None,
    model: ModelOption = None,
) -> None:
    """Classify texts: the label, and the probability of every class."""
    from textrnn.bundle import load_predictor
    from textrnn.files import writing

    if bool(texts) == (input is not None):
        raise ConfigError("predict: expected texts, or --input FILE (- for standard input), one of the two")
    folder = find_model(model)
    if output is not None and input is not None and output.absolute() == Path(input).absolute():
        raise ConfigError(f"--output {output}: expected another file than the input")
    incoming = iter(texts) if texts else _read_texts(str(input), text_column)
    predictor = load_predictor(folder)
    names = predictor.target.names
    lines = _format_lines(_predict_rows(predictor, incoming), names, format)
    if output is None:
        for line in lines:
            write_out(line)
        sys.stdout.flush()
        return
    with writing(output) as file:
        for line in lines:
            file.write(line.encode("utf-8", "backslashreplace"))


def score(
    file: Annotated[str, typer.Argument(help="Labelled rows: CSV, TSV, JSON Lines or Parquet.")],
    model: ModelOption = None,
    text_column: TextOption = "text",
    label_column: Annotated[str, typer.Option("--label-column", help="The column that holds the label.")] = "label",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="A folder for report.json and report.html.", show_default=False),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Score a saved model on new labelled rows."""
    from textrnn.bundle import load_predictor
    from textrnn.evaluation.summary import summarise
    from textrnn.score import score_rows

    folder = find_model(model)
    if output is not None and output.absolute() in (Path(file).absolute(), folder.absolute()):
        raise ConfigError(f"--output {output}: expected another place than the input and the model")
    report = score_rows(load_predictor(folder), file, text_column=text_column, label_column=label_column)
    if output is not None:
        report.save(output)
    if json:
        print_json(report.data)
        return
    for line in summarise(report.data):
        print_line(line)
    if output is not None:
        print_line(f"report  {output / 'report.html'}")


def _predict_rows(predictor: object, texts: Iterable[str]) -> Iterator[tuple[str | int, Sequence[float]]]:
    """(label, probabilities) of each text in order, read and predicted a window at a time."""
    from textrnn.predictor import Predictor

    assert isinstance(predictor, Predictor)
    while window := list(islice(texts, WINDOW)):
        for row in predictor.predict_probabilities(window):
            yield predictor.target.classes[int(row.argmax())], [float(p) for p in row]


def _format_lines(
    rows: Iterable[tuple[str | int, Sequence[float]]], names: list[str], format: OutputFormat
) -> Iterator[str]:
    if format == "csv":
        yield _csv_line(["label", *(f"probability_{name}" for name in names)])
    for label, probabilities in rows:
        rounded = [round(p, 6) for p in probabilities]
        if format == "csv":
            yield _csv_line([label, *rounded])
        else:
            shown = {"label": label, "probabilities": dict(zip(names, rounded, strict=True))}
            yield json.dumps(shown, ensure_ascii=True) + "\n"


def _csv_line(cells: Sequence[object]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()


def _read_texts(source: str, text_column: str) -> Iterator[str]:
    if source == "-":
        return _lines(sys.stdin.buffer, "standard input")
    path = Path(source)
    if not path.is_file():
        raise DataError(f"--input {source}: expected a file, found none")
    stem = Path(path.stem) if path.suffix in (".gz", ".xz") else path
    if stem.suffix.lower() not in (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet"):
        return _lines_of(path)
    from textrnn.data.readers.peek import read_texts
    from textrnn.data.readers.source import resolve

    return read_texts(resolve(source), text_column)


def _lines_of(path: Path) -> Iterator[str]:
    with open(path, "rb") as file:
        yield from _lines(file, str(path))


def _lines(stream: Iterable[bytes], place: str) -> Iterator[str]:
    for number, line in enumerate(stream, start=1):
        try:
            yield line.decode("utf-8").removesuffix("\n").removesuffix("\r")
        except UnicodeDecodeError as error:
            raise DataError(
                f"{place}, line {number}: expected UTF-8, found the byte 0x{line[error.start]:02x}; convert the file"
            ) from None
