"""`--require-win`: whether the classifier beats the baseline, read from the report."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated

import typer

from pipelines.caching.cache import DATA
from pipelines.running.run_state import Outcome
from textrnn.errors import ConfigError, NoWinError
from textrnn.storage.files import read_json

REPORT_STAGES = ("evaluate", "bundle")  # the stages that leave a report
HELP = "Exit 4 unless the classifier's score (accuracy) is better than the baseline's."

RequireWinOption = Annotated[bool, typer.Option("--require-win", help=HELP)]


@dataclass(frozen=True)
class BaselineComparison:
    """The headline score of the classifier and the baseline on `split`; `verdict` says in words whether the difference
    is more than chance, and `shown` that it is, by the `test` that the report names. `p_value` is None where an
    interval decides.
    """

    won: bool
    split: str
    classifier: float
    baseline: float
    p_value: float | None
    verdict: str
    shown: bool
    score: str = "accuracy"
    test: str = "McNemar"

    def to_json(self) -> dict[str, bool | str | float | None]:
        """What `--json` prints."""
        return asdict(self)


def require_report_stage(stages: Iterable[str]) -> None:
    """Refuse, by ConfigError and before any work, a verdict on `stages` that make no report."""
    asked = list(stages)
    if not set(asked) & set(REPORT_STAGES):
        raise ConfigError(
            f"--require-win: expected {' or '.join(REPORT_STAGES)} among the stages, found {', '.join(asked)}"
        )


def read_comparison(outcomes: Sequence[Outcome]) -> BaselineComparison | None:
    """The verdict in the report that `outcomes` reached, None where they reached none. Raises OSError, ValueError."""
    entry = next((outcome.entry for outcome in outcomes if outcome.stage == "evaluate"), None)
    if entry is None:
        return None
    report = read_json(entry.folder / DATA / "report.json")
    found = report["comparison"]
    score = found.get("score", "accuracy")
    return BaselineComparison(
        # of accuracies by counts of examples: they are rounded
        won=found["only_classifier"] > found["only_baseline"] if score == "accuracy" else found["difference"] > 0,
        split=report["split"],
        classifier=report["metrics"][score]["value"],
        baseline=report["baseline"]["metrics"][score]["value"],
        p_value=found["p_value"],
        verdict=found["verdict"],
        shown=found["winner"] is not None,
        score=score,
        test=found.get("test", "McNemar"),
    )


def require_significant_win(comparison: BaselineComparison) -> None:
    """Raises NoWinError where the classifier did not win."""
    if not comparison.won:
        raise NoWinError(
            f"--require-win: expected the classifier's {comparison.score.replace('_', ' ')} on the {comparison.split} "
            f"split {'below' if comparison.score.endswith('error') else 'above'} the baseline's, "
            f"found {comparison.classifier:.4f} against {comparison.baseline:.4f} ({comparison.verdict}); "
            "all results are kept, look at the report"
        )
