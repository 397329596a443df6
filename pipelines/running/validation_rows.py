"""Labelled rows for a saved model: those of a file, else the validation split of the run that made it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.runs.references import find_run_of
from textrnn.errors import ConfigError

if TYPE_CHECKING:
    from textrnn.export.small_candidates import LabelledRows
    from textrnn.model.predictor import Predictor


def validation_rows(
    predictor: Predictor,
    model: Path,
    file: str | None,
    reading: Mapping[str, Any],
    cache_dir: Path | None,
    purpose: str,
) -> LabelledRows:
    """The rows of `file`, else those of the run that made the `model` of the `predictor`.

    `reading` says how the file is read; `purpose` ends the sentence that asks for rows, with the option that names a
    file. Raises ConfigError, DataError.
    """
    from textrnn.export.small_candidates import LabelledRows
    from textrnn.export.small_rows import read_labelled_rows

    if file is not None:
        return read_labelled_rows(predictor, file, **reading)
    from pipelines.running.model_run import read_result

    ids = read_result(model, "numericalize", cache_dir)
    if ids is None or "validation" not in ids.splits:
        raise ConfigError(f"{model}: expected the run that made it, with a validation split, {purpose}")
    rows, labels = ids.splits["validation"], ids.labels["validation"]
    kept = find_run_of(model.resolve())
    suggested = ((kept.record.get("fixes") or {}) if kept else {}).get("validation", {}).get("as_suggested", 0)
    source = "validation split" + (f", {suggested:,} of its labels as the audit suggested" if suggested else "")
    return LabelledRows(rows, labels, ids.tabular.get("validation"), source)
