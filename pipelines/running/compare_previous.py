"""A run that ends, compared with the one that was promoted until then."""

from __future__ import annotations

from typing import Any

from pipelines.caching.cache import DATA
from pipelines.running.run_state import RunState
from pipelines.runs.places import COMPARISON
from pipelines.runs.references import NamedModel
from pipelines.runs.run import Run
from textrnn.errors import TextrnnError
from textrnn.storage.files import read_json, write_json

MAX_ROWS = 5_000  # that both models predict, besides `textrnn compare`, which takes all
NAMES = "that run", "this one"


def compare_with_previous(run: RunState, kept: Run, previous: Run) -> str:
    """Compare the run that was `kept` with the `previous` one on rows that both held out; returns it in words.

    They are noted in the folder of the run. Where nothing can be compared, they say why.
    """
    told, about = _compare(run, kept, previous)
    write_json(kept.folder / COMPARISON, {**about, "compared_with": previous.id, "told": told})
    return told


def told_of(kept: Run | None) -> str:
    """What was noted of the comparison of a run; "" where nothing was."""
    try:
        told = read_json(kept.folder / COMPARISON)["told"] if kept is not None else ""
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return told if isinstance(told, str) else ""


def _compare(run: RunState, kept: Run, previous: Run) -> tuple[str, dict[str, Any]]:
    from pipelines.runs.compare_models import compare_models  # predicts, which a run with nothing to do does not

    shown = f"run {previous.id}"
    new = NamedModel(kept.id, run.outcomes["bundle"].entry.folder / DATA, kept)
    try:
        found = compare_models(
            NamedModel(shown, previous.model, previous),
            new,
            cache_dir=run.cache.root,
            called=(shown, "this run"),
            max_rows=MAX_ROWS,
        )
    except (TextrnnError, OSError) as error:
        return f"Not compared with {shown}: {error}.", {}
    counts, compared = found.rows.counts, len(found.rows.examples)
    on = "" if counts is None else counts.line(*NAMES)
    some = f" ({compared:,} of them, evenly spaced)" if counts is not None and compared < counts.compared else ""
    return f"Compared with {shown} {on}{some}: {found.comparison.verdict}.", {
        **found.to_json(),
        "differing": len(found.differing),
    }
