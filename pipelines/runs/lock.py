"""The lock of the runs of a name, behind which they are kept, promoted, removed."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from pipelines.runs.places import LOCK_FILE, PROMOTIONS_FILE, model_folder, run_folder
from pipelines.runs.promotions import finish_promotion
from textrnn.errors import ConfigError, LockTimeoutError
from textrnn.storage.disk import make_folder
from textrnn.storage.files import ASIDE_SUFFIX, resolve_link, restore_aside
from textrnn.storage.locks import exclusive_lock, folder_lock

NEW, GONE = ".new", ".gone"  # suffixes of a folder that is built, or deleted
TIMEOUT_SECONDS = 600.0  # to wait for another process, where nothing else is said


@contextlib.contextmanager
def locked_runs(
    root: Path, name: str, *, timeout: float = TIMEOUT_SECONDS, log: Callable[[str], None] = lambda _: None
) -> Iterator[None]:
    """Be the only process that changes the runs of `name`, for the block; what killed ones left is finished first.

    Raises LockTimeoutError.
    """
    folder = run_folder(root, name)
    make_folder(folder)
    with exclusive_lock(folder / LOCK_FILE, timeout=timeout, on_wait=log):
        for path in _unfinished(root, name):
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
        for target in _targets(root, name):
            _finish_model(target)
        finish_promotion(root, name)
        yield


def clean_up_runs(root: Path, name: str) -> None:
    """Remove what killed processes left among the runs of `name`, unless one is at work there.

    No run of this name is under way: of the record and the report nothing unfinished is anybody's.
    """
    folder = run_folder(root, name)
    for path in folder.glob(".*.tmp"):
        if not path.name.startswith(f".{PROMOTIONS_FILE}"):
            path.unlink(missing_ok=True)
    left = [
        place
        for target in _targets(root, name)
        for place in (_new_model(target), target.with_name(target.name + ASIDE_SUFFIX))
    ]
    if _unfinished(root, name) or any(place.exists() for place in left):
        with contextlib.suppress(LockTimeoutError), locked_runs(root, name, timeout=0):
            pass


def _targets(root: Path, name: str) -> list[Path]:
    """Where the promoted model stands, a link followed; nowhere where it leads to nothing."""
    try:
        return [resolve_link(model_folder(root, name))]
    except ConfigError:
        return [model_folder(root, name)]


def _finish_model(target: Path) -> None:
    """Remove or put back what a killed process left at a model, unless one writes there now."""
    if target.parent.is_dir():
        with contextlib.suppress(LockTimeoutError), folder_lock(target.parent, wait=False):
            shutil.rmtree(_new_model(target), ignore_errors=True)
            restore_aside(target, remove=True)


def _new_model(target: Path) -> Path:
    """Where another model for `target` is built."""
    return target.with_name(f".{target.name}{NEW}")


def _unfinished(root: Path, name: str) -> list[Path]:
    """What only a process that holds the lock may write, and was killed over."""
    folder = run_folder(root, name)
    return [*folder.glob(f".*{NEW}"), *folder.glob(f".*{GONE}"), *folder.glob(f".{PROMOTIONS_FILE}.*.tmp")]
