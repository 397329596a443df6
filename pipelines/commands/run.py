"""`textrnn run`, with one subcommand a stage."""

import os
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from pipelines.commands.option_groups import flatten_option_groups
from pipelines.commands.options import (
    ConfigOptions,
    FoldsOption,
    ReadOptions,
    ResumeOption,
    StageOptions,
)
from pipelines.commands.plan import print_plan
from pipelines.commands.quality_gate import (
    FAIL_ON,
    FAIL_ON_HELP,
    REPORT_STAGES,
    REQUIRE_WIN_HELP,
    FailOnOption,
    Gates,
    RequireWinOption,
    apply_gates,
    compare_with_baseline,
    make_gates,
    read_report,
    recheck_report,
    require_report_stage,
)
from pipelines.commands.stage_names import describe_unknown_stage
from pipelines.commands.workspace import ConfigChoice, Workspace, choose_config, open_workspace, remember_last
from pipelines.running.output_paths import require_planned_paths
from pipelines.running.plan import make_plan
from pipelines.running.run_state import StageOutcome
from pipelines.running.runner import run_stages
from pipelines.running.stdout import print_json, print_line, short_path, toml_value
from pipelines.runs.places import model_folder, run_folder
from pipelines.runs.promotions import promoted_folder
from pipelines.runs.run import Run
from pipelines.stages import STAGES, find_stage, needed_for, stage_names
from pipelines.stages.stage import Stage, plain_name
from textrnn.errors import ConfigError, Interrupted
from textrnn.machine.heap import keep_freed_memory

UntilOption = Annotated[
    str | None, typer.Option("--until", help="Stop after this stage.", metavar="STAGE", show_default=False)
]
ForceOption = Annotated[
    list[str] | None,
    typer.Option("--force", help="Run this stage even if nothing changed.", metavar="STAGE", show_default=False),
]
DryOption = Annotated[bool, typer.Option("--dry-run", help="Show what would run; run nothing.")]


@dataclass(frozen=True)
class RunOptions(StageOptions):
    """How stages run, whether training must resume, and what is shown."""

    require_resume: ResumeOption = False


@flatten_option_groups
def run(
    *,
    options: ConfigOptions,
    read: ReadOptions,
    folds: FoldsOption = None,
    until: UntilOption = None,
    force: ForceOption = None,
    dry_run: DryOption = False,
    require_win: RequireWinOption = False,
    fail_on: FailOnOption = None,
    how: RunOptions,
) -> None:
    """Run the pipeline; only what changed runs again.

    \b
    textrnn run --data reviews.csv --set train.epochs=5
    textrnn predict "What a film!"

    With --config and --data the file takes the place of all data that the config names.
    """  # noqa: D301  # \b keeps the lines that follow
    last = _known_stage(until, "--until") if until else STAGES[-1].name
    forced = frozenset(_known_stage(name, "--force") for name in force or ())
    gates = make_gates(require_win=require_win, fail_on=fail_on)
    if gates.option and dry_run:
        raise ConfigError(f"{gates.option}: expected a run to judge, found --dry-run; leave one of them out")
    require_report_stage((stage.name for stage in needed_for(last)), gates)
    choice = choose_config(options, read, folds)
    place = open_workspace(choice, how.cache_dir, quiet=how.quiet, verify=how.verify)
    if dry_run:
        stages = needed_for(last, place.config.data.folds)
        planned = make_plan(place.config, stages, place.cache, place.memo, _of_all_folds(forced, stages))
        print_plan(planned, json=how.json)
        require_planned_paths(planned, place.config, place.cache, overwrite=how.overwrite)
        return
    run_needed_stages(place, choice, last, forced, how, gates)


