"""Encoders of the output formats: rows with their predictions -> bytes, chunk by chunk."""

import gzip
import lzma
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from pipelines.predicting.csv_json_output import RowFormat, csv_rows, json_rows, widen_csv
from pipelines.predicting.input_rows import InputRows
from pipelines.predicting.output_columns import OutputColumns
from pipelines.predicting.predicted_rows import PredictedRows
from pipelines.predicting.prediction_output import Destination


class OutputEncoder(Protocol):
    """An output format: encodes rows as chunks, and writes chunks to a file."""

    def encode(self, predicted: PredictedRows | None, *, first: bool) -> bytes:
        """Returns rows, if any, as a chunk of bytes; the first one begins with the header.

        Rows of which none is bad may have no column for errors.
        """

    def widen(self, chunk: bytes, *, first: bool) -> bytes:
        """Returns a compressed chunk of rows of which none is bad, with the column for errors."""

    def compress(self, chunk: bytes) -> bytes:
        """Returns a chunk compressed by itself, where the output is compressed."""

    def open_writer(
        self, file: BinaryIO, *, compressed: bool = False, errors: bool = True
    ) -> AbstractContextManager[Callable[[bytes], object]]:
        """Yields a function that writes one chunk after another, which may be `compressed`, to `file`; with or without
        a column for `errors`.
        """


class TextOutputEncoder:
    """CSV, TSV or JSON Lines, compressed as the `suffix` says.

    Rows of which none is bad have the form `bare`, which `widen` makes the other; None: there is one form alone.
    """

    def __init__(
        self,
        form: RowFormat,
        suffix: str,
        bare: RowFormat | None = None,
        widen: Callable[[str, bool], str] = lambda text, first: text,
    ) -> None:
        self._form, self._suffix, self._bare, self._widen = form, suffix, bare or form, widen

    def encode(self, predicted: PredictedRows | None, *, first: bool) -> bytes:
        """Returns rows, if any, as a chunk of bytes; the first one begins with the header."""
        form = self._form if predicted is not None and predicted.bad else self._bare
        text = (form.head if first else "") + ("" if predicted is None else form.write(predicted))
        return text.encode("utf-8", "backslashreplace")

    def widen(self, chunk: bytes, *, first: bool) -> bytes:
        """Returns a compressed chunk of rows of which none is bad, with the column for errors."""
        if self._bare is self._form:
            return chunk
        match self._suffix:
            case ".gz":
                chunk = gzip.decompress(chunk)
            case ".xz":
                chunk = lzma.decompress(chunk)
        return self.compress(self._widen(chunk.decode(), first).encode())

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
    def open_writer(
        self, file: BinaryIO, *, compressed: bool = False, errors: bool = True
    ) -> Iterator[Callable[[bytes], object]]:
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


def choose_row_format(shown: OutputColumns, incoming: InputRows, destination: Destination) -> RowFormat:
    """How rows become text of the format of `destination`."""
    if destination.format == "jsonl":
        return json_rows(shown, incoming.original)
    delimiter = _delimiter(incoming, destination)
    return csv_rows(shown, incoming.original, delimiter=delimiter, safe=destination.safe, bom=destination.bom)


def choose_encoder(shown: OutputColumns, incoming: InputRows, destination: Destination, output: Path) -> OutputEncoder:
    """Returns the encoder of the format of the file `output`."""
    if destination.format == "parquet":
        from pipelines.predicting.parquet_output import ParquetEncoder

        return ParquetEncoder(shown, incoming.original, schema=incoming.schema, kinds=incoming.kinds)
    form, suffix = choose_row_format(shown, incoming, destination), output.suffix.lower()
    if destination.format == "jsonl" or not shown.errors:
        return TextOutputEncoder(form, suffix)
    delimiter, column = _delimiter(incoming, destination), shown.unique_name("error")

    def widen(text: str, first: bool) -> str:
        return widen_csv(text, column if first else "", delimiter=delimiter)

    bare = choose_row_format(replace(shown, errors=False), incoming, destination)
    return TextOutputEncoder(form, suffix, bare, widen)


def _delimiter(incoming: InputRows, destination: Destination) -> str:
    same = incoming.format == destination.format  # what came parted by a semicolon goes so
    return incoming.delimiter if same else "\t" if destination.format == "tsv" else ","
