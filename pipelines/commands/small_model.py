"""What `textrnn export --small` does."""

from __future__ import annotations

import math
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from pipelines.commands.options import LabelledOptions
from pipelines.commands.print_model_used import print_model_used
from pipelines.running.last_run import find_model
from pipelines.running.stdout import print_line
from pipelines.running.validation_rows import validation_rows
from textrnn.errors import ConfigError

DEFAULT_MAX_LOSS = 0.2  # points, where nothing else is said
NO_ROWS_MESSAGE = "to measure a small model on; found none; name labelled rows, as in --validation rows.csv"
_UNITS = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30}
_SIZE = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,9})?) ?([kmg]?i?b)?", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class SmallModelOptions:
    """What was said of the small model on the command line."""

    max_size: str | None
    max_loss: float | None
    validation: str | None
    labelled: LabelledOptions
    cache_dir: Path | None
    overwrite: bool

    def require_unused(self, form: str) -> None:
        """Refuse, by ConfigError, options that say nothing of the `form` that is written."""
        for option, value in (
            ("--max-size", self.max_size),
            ("--max-loss", self.max_loss),
            ("--validation", self.validation),
        ):
            if value is not None:
                raise ConfigError(f"{option}: expected --small with it, found {form}; leave it out")
        self.labelled.require_unused("--validation FILE")


def write_small(model: Path | None, place: Path, wish: SmallModelOptions, *, quiet: bool) -> None:
    """Write the `model` as a small one into the folder `place`, and say what that costs. Raises TextrnnError."""
    size, loss = _limits(wish)
    if wish.validation is None:
        wish.labelled.require_unused("--validation FILE")
    reading = wish.labelled.reading
    folder = find_model(model)
    _require_place(place, folder, overwrite=wish.overwrite)
    from textrnn.export.small_card import describe_loss, describe_size
    from textrnn.export.small_folder import export_small

    if model is None and not quiet:
        print_model_used(folder)

    def tell(line: str) -> None:
        if not quiet:
            print(line, file=sys.stderr)

    done = export_small(
        folder,
        place,
        lambda predictor: validation_rows(predictor, folder, wish.validation, reading, wish.cache_dir, NO_ROWS_MESSAGE),
        max_size=size,
        max_loss=loss,
        tell=tell,
    )
    cost = done.cost
    print_line(
        f"wrote {place} ({describe_size(done.size)} of {describe_size(cost.size_before)}): {cost.tokens[1]:,} of "
        f"{cost.tokens[0]:,} tokens, {cost.ngrams[1]:,} of {cost.ngrams[0]:,} n-grams"
    )
    print_line(f"{describe_loss(cost)} ({cost.source})")


def _limits(wish: SmallModelOptions) -> tuple[int | None, float | None]:
    """The most bytes, and the most points that may be lost. Raises ConfigError."""
    loss = wish.max_loss
    if loss is not None and not (math.isfinite(loss) and 0 <= loss <= 100):
        raise ConfigError(f"--max-loss: expected percentage points from 0 to 100, found {loss:g}")
    if wish.max_size is None:
        return None, DEFAULT_MAX_LOSS if loss is None else loss
    found = _SIZE.fullmatch(wish.max_size.strip())
    if found is None:
        raise ConfigError(f"--max-size: expected a size as in 2MB or 500kB, found {wish.max_size!r}")
    return int(float(found[1]) * _UNITS[(found[2] or "").lower()]), loss


def _require_place(place: Path, model: Path, *, overwrite: bool) -> None:
    """Refuse, by ConfigError and before any work, a place that cannot be written, or may not be replaced."""
    from textrnn.model.files import require_replaceable

    there, source = Path(os.path.realpath(place)), Path(os.path.realpath(model))
    if there == source or source in there.parents or there in source.parents:
        raise ConfigError(
            f"--small {place}: expected a path other than the model folder, found {model}; choose another path"
        )
    if place.exists() and not place.is_dir():
        raise ConfigError(f"--small {place}: expected a folder, found a file; choose another path")
    require_replaceable(place)
    if place.is_dir() and any(place.iterdir()) and not overwrite:
        raise ConfigError(
            f"--small {place}: expected no model there yet, found one; choose another path, or "
            "replace it with --overwrite"
        )
