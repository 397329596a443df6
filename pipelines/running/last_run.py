"""What was run last in a folder: for commands that name no configuration or model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from textrnn.errors import ConfigError
from textrnn.storage.files import read_json

LAST = Path("runs") / "last.json"  # below a run's root


def read_last(root: Path | None = None) -> dict[str, Any] | None:
    """What was run last in the folder `root`, or here; None where nothing was."""
    try:
        last = read_json((root or Path.cwd()) / LAST)
    except (OSError, ValueError):
        return None
    return last if isinstance(last, dict) else None


def find_model(model: Path | None) -> Path:
    """The model folder named, or the last one bundled in this folder. Raises ConfigError."""
    if model is not None:
        return model
    last = read_last()
    if last is None or not last.get("model"):
        raise ConfigError("expected --model FOLDER, or a model bundled in this folder; `textrnn run` makes one")
    return Path(last["model"])
