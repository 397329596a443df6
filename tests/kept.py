"""Kept runs without training: a small corpus, report, model in the cache, kept as a run keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from made import make_rows

from pipelines.caching.cache import Cache, Entry
from pipelines.caching.keys import key_of
from pipelines.runs.keep import keep_run
from pipelines.runs.lock import locked_runs
from pipelines.runs.promotions import promote
from pipelines.runs.run import Run, list_kept
from pipelines.stages import find_stage
from textrnn.data.load import corpus_of
from textrnn.errors import ModelError
from textrnn.evaluation.report import Report
from textrnn.model.files import CONFIG, DECISION, METRICS, NGRAMS, PROVENANCE, TOKENIZER, WEIGHTS
from textrnn.model.folder import ModelFolder

FILES = (CONFIG, TOKENIZER, WEIGHTS, NGRAMS, DECISION, METRICS, PROVENANCE, "README.md")
NAME = "a"


def put(cache: Cache, stage: str, noun: Any, **params: Any) -> Entry:
    """The result `noun` of a stage, as if it had run with these `params`."""
    parts: dict[str, Any] = {"stage": stage, "format": 1, "params": {stage: params}, "inputs": {}, "code": {}}
    parts |= {"libraries": {}, "python": "3", **({"source": {"source": params}} if stage == "load" else {})}
    if (found := cache.find(stage, key_of(parts))) is not None:
        return found
    made = {"seconds": 1.5, "at": "2026-11-30T12:00:00+00:00"}
    return cache.commit(find_stage(stage), key_of(parts), noun, parts, made)


def model_of(text: str) -> ModelFolder:
    return ModelFolder({file: f"{text} {file}".encode() * 40 for file in FILES})


def entries_of(root: Path, text: str, rows: int = 20) -> dict[str, Entry]:
    """The results of a run whose model, report and score say `text`, on so many rows."""
    cache = Cache(root / "cache")
    texts, labels = zip(*make_rows(rows), strict=True)
    score = {"value": len(text) / 10, "low": 0.1, "high": 0.9}
    data = {"text": text, "split": "validation", "examples": 4, "metrics": {"accuracy": score}}
    return {
        "load": put(cache, "load", corpus_of(texts, labels, validation_fraction=0.2), rows=rows),
        "evaluate": put(
            cache, "evaluate", Report({**data, "target": {"kind": "single"}}, f"page of {text}"), text=text
        ),
        "bundle": put(cache, "bundle", model_of(text), text=text),
    }


def keep(root: Path, text: str, *, name: str = NAME, promoted: bool = False, rows: int = 20) -> Run:
    """Keep the run of `entries_of`; `promoted` as a run does it that ends."""
    entries = entries_of(root, text, rows)
    with locked_runs(root, name):
        run = keep_run(root, name, entries, {"finished": "2026-11-30T12:00:00+00:00", "stages": []})
        if promoted:
            promote(run, "run")
    return run


def text_of(folder: Path, texts: Sequence[str] = ("old", "new", "newer")) -> str:
    """The text that the model in `folder` says; "nothing" where none is, else what is wrong with it."""
    try:
        files = dict(ModelFolder.load(folder).files)
    except ModelError as error:
        return "nothing" if "expected a model folder, found none" in str(error) else str(error)
    return next((text for text in texts if dict(model_of(text).files) == files), "mixed")


def kept_texts(root: Path, name: str = NAME) -> list[str]:
    """What the models of the kept runs say, the oldest first."""
    return [text_of(run.model) for run in list_kept(root, name)]
