"""Makes the kept model folder of the present format: `python tests/formats/make.py`, once for each new format."""

from __future__ import annotations

import shutil
from pathlib import Path

from made import make_rows

from textrnn.data.target import encode_labels
from textrnn.estimators.classifier import TextClassifier
from textrnn.export.small_candidates import LabelledRows
from textrnn.export.small_folder import export_small
from textrnn.model.files import FORMAT
from textrnn.model.predictor import Predictor
from textrnn.storage.files import write_json

SMALL = 18_000  # bytes
HERE = Path(__file__).resolve().parent
TEXTS = [
    "The soup was good.",
    "The soup was not good.",
    "the song was not dull, in the end!",
    "ONE UNKNOWN WORD",
    "",
    "so they said, the map was broken " * 20,
]


def made_small(whole: Path, folder: Path) -> None:
    """The model in `whole` as the smallest that this format can hold; its validation rows are made up, too."""

    def read_rows(predictor: Predictor) -> LabelledRows:
        texts, labels = zip(*make_rows(100, seed=1), strict=True)
        return LabelledRows(predictor.encode(texts), encode_labels(predictor.target, labels), None, "made-up rows")

    export_small(whole, folder, read_rows, max_size=SMALL, max_loss=None)


def make_model(home: Path) -> Path:
    """Train a tiny model on made-up texts; its folder, and next to it the probabilities that it gives."""
    texts, labels = zip(*make_rows(300), strict=True)
    settings = {
        "vocabulary.min_count": 4, "model.embedding_dropout": 0.1, "model.word_dropout": 0.0, "train.ema_decay": 0.9,
        "train.patience": 0, "train.precision": "float32",
    }  # fmt: skip
    classifier = TextClassifier(
        embedding_size=8, hidden_size=8, dropout=0.1, epochs=24, batch_size=32, learning_rate=0.03, max_tokens=50,
        device="cpu", settings=settings,
    )  # fmt: skip
    classifier.fit(texts, labels)
    folder, whole = home / f"model-{FORMAT}", home / "whole"
    shutil.rmtree(folder, ignore_errors=True)
    classifier.save(whole)
    made_small(whole, folder)
    shutil.rmtree(whole)
    classifier = TextClassifier.load(folder)
    expected = {
        "classes": classifier.classes_.tolist(),
        "texts": TEXTS,
        "probabilities": classifier.predict_proba(TEXTS).tolist(),
    }
    write_json(home / f"model-{FORMAT}.expected.json", expected)
    return folder


if __name__ == "__main__":
    print(make_model(HERE))