def run_needed_stages(
    place: Workspace,
    choice: ConfigChoice,
    last: str,
    forced: frozenset[str],
    how: RunOptions,
    gates: Gates,
) -> None:
    """Run what `last` needs, and say where the results are; then raise NoWinError or FindingError if `gates` do."""
    keep_freed_memory(one_arena=True)
    _warn_of_unused_fixes(place)
    stages = needed_for(last, place.config.data.folds)
    try:
        reached = run_stages(
            place.config,
            stages,
            cache=place.cache,
            memo=place.memo,
            display=place.display,
            force=_of_all_folds(forced, stages),
            lock_timeout=how.lock_timeout,
            require_resume=how.require_resume,
            overwrite=how.overwrite,
        )
    except Interrupted as stop:
        told = "interrupted; finished stages are kept, and the next run resumes from here"
        raise Interrupted(told, stop.signum) from None
    model = model_folder(place.config.root, place.config.name) if last == STAGES[-1].name else None
    remember_last(place.config.root, choice, model)
    outcomes = list(reached.outcomes.values())
    report = recheck_report(read_report(outcomes), reached, place.display.log)
    _print_results(place, outcomes, reached.kept, report, json=how.json)
    apply_gates(gates, report, place.display.warn)


def _warn_of_unused_fixes(place: Workspace) -> None:
    """Warn where fixes of these rows were applied and this run does not read them."""
    config = place.config
    if config.data.fixes is None and os.path.isfile(config.fixes_file):  # no error where the name is too long
        change = f"data.fixes={toml_value(short_path(config.fixes_file))}"
        place.display.warn(
            f"{short_path(config.fixes_file)} has fixes of labels that this run does not use; "
            f"add --set {shlex.quote(change)}, or move the file"
        )


def stage_command(name: str) -> Callable[..., None]:
    """The subcommand that brings the stage `name` up to date, and whatever it needs first."""

    def command(
        *,
        options: ConfigOptions,
        read: ReadOptions,
        force: Annotated[bool, typer.Option("--force", help="Run it even if nothing changed.")] = False,
        require_win: Annotated[
            bool, typer.Option("--require-win", help=REQUIRE_WIN_HELP, hidden=name not in REPORT_STAGES)
        ] = False,
        fail_on: Annotated[
            str | None,
            typer.Option(
                FAIL_ON, help=FAIL_ON_HELP, metavar="TR001,...", show_default=False, hidden=name not in REPORT_STAGES
            ),
        ] = None,
        how: RunOptions,
    ) -> None:
        gates = make_gates(require_win=require_win, fail_on=fail_on)
        require_report_stage((stage.name for stage in needed_for(name)), gates)
        choice = choose_config(options, read)
        place = open_workspace(choice, how.cache_dir, quiet=how.quiet, verify=how.verify)
        forced = frozenset({name}) if force else frozenset()
        run_needed_stages(place, choice, name, forced, how, gates)

    command.__doc__ = (
        f"{find_stage(name).summary}\n\nThe stages that it needs run first; what did not change does not run."
    )
    command.__name__ = name
    return flatten_option_groups(command)


def _of_all_folds(names: frozenset[str], stages: Sequence[Stage]) -> frozenset[str]:
    """The names of those of `stages` that are called by `names`, whichever fold they are of."""
    return frozenset(stage.name for stage in stages if plain_name(stage.name) in names)


def _known_stage(name: str, option: str) -> str:
    if name not in stage_names():
        raise ConfigError(f"{option} {name}: {describe_unknown_stage(name)}")
    return name


def _print_results(
    place: Workspace, outcomes: list[StageOutcome], kept: Run | None, found: dict[str, Any] | None, *, json: bool
) -> None:
    report = run_folder(place.config.root, place.config.name) / "report.html"
    model = None if kept is None else promoted_folder(kept)
    if json:
        print_json(
            {
                "name": place.config.name,
                "run": kept.id if kept else None,
                "stages": [outcome.to_json() for outcome in outcomes],
                "model": str(model) if model else None,
                "report": str(report) if model else None,
                "win": compare_with_baseline(found).to_json() if found else None,
                "findings": found["findings"] if found else None,
                "warnings": list(place.display.warned),
            }
        )
        return
    if kept:
        place.display.log(f"kept as run {kept.id}")
    ran = [outcome.stage for outcome in outcomes if outcome.ran]
    on = sum(not outcome.off for outcome in outcomes)
    place.display.log(f"{len(ran)} of {on} stages ran" + (f": {', '.join(ran)}" if ran else ""))
    if model:
        print_line(f"model   {short_path(model)}")
        print_line(f"report  {short_path(report)}")
    else:
        print_line(f"{outcomes[-1].stage}  {short_path(outcomes[-1].entry.folder)}")
