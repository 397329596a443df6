"""A run that ends, compared with the one that was promoted until then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pipelines.caching.cache import DATA_FOLDER
from pipelines.running.run_state import RunState
from pipelines.runs.lock import locked_runs
from pipelines.runs.places import COMPARISON_FILE
from pipelines.runs.publication import publish_file
from pipelines.runs.references import NamedModel
from pipelines.runs.run import Run, read_kept
from textrnn.errors import TextrnnError
from textrnn.evaluation.origin import Origin
from textrnn.storage.files import read_json, write_json

MAX_ROWS = 5_000  # that both models predict, besides `textrnn compare`, which takes all
REPORT_PAGE = "report.html"
MODEL_NAMES = "that run", "this one"


def compare_with_previous(run: RunState, kept: Run, previous: Run, origin: Callable[[str], Origin]) -> str:
    """Compare the run that was `kept` with the `previous` one on rows that both held out; returns it in words.

    Where nothing can be compared, the words say why. They are noted in the folder of the run, unless that was removed
    meanwhile. Raises LockTimeoutError.
    """
    told, about = _compare(run, kept, previous)
    with locked_runs(kept.root, kept.name, timeout=run.timeout, log=run.display.warn):
        if read_kept(kept.root, kept.name, kept.id) is not None:
            write_json(kept.folder / COMPARISON_FILE, {**about, "compared_with": previous.id, "told": told})
            publish_file(run.outcomes["evaluate"].entry, REPORT_PAGE, kept.folder / REPORT_PAGE, origin(told))
    return told


def is_compared(kept: Run, previous: Run) -> bool:
    """Whether it is noted how `kept` compares with `previous`."""
    try:
        return bool(read_json(kept.folder / COMPARISON_FILE)["compared_with"] == previous.id)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def comparison_sentence(kept: Run | None) -> str:
    """What was noted of the comparison of a run; "" where nothing was."""
    try:
        told = read_json(kept.folder / COMPARISON_FILE)["told"] if kept is not None else ""
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return told if isinstance(told, str) else ""


def _compare(run: RunState, kept: Run, previous: Run) -> tuple[str, dict[str, Any]]:
    from pipelines.runs.compare_models import compare_models  # predicts, which a run with nothing to do does not

    shown = f"run {previous.id}"
    new = NamedModel(kept.id, run.outcomes["bundle"].entry.folder / DATA_FOLDER, kept)
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
    on = "" if counts is None else counts.line(*MODEL_NAMES)
    some = f" ({compared:,} of them, evenly spaced)" if counts is not None and compared < counts.compared else ""
    return f"Compared with {shown} {on}{some}: {found.comparison.verdict}.", {
        **found.to_json(),
        "differing": len(found.differing),
    }
