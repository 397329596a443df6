"""Encoders of the output formats: rows with their predictions -> bytes, chunk by chunk."""

import gzip
import lzma
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from pipelines.predicting.csv_json_output import TextForm, csv_form, json_form
from pipelines.predicting.input_rows import InputRows
from pipelines.predicting.output_columns import OutputColumns
from pipelines.predicting.predicted_rows import PredictedRows
from pipelines.predicting.prediction_output import Destination


class OutputEncoder(Protocol):
    """An output format: encodes rows as chunks, and writes chunks to a file."""

    def encode(self, predicted: PredictedRows | None, *, first: bool) -> bytes:
        """Returns rows, if any, as a chunk of bytes; the first one begins with the header."""

    def compress(self, chunk: bytes) -> bytes:
        """Returns a chunk compressed by itself, where the output is compressed."""

    def open_writer(
        self, file: BinaryIO, *, compressed: bool = False
    ) -> AbstractContextManager[Callable[[bytes], object]]:
        """Yields a function that writes one chunk after another, which may be `compressed`, to `file`."""


class TextOutputEncoder:
    """CSV, TSV or JSON Lines, compressed as the `suffix` says."""

    def __init__(self, form: TextForm, suffix: str) -> None:
        self._form, self._suffix = form, suffix

    def encode(self, predicted: PredictedRows | None, *, first: bool) -> bytes:
        """Returns rows, if any, as a chunk of bytes; the first one begins with the header."""
        text = (self._form.head if first else "") + ("" if predicted is None else self._form.write(predicted))
        return text.encode("utf-8", "backslashreplace")

    def compress(self, chunk: bytes) -> bytes:
        """Returns a chunk compressed by itself: members of gzip, or streams of xz, one after another are one file."""
        match self._suffix:
            case ".gz":
                return gzip.compress(chunk, mtime=0)
            case ".xz":
                return lzma.compress(chunk)
            case _:
                return chunk

    @contextmanager
    def open_writer(self, file: BinaryIO, *, compressed: bool = False) -> Iterator[Callable[[bytes], object]]:
        """Yields a function that writes one chunk after another, which may be `compressed`, to `file`."""
        match "" if compressed else self._suffix:
            case ".gz":
                with gzip.GzipFile("", "wb", fileobj=file, mtime=0) as file_gz:
                    yield file_gz.write
            case ".xz":
                with lzma.LZMAFile(file, "wb") as file_xz:
                    yield cast(Callable[[bytes], object], file_xz.write)
            case _:
                yield file.write


def text_form(shown: OutputColumns, incoming: InputRows, destination: Destination) -> TextForm:
    """How rows become text of the format of `destination`."""
    if destination.format == "jsonl":
        return json_form(shown, incoming.original)
    same = incoming.format == destination.format  # what came parted by a semicolon goes so
    delimiter = incoming.delimiter if same else "\t" if destination.format == "tsv" else ","
    return csv_form(shown, incoming.original, delimiter=delimiter, safe=destination.safe, bom=destination.bom)


def choose_encoder(shown: OutputColumns, incoming: InputRows, destination: Destination, output: Path) -> OutputEncoder:
    """Returns the encoder of the format of the file `output`."""
    if destination.format == "parquet":
        from pipelines.predicting.parquet_output import ParquetForm

        return ParquetForm(shown, incoming.original, schema=incoming.schema, kinds=incoming.kinds)
    return TextOutputEncoder(text_form(shown, incoming, destination), output.suffix.lower())
