"""fastText: vectors of words with their pairs, summed; a linear classifier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import fasttext

from benchmarks.learning.task import Row, Task, main, tell, timed

EPOCHS = (25, 100)  # a fifth of the labelled rows chooses, then all are learned from
WIDTH, RATE, BUCKETS = 100, 0.5, 200_000  # its own 2,000,000 buckets make a file of 800 MB


def run(task: Task, way: str, settings: Mapping[str, Any]) -> None:
    """Fit on words (characters where no spaces stand between words), with pairs."""
    labels = sorted({label for _, label in task.labelled})
    file, kept = task.work / f"fasttext-{task.seed}-{len(task.labelled)}.txt", task.work / "fasttext.bin"

    def learn(rows: Sequence[Row], epochs: int) -> Any:
        _write(file, rows, labels, task.spaces)
        return fasttext.train_supervised(
            input=str(file),
            dim=WIDTH,
            lr=RATE,
            epoch=epochs,
            wordNgrams=2,
            bucket=BUCKETS,
            thread=1,
            verbose=0,
            seed=task.seed,
        )

    def fit() -> Any:
        cut = len(task.labelled) // 5
        held, rest = task.labelled[:cut], task.labelled[cut:]
        right = [
            sum(found == label for found, (_, label) in zip(_predict(learn(rest, epochs), held), held, strict=True))
            for epochs in EPOCHS
        ]
        return learn(task.labelled, EPOCHS[right.index(max(right))])

    def _predict(model: Any, rows: Sequence[Row]) -> list[str]:
        numbers, _ = model.predict([_line(text, task.spaces) for text, _ in rows])
        return [labels[int(each[0].removeprefix("__label__"))] if each else "" for each in numbers]

    model, fitting = timed(fit)
    predicted, predicting = timed(lambda: _predict(model, task.held))
    model.save_model(str(kept))
    size = kept.stat().st_size
    kept.unlink()
    file.unlink()
    tell(task, way, predicted, fit=fitting, predict=predicting, size=size)


def _write(path: Path, rows: Sequence[Row], labels: Sequence[str], spaces: bool) -> None:
    lines = (f"__label__{labels.index(label)} {_line(text, spaces)}\n" for text, label in rows)
    path.write_text("".join(lines), encoding="utf-8")


def _line(text: str, spaces: bool) -> str:
    return " ".join((text if spaces else " ".join(text)).lower().split())


if __name__ == "__main__":
    main(run)
