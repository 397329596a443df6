"""Where the runs of a name stand below a root: `runs/NAME`, `runs/NAME/ID`, `models/NAME`."""

from __future__ import annotations

from pathlib import Path

RECORD, REPORTS = "run.json", ("report.json", "report.html")  # of the last run in runs/NAME, of each in runs/NAME/ID
MODEL_FOLDER = "model"  # the model folder of a kept run
MADE_FROM_FILE = "made_from.json"  # the settings, code, libraries, data of a kept run
ROWS_FILE = "rows.safetensors"  # the digests of its rows
COMPARISON_FILE = "comparison.json"  # of a kept run with the one that was promoted until it ended
PROMOTIONS_FILE = "promotions.json"  # in runs/NAME
LOCK_FILE = ".runs.lock"  # in runs/NAME


def run_folder(root: Path, name: str) -> Path:
    """Where the record and the report of the last run `name` stand, next to the kept ones."""
    return root / "runs" / name


def model_folder(root: Path, name: str) -> Path:
    """Where the promoted model of `name` stands."""
    return root / "models" / name


def kept_folder(root: Path, name: str, run_id: str) -> Path:
    """Where the run `run_id` of `name` is kept."""
    return run_folder(root, name) / run_id
