"""The texts that were asked about, kept in a file where a person asks for that: `--log-texts`."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from textrnn.data.columns import Example
from textrnn.errors import ConfigError
from textrnn.model.predictor import Predictions
from textrnn.serving.predict_answer import label_members
from textrnn.serving.served_model import ServedModel
from textrnn.storage.appending import AppendedFile


class TextLog:
    """A file of JSON lines, one a text: its time, the model's digest, the text (or the row), its prediction.

    Lines of one request stand together. Where they cannot be written one line on standard error says so, once until it
    works again, and requests are answered all the same.
    """

    def __init__(self, file: Path, model: Path) -> None:
        """Open `file`, not in the folder `model`. Raises ConfigError where it cannot be written."""
        if model.resolve() in file.resolve().parents:
            raise ConfigError(
                f"--log-texts {file}: expected a file outside the model folder, found one in it; name another"
            )
        try:
            self._file = AppendedFile(file)
        except OSError as error:
            raise ConfigError(
                f"--log-texts {file}: expected a file that can be written, found none ({error.strerror}); name another"
            ) from None
        self._fails = False

    def write(self, model: ServedModel, examples: Sequence[Example], found: Predictions) -> None:
        """Write a line for each of the `examples` (N), for which `model` `found` this."""
        try:
            self._file.append(render_lines(model, examples, found, datetime.now(UTC)))
            self._fails = False
        except OSError as error:
            if not self._fails:
                what = f"texts are answered and not logged: {self._file.path}: {error.strerror}"
                print(what, file=sys.stderr, flush=True)
            self._fails = True

    def close(self) -> None:
        """Close the file."""
        try:
            self._file.close()
        except OSError as error:
            print(f"the last texts may not be logged: {self._file.path}: {error.strerror}", file=sys.stderr, flush=True)


def render_lines(model: ServedModel, examples: Sequence[Example], found: Predictions, time: datetime) -> bytes:
    """The lines of N texts that were answered at `time`. A lone surrogate is the JSON escape that it is."""
    accepted, begin = found.accepted.tolist(), f'{{"time": "{time.isoformat(timespec="milliseconds")}", '
    lines = []
    for example, members, stands in zip(examples, label_members(model, found), accepted, strict=True):
        if isinstance(example, str):
            asked = f'"text": {json.dumps(example)}'
        else:
            asked = f'"row": {json.dumps(dict(zip(model.columns.inputs, example, strict=True)))}'
        word = "true" if stands else "false"
        lines.append(f'{begin}"model": "{model.digest}", {asked}, {members}, "accepted": {word}}}\n')
    return "".join(lines).encode()
