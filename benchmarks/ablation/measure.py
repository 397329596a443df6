"""One run in a process of its own: train one arm with one seed through the command line, and score it.

`python -m benchmarks.ablation.measure CONFIG CACHE CHANGE ...` prints one line of JSON.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.ablation.score import score_branches
from pipelines.caching.cache import Cache
from pipelines.stages import find_stage
from textrnn.decision.branch_logits import classifier_logits

TEXTRNN = (sys.executable, "-c", "from pipelines.app import main; main()")
COSTLY = ("ngram_branch", "pretrain_encoder", "train")
RESUMED = "resumed after"  # what `train` says where it goes on from a checkpoint


def measure(config: str, cache: Path, changes: Sequence[str]) -> dict[str, Any]:
    """The figures of the configuration `config` with `changes`: scores, keys, and processor and wall seconds.

    `cpu_seconds` of `ngram_branch` and `train` are None where the stage did not run from its beginning: where another
    arm shares it, or a run was ended half-way. Raises CalledProcessError where textrnn failed.
    """
    begun = time.perf_counter()
    stages, _ = _bring("numericalize", config, cache, changes)  # what the arms share is nobody's cost
    spent = {}
    for stage in COSTLY:
        before = _children_seconds()
        brought, said = _bring(stage, config, cache, changes)
        whole = brought[stage]["ran"] and RESUMED not in said
        spent[stage] = round(_children_seconds() - before, 2) if whole else None
        stages |= brought
    store = Cache(cache)
    ids, ngram_branch, classifier = (
        _read(store, stage, stages[stage]["key"]) for stage in ("numericalize", "ngram_branch", "train")
    )
    logits = classifier_logits(classifier, ngram_branch, ids.splits["validation"])
    return {
        **score_branches(logits, ids.labels["validation"], has_ngrams=ngram_branch.ngrams.features > 0),
        "best_epoch": classifier.best_epoch,
        "keys": {stage: stages[stage]["key"] for stage in COSTLY},
        "cpu_seconds": spent,
        "wall_seconds": round(time.perf_counter() - begun, 2),
    }


def _bring(stage: str, config: str, cache: Path, changes: Sequence[str]) -> tuple[dict[str, Any], str]:
    """Bring `stage` up to date: its stages by name, as `--json` tells them, and what was said meanwhile."""
    settings = [part for change in changes for part in ("--set", change)]
    command = [*TEXTRNN, stage, "--config", config, "--cache-dir", str(cache), "--json", *settings]
    ended = subprocess.run(command, capture_output=True, text=True)
    sys.stderr.write(ended.stderr)
    ended.check_returncode()
    return {each["stage"]: each for each in json.loads(ended.stdout)["stages"]}, ended.stderr


def _read(cache: Cache, stage: str, key: str) -> Any:
    entry = cache.find(stage, key)
    assert entry is not None, f"{stage} is up to date"
    return cache.read(entry, find_stage(stage))


def _children_seconds() -> float:
    """Processor seconds of the processes that this one started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], Path(sys.argv[2]), sys.argv[3:]), allow_nan=False))
