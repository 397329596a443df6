"""The run that made a model folder: what lies in its cache."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipelines.caching.cache import DATA_FOLDER, Cache, Entry
from pipelines.running.records import read_run
from pipelines.runs.promotions import has_model
from pipelines.runs.references import find_run_of
from pipelines.stages import find_stage


def read_result(model: Path, stage: str, cache_dir: Path | None) -> Any | None:
    """The noun that `stage` made in the run that made the folder `model`; None where its cache has it no more.

    The cache is that of the run's folder, if no other is named. Raises DamagedFilesError.
    """
    folder = model.resolve()
    kept = find_run_of(folder)
    root = kept.root if kept else folder.parent.parent
    cache = Cache((cache_dir or root / ".textrnn").absolute())
    record = kept.record if kept else read_run(root, folder.name) or {}
    bundled = _find(cache, dict(record), "bundle")
    wanted = _find(cache, dict(record), stage)
    if bundled is None or wanted is None or not _is_made_of(bundled, folder):
        return None
    return cache.read(wanted, find_stage(stage))


def _find(cache: Cache, record: dict[str, Any], stage: str) -> Entry | None:
    stages = record.get("stages")
    for line in stages if isinstance(stages, list) else []:
        if isinstance(line, dict) and line.get("stage") == stage and isinstance(line.get("key"), str):
            return cache.find(stage, line["key"])
    return None


def _is_made_of(bundled: Entry, folder: Path) -> bool:
    """Whether `folder` holds the model that was bundled, whichever decision it has now."""
    try:
        return has_model(bundled.folder / DATA_FOLDER, folder)
    except OSError:
        return False
