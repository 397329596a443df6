"""`textrnn runs`: the kept runs of this folder, listed or removed."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from pipelines.commands.options import JsonOption
from pipelines.running.stdout import print_json, print_line, print_table
from pipelines.runs.listing import format_table, list_runs, warn_of_runs
from pipelines.runs.references import resolve_run
from pipelines.runs.removal import collect_runs, remove_runs

RUNS_HELP = "List the kept runs; remove some."
NO_RUNS = "no runs are kept here; `textrnn run` keeps one"
NameOption = Annotated[str | None, typer.Option("--name", help="Of this name alone.", show_default=False)]
DryOption = Annotated[bool, typer.Option("--dry-run", help="Show what would be removed; remove nothing.")]


class RunsCommands(TyperGroup):
    """A group that lists where no command of it is named."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse `args`, as click does."""
        named = args and (args[0] in self.commands or "--help" in args or not args[0].startswith("-"))
        return super().parse_args(ctx, args if named else ["list", *args])


runs_app = typer.Typer(cls=RunsCommands, help=RUNS_HELP)


@runs_app.command("list")
def list_all(name: NameOption = None, json: JsonOption = False) -> None:
    """List the kept runs: `textrnn runs` for short.

    Of each: its id, when it finished, the digest and rows of its data, its score with the 95 % interval, its size, the
    minutes that its stages took, whether it is promoted, and what changed since the run of its name before it.
    """
    found = list_runs(Path.cwd(), name)
    if json:
        print_json([listed.to_json() for listed in found])
    elif found:
        print_table(format_table(found))
        for warning in warn_of_runs(found):
            print(f"warning: {warning}", file=sys.stderr)
    else:
        print_line(NO_RUNS)


@runs_app.command("rm")
def remove(
    runs: Annotated[list[str], typer.Argument(help="Ids of runs, or parts of ids.", metavar="RUN...")],
    dry_run: DryOption = False,
    json: JsonOption = False,
) -> None:
    """Remove kept runs, never a promoted one."""
    found = {run.folder: run for run in (resolve_run(Path.cwd(), each) for each in runs)}
    _print_gone(remove_runs(list(found.values()), dry_run=dry_run), dry_run=dry_run, json=json)


@runs_app.command("gc")
def collect(
    keep: Annotated[int, typer.Option("--keep", min=0, help="Keep the last N runs of each name.", metavar="N")] = 10,
    name: NameOption = None,
    dry_run: DryOption = False,
    json: JsonOption = False,
) -> None:
    """Remove old runs of each name, never a promoted one."""
    _print_gone(collect_runs(Path.cwd(), name, keep, dry_run=dry_run), dry_run=dry_run, json=json)


def _print_gone(gone: list[tuple[Path, int]], *, dry_run: bool, json: bool) -> None:
    shown = [(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path, size) for path, size in gone]
    if json:
        print_json([{"run": path.name, "path": str(path), "bytes": size} for path, size in shown])
        return
    for path, size in shown:
        print_line(f"{size / 1e6:9.2f} MB  {path}")
    verb = "would be removed" if dry_run else "removed"
    print_line(f"{sum(size for _, size in gone) / 1e6:.2f} MB {verb}")
