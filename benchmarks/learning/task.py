"""What a program is told, what it tells. Needs the standard library alone: it runs in every environment."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

Row = tuple[str, str]  # a text and its label
Found = TypeVar("Found")


@dataclass(frozen=True)
class Task:
    """Learn from `labelled`, predict the texts of `held`; `ways` maps names to settings.

    `work` is a folder of the data set that outlives the program; `related` names a file of labelled texts of a related
    task, if there is one; `spaces` is whether spaces stand between words.
    """

    labelled: Sequence[Row]
    held: Sequence[Row]
    work: Path
    seed: int
    spaces: bool
    related: Path | None
    ways: Mapping[str, Mapping[str, Any]]


def read_rows(path: Path) -> list[Row]:
    """The rows of a file of JSON Lines with `text` and `label`."""
    with open(path, encoding="utf-8") as lines:
        return [(row["text"], row["label"]) for row in map(json.loads, lines)]


def read_task(path: Path) -> Task:
    """The task that a file of JSON describes; rows stand in files that it names."""
    told = json.loads(path.read_text(encoding="utf-8"))
    return Task(
        read_rows(Path(told["labelled"])),
        read_rows(Path(told["held"])),
        Path(told["work"]),
        told["seed"],
        told["spaces"],
        Path(told["related"]) if told["related"] else None,
        told["ways"],
    )


def timed(work: Callable[[], Found]) -> tuple[Found, float]:
    """What `work` returns, and the processor seconds that it took."""
    begun = time.process_time()
    found = work()
    return found, time.process_time() - begun


def tell(
    task: Task, way: str, predicted: Sequence[str], *, fit: float, predict: float, size: int, **more: object
) -> None:
    """Print the figures of a way: `fit` and `predict` in processor seconds, `size` the bytes that must be kept."""
    figures = {
        "way": way,
        "accuracy": accuracy_of(task, predicted),
        "fit_seconds": round(fit, 3),
        "bytes": size,
        "texts_per_second": round(len(task.held) / max(predict, 1e-6), 1),
        **more,
    }
    print(json.dumps(figures, allow_nan=False), flush=True)


def accuracy_of(task: Task, predicted: Sequence[str]) -> float:
    """The share of the held-out texts whose label is predicted."""
    return sum(a == b for a, (_, b) in zip(predicted, task.held, strict=True)) / len(task.held)


def main(run: Callable[[Task, str, Mapping[str, Any]], None]) -> None:
    """Run each way of the task that the command line names."""
    task = read_task(Path(sys.argv[1]))
    for way, settings in task.ways.items():
        run(task, way, settings)
