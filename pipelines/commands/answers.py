"""Answers as lines of JSON or CSV, kind of target by kind."""

import csv
import functools
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how a cell begins that a spreadsheet would calculate
OutputFormat = Literal["jsonl", "csv"]
Precision = Literal["float32", "bf16", "int8"]
Row = tuple[Any, Sequence[float]]  # the answer (None: rejected), and what is said of each output


@dataclass(frozen=True)
class Shown:
    """How answers are shown: `key` names them, `cell` makes one CSV cell of one; `names` are those of probabilities."""

    key: str
    names: Sequence[str]
    cell: Callable[[Any], object]
    safe: bool = False
    precision: Precision = "float32"


def shown_of(target: object, *, safe: bool = False, precision: Precision = "float32") -> Shown:
    """How answers of a `target` are shown: a label; labels; or a value, without probabilities."""
    from textrnn.data.target import Target

    assert isinstance(target, Target)
    if target.kind == "number":
        return Shown("value", (), _plain, safe, precision)
    if target.kind == "multi":
        return Shown("labels", target.names, ",".join, safe, precision)
    return Shown("label", target.names, _plain, safe, precision)


def format_lines(rows: Iterable[Row], shown: Shown, format: OutputFormat) -> Iterator[str]:
    """A line a row, for CSV a header before; reduced precision is named in each."""
    return _csv_lines(rows, shown) if format == "csv" else _json_lines(rows, shown)


def _csv_lines(rows: Iterable[Row], shown: Shown) -> Iterator[str]:
    last = [] if shown.precision == "float32" else [shown.precision]
    names = [f"probability_{name}" for name in shown.names]
    yield _csv_line([shown.key, *names, *(["precision"] if last else [])], safe=shown.safe)
    for answer, said in rows:
        cell = "" if answer is None else shown.cell(answer)
        yield _csv_line([cell, *(said if names else ()), *last], safe=shown.safe)


def _json_lines(rows: Iterable[Row], shown: Shown) -> Iterator[str]:
    # json.dumps a row would take half of the time of short texts: what repeats is written once
    keys = [f"{json.dumps(name)}: " for name in shown.names]
    written = functools.lru_cache(maxsize=1 << 16)(json.dumps)
    end = "}\n" if shown.precision == "float32" else f', "precision": "{shown.precision}"}}\n'
    for answer, said in rows:
        start = f'{{"{shown.key}": {written(answer)}'
        if not keys:
            yield start + end
            continue
        pairs = ", ".join([key + repr(p) for key, p in zip(keys, said, strict=True)])
        yield f'{start}, "probabilities": {{{pairs}}}{end}'


def _plain(answer: object) -> object:
    return answer


def _csv_line(cells: Sequence[object], *, safe: bool) -> str:
    if safe:
        cells = [f"'{cell}" if str(cell).startswith(FORMULA) else cell for cell in cells]
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)  # so that it quotes a cell with either
    return line.getvalue().removesuffix("\r\n") + "\n"
