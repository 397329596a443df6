"""A model folder put in the place of another, whole."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from textrnn.errors import ConfigError
from textrnn.model.files import require_replaceable
from textrnn.storage.disk import make_folder
from textrnn.storage.files import replace_folder, resolve_link
from textrnn.storage.locks import folder_lock


def replace_model(write: Callable[[Path], None], folder: Path) -> None:
    """Let `write` make a model folder and put it in the place of `folder`, which may hold one.

    Of several threads and processes that save there one at a time does, and the last one's stays. Raises OSError,
    ConfigError where `folder` holds anything else, or this process is in it.
    """
    final = resolve_link(Path(os.path.abspath(folder)))  # "." has no name to put another beside
    require_replaceable(final)
    _require_elsewhere(final)
    make_folder(final.parent)
    with folder_lock(final.parent):
        require_replaceable(final)  # what another one left there meanwhile
        temporary = final.with_name(f".{final.name}.new")
        shutil.rmtree(temporary, ignore_errors=True)
        write(temporary)
        replace_folder(temporary, final)


def _require_elsewhere(final: Path) -> None:
    """Refuse, by ConfigError, to replace the folder that this process, and the shell that began it, stands in."""
    here = Path.cwd()
    if final == here or final in here.parents:
        raise ConfigError(
            f"folder: expected another folder than the working directory, which saving would replace, found "
            f"{final}; give another folder, as in 'model'"
        )
