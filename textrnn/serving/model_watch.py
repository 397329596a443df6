"""The model folder, watched: what replaces it is loaded beside the model that is served, then takes its place."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path

from textrnn.errors import TextrnnError
from textrnn.serving.served_model import ServedModel, load_served_model

FolderState = tuple[tuple[str, int, int, int], ...]
MAX_FILES = 64  # of a folder that are looked at


class ModelWatch:
    """A thread that looks at `folder` every `seconds`, and gives each new valid model in it to `replace`.

    A folder that is no valid model is refused once, in one line on standard error: the model that is served stays.
    `refused` is called each time.
    """

    def __init__(
        self, folder: Path, loaded: ServedModel, seconds: float, replace: Callable[[ServedModel], None],
        refused: Callable[[], None],
    ) -> None:  # fmt: skip
        self._folder, self._digest, self._seconds = folder, loaded.digest, seconds
        self._replace, self._refused = replace, refused
        self._stop = threading.Event()
        self._state: FolderState | None = None
        self._thread = threading.Thread(target=self._run, name="textrnn-watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.wait(self._seconds):
            self.look()

    def look(self) -> None:
        """Load what is in the folder now, if it is not what was looked at before."""
        state = folder_state(self._folder)
        if state in (self._state, ()):  # between two renames there is none
            return
        self._state = state
        try:
            model = load_served_model(self._folder)
        except (TextrnnError, OSError) as error:
            if state == folder_state(self._folder):  # else it is being replaced: look again
                print(f"the new model was refused, the old one stays: {error}", file=sys.stderr, flush=True)
                self._refused()
            else:
                self._state = None
            return
        if model.digest != self._digest:
            self._digest = model.digest
            self._replace(model)
            print(f"serving model {model.digest[:12]} now", file=sys.stderr, flush=True)


def folder_state(folder: Path) -> FolderState:
    """What tells one content of a folder from another: name, file, time, size of each file; () where there is none."""
    found = []
    try:
        for path in sorted(folder.iterdir())[:MAX_FILES]:
            about = path.stat()
            found.append((path.name, about.st_ino, about.st_mtime_ns, about.st_size))
    except OSError:
        return ()
    return tuple(found)
