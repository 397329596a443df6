"""Rows with their predictions as bytes of the output's format, piece by piece."""

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


class Pieces(Protocol):
    """A format: rows as pieces, and pieces as a file."""

    def encode(self, predicted: PredictedRows | None, *, first: bool) -> bytes:
        """Rows, if any, as a piece; the first has what stands before all rows."""

    def pack(self, piece: bytes) -> bytes:
        """A piece compressed by itself, where the output is."""

    def joining(self, file: BinaryIO, *, packed: bool = False) -> AbstractContextManager[Callable[[bytes], object]]:
        """What takes one piece after another, which may be `packed`, and writes them into `file`."""


class TextPieces:
    """CSV, TSV or JSON Lines, compressed as the `suffix` says."""

    def __init__(self, form: TextForm, suffix: str) -> None:
        self._form, self._suffix = form, suffix

    def encode(self, predicted: PredictedRows | None, *, first: bool) -> bytes:
        """Rows, if any, as a piece; the first has what stands before all rows."""
        text = (self._form.head if first else "") + ("" if predicted is None else self._form.write(predicted))
        return text.encode("utf-8", "backslashreplace")

    def pack(self, piece: bytes) -> bytes:
        """A piece compressed by itself: members of gzip, or streams of xz, behind one another are a file of it."""
        match self._suffix:
            case ".gz":
                return gzip.compress(piece, mtime=0)
            case ".xz":
                return lzma.compress(piece)
            case _:
                return piece

    @contextmanager
    def joining(self, file: BinaryIO, *, packed: bool = False) -> Iterator[Callable[[bytes], object]]:
        """What takes one piece after another, which may be `packed`, and writes them into `file`."""
        match "" if packed else self._suffix:
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


def choose_pieces(shown: OutputColumns, incoming: InputRows, destination: Destination, output: Path) -> Pieces:
    """The pieces that the file `output` is made of."""
    if destination.format == "parquet":
        from pipelines.predicting.parquet_output import ParquetForm

        return ParquetForm(shown, incoming.original, schema=incoming.schema, kinds=incoming.kinds)
    return TextPieces(text_form(shown, incoming, destination), output.suffix.lower())
