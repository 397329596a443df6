"""Gates on a report: `--require-win` on the comparison with the baseline, `--fail-on` on what the checks found."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any

import typer

from pipelines.caching.cache import DATA_FOLDER
from pipelines.running.last_audit import read_last_audit
from pipelines.running.run_state import RunState, StageOutcome
from pipelines.runs.other_seeds import scores_of_other_seeds
from textrnn.errors import ConfigError, NoWinError
from textrnn.storage.files import read_json

REPORT_STAGES = ("evaluate", "bundle")  # the stages that leave a report
REQUIRE_WIN_HELP = "Exit 4 unless the classifier's score (accuracy) is better than the baseline's."

RequireWinOption = Annotated[bool, typer.Option("--require-win", help=REQUIRE_WIN_HELP)]
FAIL_ON = "--fail-on"
FAIL_ON_HELP = "Exit 4 if one of these checks of the report finds something: codes with commas, or all."
FailOnOption = Annotated[str | None, typer.Option(FAIL_ON, help=FAIL_ON_HELP, metavar="TR001,...", show_default=False)]


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


@dataclass(frozen=True)
class Gates:
    """What a run must pass: a win over the baseline if `require_win`, no finding of the codes `fail_on`."""

    require_win: bool = False
    fail_on: tuple[str, ...] = ()

    @property
    def option(self) -> str:
        """The option that asks for a report; "" where none does."""
        return "--require-win" if self.require_win else FAIL_ON if self.fail_on else ""


def make_gates(*, require_win: bool, fail_on: str | None) -> Gates:
    """The gates that the options mean. Raises ConfigError."""
    if fail_on is None:
        return Gates(require_win)
    from textrnn.evaluation.findings import parse_codes

    return Gates(require_win, parse_codes(fail_on, FAIL_ON))


def require_report_stage(stages: Iterable[str], gates: Gates) -> None:
    """Refuse, by ConfigError and before any work, gates on `stages` that make no report."""
    asked = list(stages)
    if gates.option and not set(asked) & set(REPORT_STAGES):
        raise ConfigError(
            f"{gates.option}: expected {' or '.join(REPORT_STAGES)} among the stages, found {', '.join(asked)}"
        )


def read_report(outcomes: Sequence[StageOutcome]) -> dict[str, Any] | None:
    """The data of the report that `outcomes` reached, None where they reached none. Raises OSError, ValueError."""
    entry = next((outcome.entry for outcome in outcomes if outcome.stage == "evaluate"), None)
    return None if entry is None else read_json(entry.folder / DATA_FOLDER / "report.json")


def recheck_report(
    report: dict[str, Any] | None, reached: RunState, log: Callable[[str], None]
) -> dict[str, Any] | None:
    """Returns the data of a `report`, checked with what lies outside of it: the kept runs that differ in their seed,
    the last audit of the same rows. `log` takes the findings that this adds or changes.
    """
    if report is None:
        return None
    config, entries = reached.config, {stage: outcome.entry for stage, outcome in reached.outcomes.items()}
    seeds = scores_of_other_seeds(config.root, config.name, entries)
    audit = read_last_audit(config, reached.cache, reached.contents)
    if not seeds and "rows" not in audit:
        return report
    from textrnn.evaluation.findings import run_checks

    checked = {**report, "seeds": seeds, "audit": audit}
    checked |= run_checks(checked)
    before = {finding["code"]: finding["seen"] for finding in report["findings"]}
    for finding in checked["findings"]:
        if before.get(finding["code"]) != finding["seen"]:
            log(f"{finding['code']} {finding['title']}: {finding['seen']}")
    return checked


def compare_with_baseline(report: Mapping[str, Any]) -> BaselineComparison:
    """The verdict in the data of a report of a run."""
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
        rows = "rows" if comparison.split == "out-of-fold" else "split"
        raise NoWinError(
            f"--require-win: expected the classifier's {comparison.score.replace('_', ' ')} on the {comparison.split} "
            f"{rows} {'below' if comparison.score.endswith('error') else 'above'} the baseline's, "
            f"found {comparison.classifier:.4f} against {comparison.baseline:.4f} ({comparison.verdict}); "
            "all results are kept, look at the report"
        )


def apply_gates(gates: Gates, report: Mapping[str, Any] | None, warn: Callable[[str], None]) -> None:
    """Raise NoWinError or FindingError where the `report` misses one of `gates`; tell `warn` what was not tested."""
    if report is None:
        return
    if gates.require_win:
        comparison = compare_with_baseline(report)
        require_significant_win(comparison)
        if not comparison.shown:
            warn(f"--require-win: passed, but {comparison.verdict}")
    if gates.fail_on:
        from textrnn.evaluation.findings import require_no_findings

        for line in require_no_findings(report, gates.fail_on, FAIL_ON):
            warn(line)
