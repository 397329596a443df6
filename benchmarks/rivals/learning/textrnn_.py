"""textrnn itself: default or with a way's settings, from a related model where the way says so."""

from __future__ import annotations

import fcntl
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import textrnn
from benchmarks.learning.task import Task, accuracy_of, main, read_rows, tell, timed
from textrnn.errors import TextrnnWarning
from textrnn.model.folder import load_predictor

WARM = "warm"  # the setting of a way that starts from a model of the related texts
ENCODER = "encoder"  # the setting of a way that borrows the word vectors of the sentence encoder of this name


def run(task: Task, way: str, settings: Mapping[str, Any]) -> None:
    """Fit on the labelled rows, the validation rows among them; score both branches, joined and each alone."""
    changes = {name: value for name, value in settings.items() if name not in (WARM, ENCODER)}
    if settings.get(WARM):
        changes["train.init_from"] = str(_related_model(task))
    if ENCODER in settings:
        changes["embeddings.encoder"] = str(task.work.parent / settings[ENCODER])
    classifier = textrnn.TextClassifier(settings=changes, random_state=task.seed, verbose=0)
    texts, labels = map(list, zip(*task.labelled, strict=True))
    _, fitting = timed(lambda: classifier.fit(texts, labels))
    with tempfile.TemporaryDirectory(dir=task.work) as place:
        folder = Path(place) / "model"
        classifier.save(folder)
        size = sum(path.stat().st_size for path in folder.iterdir())
        predictor = load_predictor(folder)
    held = [text for text, _ in task.held]
    predicted, predicting = timed(lambda: predictor.predict(held))
    logits = predictor.encoded_logits(predictor.read(held).rows)
    classes = predictor.target.classes
    branches = {
        name: accuracy_of(task, [classes[row] for row in each.argmax(axis=1)])
        for name, each in (("recurrent", logits.recurrent), ("ngram_branch", logits.ngram_branch))
    }
    epochs = len(classifier.history_)
    tell(
        task,
        way,
        list(map(str, predicted)),
        fit=fitting,
        predict=predicting,
        size=size,
        branches=branches,
        epochs=epochs,
    )


def _related_model(task: Task) -> Path:
    """The model of the related texts, trained once by the default settings."""
    assert task.related is not None
    folder = task.work / "related"
    with open(task.work / "related.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            texts, labels = map(list, zip(*read_rows(task.related), strict=True))
            textrnn.TextClassifier(verbose=0).fit(texts, labels).save(folder)
    return folder


if __name__ == "__main__":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TextrnnWarning)
        main(run)
