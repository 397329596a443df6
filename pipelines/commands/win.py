"""`--require-win`: whether the classifier beats the baseline, read from the report."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated

import typer

from pipelines.cache import DATA
from pipelines.runner import Outcome
from textrnn.errors import ConfigError, NoWinError
from textrnn.files import read_json

JUDGED = ("evaluate", "bundle")  # the stages that leave a report
HELP = "Exit 4 unless the classifier's accuracy is above the baseline's."

RequireWinOption = Annotated[bool, typer.Option("--require-win", help=HELP)]


@dataclass(frozen=True)
class Win:
    """Accuracies of the classifier and the baseline on `split`, and the p value of their paired comparison."""

    won: bool
    split: str
    classifier: float
    baseline: float
    p_value: float

    def to_json(self) -> dict[str, bool | str | float]:
        """What `--json` prints."""
        return asdict(self)


def require_judged(stages: Iterable[str]) -> None:
    """Refuse, by ConfigError and before any work, a verdict on `stages` that make no report."""
    asked = list(stages)
    if not set(asked) & set(JUDGED):
        raise ConfigError(f"--require-win: expected {' or '.join(JUDGED)} among the stages, found {', '.join(asked)}")


def read_win(outcomes: Sequence[Outcome]) -> Win | None:
    """The verdict in the report that `outcomes` reached, None where they reached none. Raises OSError, ValueError."""
    entry = next((outcome.entry for outcome in outcomes if outcome.stage == "evaluate"), None)
    if entry is None:
        return None
    report = read_json(entry.folder / DATA / "report.json")
    found = report["comparison"]
    return Win(
        # counts of examples: the accuracies are rounded
        won=found["only_classifier"] > found["only_baseline"],
        split=report["split"],
        classifier=report["metrics"]["accuracy"]["value"],
        baseline=report["baseline"]["metrics"]["accuracy"]["value"],
        p_value=found["p_value"],
    )


def check_win(win: Win) -> None:
    """Raises NoWinError where the classifier did not win."""
    if not win.won:
        raise NoWinError(
            f"--require-win: expected the classifier's accuracy on the {win.split} split above the baseline's, "
            f"found {win.classifier:.4f} against {win.baseline:.4f} (McNemar p = {win.p_value:.3g}); "
            "all results are kept, look at the report"
        )
