"""What a person calls a run: its id or a part of it, the name of its kind, its folder, a model folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipelines.runs.places import MODEL_FOLDER, model_folder
from pipelines.runs.promotions import has_model, promoted
from pipelines.runs.run import Run, list_kept, list_names, read_kept
from pipelines.runs.run_id import is_run_id
from textrnn.errors import ConfigError
from textrnn.storage.bounded_reading import as_one_line
from textrnn.storage.files import MANIFEST

LIST_ADVICE = "`textrnn runs` lists them"


@dataclass(frozen=True)
class NamedModel:
    """A model that a person named: its folder, and the kept run that it is of, if any; `shown` names it in messages."""

    shown: str
    folder: Path
    run: Run | None


def find_run_of(folder: Path) -> Run | None:
    """The kept run whose model stands in `folder`: that of the run itself, or the promoted one in `models/NAME`."""
    folder = folder.resolve()
    if folder.name == MODEL_FOLDER and is_run_id(folder.parent.name) and folder.parents[2].name == "runs":
        return read_kept(folder.parents[3], folder.parents[1].name, folder.parents[0].name)
    if folder.parent.name != "models":
        return None
    standing = promoted(folder.parents[1], folder.name)
    return standing[1] if standing is not None and has_model(standing[1].model, folder) else None


def resolve_run(root: Path, reference: str) -> Run:
    """The kept run of the folder `root` that `reference` names: a name, which stands for its promoted run, else an id,
    its beginning or its end. Raises ConfigError.
    """
    shown = as_one_line(reference)
    name, _, part = reference.strip("/").rpartition("/")
    name = name.removeprefix("runs/")
    names = [name] if name else list_names(root)
    standing = promoted(root, part) if not name and part in names else None
    if standing is not None:
        return standing[1]
    found = [run for each in names for run in list_kept(root, each) if part and _is_part(part, run.id)]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(f"{run.name}/{run.id}" for run in found[:3])
        raise ConfigError(
            f"{shown}: expected one run, found {len(found)} ({ids}{', ...' if len(found) > 3 else ''}); write more of "
            "the id, or the name before it"
        )
    if not name and part in names:
        raise ConfigError(
            f"{shown}: expected a promoted run of that name, found none; "
            "`textrnn runs` lists ids, `textrnn promote ID` promotes one"
        )
    raise ConfigError(f"{shown}: expected the id of a kept run, or a name, found none; {LIST_ADVICE}")


def _is_part(part: str, run_id: str) -> bool:
    return run_id.startswith(part) or run_id.endswith(part)


def resolve_model(root: Path, reference: str) -> NamedModel:
    """The model that `reference` names: a model folder, or what `resolve_run` takes. Raises ConfigError."""
    folder = Path(reference)
    if (folder / MODEL_FOLDER / MANIFEST).is_file():
        folder = folder / MODEL_FOLDER  # the folder of a run
    if (folder / MANIFEST).is_file():
        run = find_run_of(folder)
        return NamedModel(run.id if run else as_one_line(reference), folder, run)
    if reference in list_names(root) and promoted(root, reference) is None:
        folder = model_folder(root, reference)
        if (folder / MANIFEST).is_file():  # made before runs were kept
            return NamedModel(as_one_line(reference), folder, None)
    run = resolve_run(root, reference)
    promoted_there = promoted(root, run.name)
    is_promoted = promoted_there is not None and promoted_there[1].id == run.id
    model = model_folder(root, run.name)
    return NamedModel(run.id, model if is_promoted and has_model(run.model, model) else run.model, run)
