"""The model that predicts where none is named, with a note where it is another than the last time."""

import contextlib
import sys
from pathlib import Path

from pipelines.running.model_summary import summarize_model
from textrnn.storage.files import MANIFEST, digest_file, read_json, write_json

LAST_MODEL_FILE = Path("runs") / "last_model.json"


def print_model_used(folder: Path) -> None:
    """Say, on standard error, that the model in `folder` predicts: its date and its score, and if it is another one
    than the last time here. Remembers it for the next time, where that can be written.
    """
    try:
        now = {"model": folder.as_posix(), "manifest": digest_file(folder / MANIFEST), "about": summarize_model(folder)}
    except OSError:
        return  # who reads the model says what is wrong
    before = _remembered()
    told = f"model {now['model']} ({now['about']})"
    if before and before["model"] != now["model"]:
        told += f"; not the model used last here, which was {before['model']} ({before['about']})"
    elif before and before["manifest"] != now["manifest"]:
        told += f"; replaced since it was last used here, when it was the one {before['about']}"
    print(told, file=sys.stderr)
    if now != before:
        with contextlib.suppress(OSError):
            write_json(LAST_MODEL_FILE, now)


def _remembered() -> dict[str, str] | None:
    try:
        found = read_json(LAST_MODEL_FILE)
    except (OSError, ValueError):
        return None
    names = ("model", "manifest", "about")
    return found if isinstance(found, dict) and all(isinstance(found.get(name), str) for name in names) else None
