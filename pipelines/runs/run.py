"""`Run`: a finished run that is kept, found again in its folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.runs.places import MADE_FROM_FILE, MODEL_FOLDER, RECORD, kept_folder, run_folder
from pipelines.runs.run_id import is_run_id
from textrnn.storage.files import read_json
from textrnn.storage.ownership import GENERATOR, GENERATOR_NAME


@dataclass(frozen=True)
class Run:
    """A kept run: the `root` that its folder `runs/name/id` stands in, and its `record` as read."""

    root: Path
    name: str
    id: str
    record: Mapping[str, Any]

    @property
    def folder(self) -> Path:
        """Its folder, with record, report, model."""
        return kept_folder(self.root, self.name, self.id)

    @property
    def model(self) -> Path:
        """Its model folder."""
        return self.folder / MODEL_FOLDER

    @property
    def results(self) -> str:
        """The digest of its results: equal ones make no second run."""
        return str(self.record.get("results"))

    @property
    def size(self) -> int:
        """Bytes of its files."""
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())

    def made_from(self) -> dict[str, Any]:
        """Its settings, code, libraries, data. Raises OSError, ValueError."""
        found = read_json(self.folder / MADE_FROM_FILE)
        if not isinstance(found, dict):
            raise ValueError(f"{self.folder / MADE_FROM_FILE}: expected an object")
        return found


def read_kept(root: Path, name: str, run_id: str) -> Run | None:
    """The run `run_id` of `name`, None where none is kept under that id."""
    try:
        record = read_json(kept_folder(root, name, run_id) / RECORD)
    except (OSError, ValueError):
        return None
    if not isinstance(record, dict) or record.get(GENERATOR) != GENERATOR_NAME or record.get("run") != run_id:
        return None
    return Run(root, name, run_id, {key: value for key, value in record.items() if key != GENERATOR})


def list_kept(root: Path, name: str, *, ending: str = "") -> list[Run]:
    """The kept runs of `name` whose ids have this `ending`, the oldest first."""
    folder = run_folder(root, name)
    ids = sorted(path.name for path in folder.glob(f"*{ending}") if is_run_id(path.name))
    return [run for run_id in ids if (run := read_kept(root, name, run_id)) is not None]


def list_names(root: Path) -> list[str]:
    """The names below `runs/` that have a folder."""
    return sorted(path.name for path in (root / "runs").glob("*") if path.is_dir() and not path.name.startswith("."))


def find_results(root: Path, name: str, results: str) -> Run | None:
    """The kept run of `name` with these `results`, None where there is none."""
    return next((run for run in list_kept(root, name, ending=f"-{results[:4]}") if run.results == results), None)
