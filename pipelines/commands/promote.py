"""`textrnn promote`: which kept run's model `predict` takes."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.options import JsonOption
from pipelines.running.last_run import find_name, remember_model
from pipelines.running.model_summary import summarize_model
from pipelines.running.stdout import print_json, print_line, print_table
from pipelines.runs.choice import last_run, promote_by_hand, promote_last, run_before
from pipelines.runs.listing import format_minute
from pipelines.runs.places import model_folder
from pipelines.runs.promotions import read_promotions
from pipelines.runs.references import resolve_run
from pipelines.runs.run import Run
from textrnn.errors import ConfigError

PROMOTED_BY = {"run": "by the run itself", "hand": "by hand"}


def promote(
    run: Annotated[
        str | None,
        typer.Argument(help="The id of a run, or a part of it; with an option the name.", show_default=False),
    ] = None,
    latest: Annotated[
        bool, typer.Option("--latest", help="Promote the last run; from then on each run promotes its own model.")
    ] = False,
    previous: Annotated[bool, typer.Option("--previous", help="Go back to what was promoted before.")] = False,
    history: Annotated[bool, typer.Option("--history", help="List the promotions; change nothing.")] = False,
    json: JsonOption = False,
) -> None:
    """Choose the run whose model predicts.

    \b
    textrnn runs
    textrnn promote 3fa2
    textrnn promote --latest

    Its model takes the place of models/NAME, whole or not at all. What is promoted by hand stays promoted while other
    runs finish, until --latest.
    """  # noqa: D301  # \b keeps the lines that follow
    if [latest, previous, history].count(True) > 1:
        raise ConfigError("promote: expected one of --latest, --previous, --history, found several; leave out the rest")
    root = Path.cwd()
    if history:
        _print_history(root, find_name(root, run), json=json)
        return
    if latest or previous:
        name = find_name(root, run)
        chosen = last_run(root, name) if latest else run_before(root, name)
    elif run is None:
        raise ConfigError("promote: expected the id of a run, or --latest, found neither; `textrnn runs` lists them")
    else:
        chosen = resolve_run(root, run)
    (promote_last if latest else promote_by_hand)(chosen, log=_tell)
    remember_model(root, model_folder(root, chosen.name))
    _print_promoted(chosen, by_hand=not latest, json=json)


def _print_promoted(run: Run, *, by_hand: bool, json: bool) -> None:
    folder = model_folder(run.root, run.name)
    place = folder.relative_to(run.root)
    if json:
        print_json({"run": run.id, "name": run.name, "model": str(folder), "by": "hand" if by_hand else "run"})
        return
    print_line(f"{place} is the model of run {run.id} ({summarize_model(folder)})")
    if by_hand:
        _tell(f"it stays while other runs of {run.name} finish; `textrnn promote --latest {run.name}` ends that")


def _print_history(root: Path, name: str, *, json: bool) -> None:
    found = read_promotions(root, name)
    if json:
        print_json([{"run": one.run, "at": one.at, "by": one.by} for one in found])
        return
    print_table([[format_minute(one.at), one.run, PROMOTED_BY[one.by]] for one in found])


def _tell(line: str) -> None:
    print(line, file=sys.stderr)
