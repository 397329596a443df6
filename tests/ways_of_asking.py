"""One model asked in five ways: Python, the command line, HTTP, the Open Inference Protocol, the page in one file."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from odd_texts import any_text
from served import Server

import textrnn
from pipelines.app import run_app

NEAR, TIED = 1e-5, 2e-5  # probabilities agree so far; labels where the two best differ by more
MOST = 1000  # texts of a request


@dataclass(frozen=True)
class Told:
    """What one way gave of N texts: `probabilities` (N, C), by the classes in Python's order, and `labels`."""

    way: str
    probabilities: NDArray[np.float64]
    labels: list[str]


def odd_texts(count: int, known: Sequence[str], seed: int = 25) -> list[str]:
    source = random.Random(seed)
    return [any_text(source, list(known)) for _ in range(count)]


def require_agreement(told: Sequence[Told]) -> None:
    """All ways agree with the first: on probabilities, and on each label that is no tie."""
    first, *others = told
    ranked = np.sort(first.probabilities, axis=1)
    clear = np.flatnonzero(ranked[:, -1] - ranked[:, -2] > TIED)
    assert len(clear) > 0.9 * len(ranked)
    assert len({first.labels[i] for i in clear}) > 1
    for other in others:
        assert other.probabilities.shape == first.probabilities.shape, other.way
        assert np.abs(other.probabilities - first.probabilities).max() <= NEAR, other.way
        assert [other.labels[i] for i in clear] == [first.labels[i] for i in clear], other.way


def by_python(model: Path, texts: list[str]) -> Told:
    predictor = textrnn.load(model)
    return Told("Python", predictor.predict_proba(texts), predictor.predict(texts).tolist())


def by_command(model: Path, texts: list[str], classes: list[str], folder: Path) -> Told:
    source, output = folder / "odd.jsonl", folder / "odd-predicted.jsonl"
    source.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
    arguments = ["--model", str(model), "--input", str(source), "--output", str(output), "--all", "--quiet"]
    assert run_app(["predict", *arguments]) == 0
    rows = [json.loads(line) for line in output.read_text("utf-8").splitlines()]
    shares = [[row["probabilities"][name] for name in classes] for row in rows]
    return Told("the command line", np.array(shares), [row["label"] for row in rows])


def by_http(server: Server, texts: list[str], classes: list[str]) -> Told:
    found: list[Any] = []
    for start in range(0, len(texts), MOST):
        found += server.predict(texts=texts[start : start + MOST]).json["predictions"]
    shares = [{one["label"]: one["probability"] for one in each["classes"]} for each in found]
    return Told("HTTP", np.array([[row[c] for c in classes] for row in shares]), [each["label"] for each in found])


def by_inference(server: Server, name: str, texts: list[str]) -> Told:
    labels: list[str] = []
    rows: list[Any] = []
    for start in range(0, len(texts), MOST):
        some = texts[start : start + MOST]
        tensor = {"name": "text", "datatype": "BYTES", "shape": [len(some)], "data": some}
        answer = server.post(f"/v2/models/{name}/infer", {"inputs": [tensor]}).json
        outputs = {each["name"]: each for each in answer["outputs"]}
        labels += outputs["label"]["data"]
        rows += np.reshape(outputs["probabilities"]["data"], outputs["probabilities"]["shape"]).tolist()
    return Told("the Open Inference Protocol", np.array(rows), labels)


def by_page(page: Any, texts: list[str], classes: list[str]) -> Told:
    """By the page in one file: the texts are dropped as a file, and what it saves is read."""
    file = io.StringIO()
    writer = csv.writer(file, quoting=csv.QUOTE_ALL)
    writer.writerows([("id", "text"), *enumerate(texts)])
    dropped = {"name": "odd.csv", "mimeType": "text/csv", "buffer": file.getvalue().encode()}
    page.set_input_files("input[type=file]", files=[dropped])
    page.get_by_role("button", name=f"Predict {len(texts):,} rows").click()
    page.get_by_role("button", name="Download CSV").wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    saved = Path(download.value.path()).read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(saved, newline="")))
    assert [row["id"] for row in rows] == [str(i) for i in range(len(texts))]
    shares = np.array([[float(row[f"probability_{name}"]) for name in classes] for row in rows])
    return Told("the page in one file", shares, [row["prediction"] for row in rows])
