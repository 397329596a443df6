"""A finished run is kept: its record, report, model, put into a folder of its own."""

from __future__ import annotations

import datetime
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines.caching.cache import DATA_FOLDER, Entry
from pipelines.runs.lock import NEW
from pipelines.runs.places import MADE_FROM_FILE, MODEL_FOLDER, RECORD, REPORTS, ROWS_FILE, kept_folder, run_folder
from pipelines.runs.publication import publish, publish_file
from pipelines.runs.run import Run, find_results, read_kept
from pipelines.runs.run_id import is_run_id, make_run_id
from textrnn.errors import DamagedFilesError
from textrnn.evaluation.origin import Origin
from textrnn.storage.files import commit_folder, digest_json, find_damage, read_json, read_manifest, write_json
from textrnn.storage.ownership import mark_json

MERGED_KEYS = ("params", "code", "libraries")  # of pre-images: equal in all stages that have them
DIGEST_DIGITS = 8  # digits of the digest of the data


def results_of(entries: Mapping[str, Entry]) -> str:
    """The digest of what a run made for people: its model, its report."""
    return digest_json({stage: entries[stage].content for stage in ("evaluate", "bundle")})


def find_kept(root: Path, name: str, entries: Mapping[str, Entry]) -> Run | None:
    """The kept run of `name` that has the results in `entries`, its model there by sizes; None where there is none."""
    run = find_results(root, name, results_of(entries))
    return run if run is not None and _is_whole(run, digests=False) else None


def keep_run(
    root: Path, name: str, entries: Mapping[str, Entry], record: Mapping[str, Any], origin: Origin | None = None
) -> Run:
    """Keep the run that has the results in `entries` (by stage), unless one with equal results is kept already.

    The caller holds the lock of the runs. A kept model that is damaged is made whole from the cache. Raises
    DamagedFilesError where a result there is damaged.
    """
    results = results_of(entries)
    run = find_results(root, name, results)
    if run is not None:
        if not _is_whole(run, digests=True):
            publish(entries["bundle"], run.model)
        return run
    others = [path.name for path in run_folder(root, name).glob("*") if is_run_id(path.name)]
    run_id = make_run_id(datetime.datetime.now(datetime.UTC), results, others)
    final = kept_folder(root, name, run_id)
    new = final.with_name(f".{run_id}{NEW}")
    shutil.rmtree(new, ignore_errors=True)
    publish(entries["bundle"], new / MODEL_FOLDER)
    for file, page_origin in zip(REPORTS, (None, origin), strict=True):
        publish_file(entries["evaluate"], file, new / file, page_origin)
    write_json(new / MADE_FROM_FILE, describe_inputs(entries))
    rows = _write_rows(entries["load"], new / ROWS_FILE)
    about = {"run": run_id, "name": name, "results": results, **record, **describe_results(entries, rows)}
    write_json(new / RECORD, mark_json(about))
    commit_folder(new, final)
    kept = read_kept(root, name, run_id)
    assert kept is not None
    return kept


def _is_whole(run: Run, *, digests: bool) -> bool:
    try:
        return find_damage(run.model, read_manifest(run.model)["files"], digests=digests) is None
    except DamagedFilesError:
        return False


def describe_inputs(entries: Mapping[str, Entry]) -> dict[str, Any]:
    """What the stages in `entries` read besides one another: settings, code, libraries, data, as their keys hold it."""
    preimages = [entry.manifest["preimage"] for entry in entries.values()]
    found: dict[str, Any] = {name: {} for name in MERGED_KEYS}
    for preimage in preimages:
        for name in MERGED_KEYS:
            for key, value in preimage[name].items():
                old = found[name].get(key)
                found[name][key] = {**old, **value} if isinstance(old, dict) else value
    return {
        **found,
        "python": preimages[0]["python"],
        "formats": {preimage["stage"]: preimage["format"] for preimage in preimages},
        "source": {name: value for preimage in preimages for name, value in preimage.get("source", {}).items()},
    }


def describe_results(entries: Mapping[str, Entry], rows: Mapping[str, int]) -> dict[str, Any]:
    """What `textrnn runs` lists: the score with its interval, the fixes of its labels, the data, the seconds
    that all stages took.
    """
    from textrnn.evaluation.headline import headline_of  # takes time, and a run with nothing to do keeps nothing

    report = read_json(entries["evaluate"].folder / DATA_FOLDER / "report.json")
    headline = headline_of(report)
    fixes = report.get("checks", {}).get("fixes")
    return {
        **({"fixes": fixes} if fixes else {}),
        "score": {"name": headline.name, **report["metrics"][headline.name]},
        "held_out": {"split": report["split"], "examples": report["examples"]},
        "data": {
            "digest": digest_json(entries["load"].manifest["preimage"].get("source", {}))[:DIGEST_DIGITS],
            "rows": rows,
        },
        "seconds": round(sum(float(entry.manifest["made"]["seconds"]) for entry in entries.values()), 3),
    }


def _write_rows(corpus: Entry, path: Path) -> dict[str, int]:
    """Write the digests of the rows of each split; returns how many there are."""
    from pipelines.runs.held_out import save_rows  # reads the texts; a run with nothing to do reads none

    return save_rows(corpus, path)
