"""The place that predictions go to, with its format."""

import gzip
import lzma
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from pipelines.predicting.csv_json_output import OutputFormat, Windows, csv_lines, json_lines
from pipelines.predicting.input_rows import InputRows
from pipelines.predicting.output_columns import OutputColumns, PredictedRow
from pipelines.running.stdout import write_out
from textrnn.errors import ConfigError
from textrnn.storage.files import writing

SUFFIXES: dict[str, OutputFormat] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
}
PACKED = (".gz", ".xz")
SPREADSHEETS = frozenset({".xlsx", ".xls", ".xlsm", ".xlsb", ".xltx", ".xlt", ".ods", ".fods", ".ots", ".numbers"})


@dataclass(frozen=True)
class Destination:
    """What is written, and where: a file, or standard output. `bom` and `safe` are for spreadsheets, of CSV alone."""

    format: OutputFormat
    output: Path | None
    bom: bool = False
    safe: bool = False

    def __post_init__(self) -> None:
        for option, given in (("--bom", self.bom), ("--spreadsheet-safe", self.safe)):
            if given and self.format not in ("csv", "tsv"):
                raise ConfigError(
                    f"{option}: expected --format csv, found {self.format}, which is not for a spreadsheet"
                )


def choose_format(format: OutputFormat | None, output: Path | None) -> OutputFormat:
    """The format asked for; else by the output's name; else, where its name has no suffix, JSON Lines.

    Raises ConfigError where the two disagree, for a name that says another format than ours, and for a spreadsheet's.
    """
    named = format_of(output) if output is not None else None
    if output is not None and named is None:
        _require_suffix(output, format)
    if format is not None and named not in (None, format):
        raise ConfigError(f"--output {output}: expected a name for --format {format}, found that of {named}")
    kind = format or named or "jsonl"
    if kind == "parquet" and output is None:
        raise ConfigError("--format parquet: expected --output FILE to write to, found none")
    if kind == "parquet" and output is not None and output.suffix.lower() in PACKED:
        raise ConfigError(f"--output {output}: expected a name without {output.suffix}; Parquet compresses by itself")
    return kind


def format_of(path: Path) -> OutputFormat | None:
    """The format that the name of a file says, or None."""
    return SUFFIXES.get(_suffix_of(path))


def _suffix_of(path: Path) -> str:
    """The suffix that says the format, in small letters, "" where there is none: of a.csv.gz it is .csv."""
    name = Path(path.stem) if path.suffix.lower() in PACKED else path
    return name.suffix.lower()


def _require_suffix(output: Path, format: OutputFormat | None) -> None:
    """Refuse, by ConfigError, a name that promises a format that is not written."""
    suffix = _suffix_of(output)
    if suffix in SPREADSHEETS:
        raise ConfigError(
            f"--output {output}: expected a name for a format that predict writes, found a spreadsheet's ({suffix}); "
            "write .csv, with --bom, which spreadsheets open"
        )
    if suffix and format is None:
        raise ConfigError(
            f"--output {output}: expected a name that ends in {', '.join(SUFFIXES)}, found {suffix}; "
            "use such a name, or set --format"
        )


def write_predictions(
    windows: Iterator[list[PredictedRow]], shown: OutputColumns, incoming: InputRows, destination: Destination
) -> None:
    """Write each row with its prediction: to standard output as the predictions come, to a file whole or not at all."""
    if destination.format == "parquet":
        from pipelines.predicting.parquet_output import write_parquet

        assert destination.output is not None
        with writing(destination.output) as file:
            write_parquet(file, windows, shown, incoming.original, schema=incoming.schema, kinds=incoming.kinds)
        return
    chunks = _chunks(windows, shown, incoming, destination)
    if destination.output is None:
        for chunk in chunks:
            write_out(chunk, json_text=destination.format == "jsonl")
            sys.stdout.flush()  # who reads may wait for it
        return
    with writing(destination.output) as file, _packing(file, destination.output) as packed:
        for chunk in chunks:
            packed.write(chunk.encode("utf-8", "backslashreplace"))


def _chunks(windows: Windows, shown: OutputColumns, incoming: InputRows, destination: Destination) -> Iterator[str]:
    if destination.format == "jsonl":
        return json_lines(windows, shown, incoming.original)
    same = incoming.format == destination.format  # what came parted by a semicolon goes so
    delimiter = incoming.delimiter if same else "\t" if destination.format == "tsv" else ","
    return csv_lines(windows, shown, incoming.original, delimiter=delimiter, safe=destination.safe, bom=destination.bom)


@contextmanager
def _packing(file: BinaryIO, output: Path) -> Iterator[BinaryIO]:
    """`file`, or what compresses into it as the name of `output` says."""
    match output.suffix.lower():
        case ".gz":
            with gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed:
                yield cast(BinaryIO, packed)
        case ".xz":
            with lzma.open(file, "wb") as packed:
                yield cast(BinaryIO, packed)
        case _:
            yield file
