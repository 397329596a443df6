"""Which run of a name is promoted: the history of promotions, its last entry brought about in `models/NAME`."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from pipelines.runs.places import PROMOTIONS_FILE, model_folder, run_folder
from pipelines.runs.publication import is_published, publish_folder
from pipelines.runs.run import Run, read_kept
from textrnn.errors import DamagedFilesError
from textrnn.storage.files import find_damage, read_json, read_manifest, resolve_link, write_json
from textrnn.storage.ownership import mark_json

DECISION_FILE = "decision.json"  # `textrnn decide` writes another into a model folder


@dataclass(frozen=True)
class Promotion:
    """An entry of the history: which run was promoted, when, and by whom; one made by hand holds until it is lifted."""

    run: str
    at: str
    by: Literal["run", "hand"]


def read_promotions(root: Path, name: str) -> list[Promotion]:
    """The history of promotions of `name`, the oldest first; none where there is none that can be read."""
    try:
        found = read_json(run_folder(root, name) / PROMOTIONS_FILE)["promotions"]
        return [Promotion(str(one["run"]), str(one["at"]), "hand" if one["by"] == "hand" else "run") for one in found]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def promoted(root: Path, name: str) -> tuple[Promotion, Run] | None:
    """The promotion of `name` that stands, with its run; None where there is none, or its run is gone."""
    history = read_promotions(root, name)
    run = read_kept(root, name, history[-1].run) if history else None
    return None if run is None else (history[-1], run)


def run_promoted_by_hand(root: Path, name: str) -> Run | None:
    """The run of `name` that a person promoted, None where each run promotes its own model."""
    standing = promoted(root, name)
    return standing[1] if standing is not None and standing[0].by == "hand" else None


def promoted_folder(run: Run) -> Path:
    """Where people take the model of `run` from: `models/NAME` where it is promoted, else its own folder."""
    standing = promoted(run.root, run.name)
    return model_folder(run.root, run.name) if standing is not None and standing[1].id == run.id else run.model


def promote(run: Run, by: Literal["run", "hand"], tell_replaced: Callable[[Path], None] = lambda _: None) -> None:
    """Make `run` the promoted one of its name: noted first, then brought about. The caller holds the lock of the runs.

    `tell_replaced` is told of the folder, where another model is replaced. Raises DamagedFilesError, ConfigError.
    """
    manifest = read_manifest(run.model)
    if damage := find_damage(run.model, manifest["files"]):
        raise DamagedFilesError(damage)  # before anything is noted
    history = read_promotions(run.root, run.name)
    if not history or (history[-1].run, history[-1].by) != (run.id, by):
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        entries = [asdict(one) for one in (*history, Promotion(run.id, now, by))]
        write_json(run_folder(run.root, run.name) / PROMOTIONS_FILE, mark_json({"promotions": entries}))
    again = bool(history) and history[-1].run == run.id
    publish_promoted(run, again=again, tell_replaced=tell_replaced)


def publish_promoted(run: Run, *, again: bool, tell_replaced: Callable[[Path], None] = lambda _: None) -> None:
    """Let `models/NAME` hold the model of `run`.

    What `textrnn decide` wrote there stays where the same run was promoted before.
    """
    target = resolve_link(model_folder(run.root, run.name))
    if (has_model if again else is_published)(run.model, target):
        return
    if not is_published(run.model, target):
        tell_replaced(target)
    _replace(run, target)


def _replace(run: Run, target: Path) -> None:
    """Put the model of `run` in the place of `target`; what `textrnn decide` wrote there its run keeps."""
    for past in {one.run for one in read_promotions(run.root, run.name)} - {run.id}:
        before = read_kept(run.root, run.name, past)
        if before is not None and has_model(before.model, target):
            publish_folder(target, before.model)
    publish_folder(run.model, target)


def finish_promotion(root: Path, name: str) -> None:
    """Finish the last promotion of `name`, where a killed process noted it and did no more.

    The caller holds the lock of the runs.
    """
    standing = promoted(root, name)
    if standing is None:
        return
    history, (_, run) = read_promotions(root, name), standing
    before = read_kept(root, name, history[-2].run) if len(history) > 1 else None
    target = resolve_link(model_folder(root, name))
    if before is not None and before.id != run.id and has_model(before.model, target):
        _replace(run, target)


def has_model(source: Path, target: Path) -> bool:
    """Whether `target` is whole, and holds the model in `source`, perhaps with another decision."""
    try:
        found, wanted = read_manifest(target), read_manifest(source)
        files, others = ({**each["files"], DECISION_FILE: None} for each in (found, wanted))
        return files == others and find_damage(target, found["files"]) is None
    except DamagedFilesError:
        return False


def is_published_promotion(run: Run) -> bool:
    """Whether nothing is to be done when `run` ends once more: it is promoted, or another one by hand, in place."""
    standing = promoted(run.root, run.name)
    if standing is None or (standing[0].by == "run" and standing[1].id != run.id):
        return False
    return has_model(standing[1].model, resolve_link(model_folder(run.root, run.name)))
