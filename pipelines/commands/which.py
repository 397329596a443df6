"""Which model answers where none is named, and whether it is the one that did the last time."""

import contextlib
import sys
import time
from pathlib import Path
from typing import Any

from textrnn.files import MANIFEST, digest_file, read_json, write_json

ANSWERED = Path("runs") / "answered.json"
SCORES = ("accuracy", "micro_f1", "mean_absolute_error", "r2")  # the first that a model's metrics have is told


def tell_model(folder: Path) -> None:
    """Say, on standard error, that the model in `folder` answers: its date and its score, and if it is another one
    than the last time here. Remembers it for the next time, where that can be written.
    """
    try:
        now = {"model": folder.as_posix(), "manifest": digest_file(folder / MANIFEST), "about": _describe(folder)}
    except OSError:
        return  # who reads the model says what is wrong
    before = _remembered()
    told = f"model {now['model']} ({now['about']})"
    if before and before["model"] != now["model"]:
        told += f"; another than the last time here, which was {before['model']} ({before['about']})"
    elif before and before["manifest"] != now["manifest"]:
        told += f"; replaced since the last time here, when it was the one {before['about']}"
    print(told, file=sys.stderr)
    if now != before:
        with contextlib.suppress(OSError):
            write_json(ANSWERED, now)


def _describe(folder: Path) -> str:
    """When the model was bundled, and its score, as its own files have them."""
    from textrnn.model_files import METRICS

    date = time.strftime("%Y-%m-%d %H:%M", time.localtime((folder / MANIFEST).stat().st_mtime))
    score = ""
    with contextlib.suppress(OSError, ValueError):
        score = _score_of(read_json(folder / METRICS))
    return f"bundled {date}{score}"


def _score_of(metrics: Any) -> str:
    split = ""
    if isinstance(metrics, dict) and isinstance(metrics.get("validation"), dict):  # of a model that Python code saved
        metrics, split = metrics["validation"], " on validation"
    for name in SCORES if isinstance(metrics, dict) else ():
        value = metrics.get(name)
        value = value.get("value") if isinstance(value, dict) else value
        if isinstance(value, float):
            return f", {name.replace('_', ' ')} {value:.4f}{split}"
    return ""


def _remembered() -> dict[str, str] | None:
    try:
        found = read_json(ANSWERED)
    except (OSError, ValueError):
        return None
    names = ("model", "manifest", "about")
    return found if isinstance(found, dict) and all(isinstance(found.get(name), str) for name in names) else None
