"""What was run last in a folder: for commands that name no configuration or model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipelines.runs.run import list_kept, list_names
from textrnn.errors import ConfigError
from textrnn.storage.files import read_json, write_json

LAST_RUN_FILE = Path("runs") / "last.json"  # below a run's root


def read_last(root: Path | None = None) -> dict[str, Any] | None:
    """What was run last in the folder `root`, or here; None where nothing was."""
    try:
        last = read_json((root or Path.cwd()) / LAST_RUN_FILE)
    except (OSError, ValueError):
        return None
    return last if isinstance(last, dict) else None


def remember_model(root: Path, model: Path) -> None:
    """Note the `model` as the last one in the folder `root`, for commands that name none."""
    before = read_last(root) or {}
    place = str(model.relative_to(root) if model.is_relative_to(root) else model)
    if before.get("model") != place:
        write_json(root / LAST_RUN_FILE, {**before, "model": place})


def find_name(root: Path, named: str | None) -> str:
    """The name that was given, else that of the model used last in the folder `root`, else the only one with kept
    runs. Raises ConfigError.
    """
    names = [name for name in list_names(root) if list_kept(root, name)]
    if named is None:
        last = Path(str((read_last(root) or {}).get("model") or "")).name
        named = last if last in names else names[0] if len(names) == 1 else None
    if named not in names:
        found = (
            f"found {named}"
            if named is not None
            else f"found {len(names)} ({', '.join(names[:5])})"
            if names
            else "found none"
        )
        raise ConfigError(f"expected a name that has kept runs, {found}; `textrnn runs` lists them")
    return named


def find_model(model: Path | None) -> Path:
    """The model folder named, or the last one bundled in this folder. Raises ConfigError."""
    if model is not None:
        return model
    last = read_last()
    if last is None or not last.get("model"):
        raise ConfigError("expected --model FOLDER, or a model bundled in this folder; `textrnn run` makes one")
    return Path(last["model"])
