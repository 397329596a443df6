"""`textrnn compare`: two kept runs, or models, on the same labelled rows."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.commands.option_groups import flatten_option_groups
from pipelines.commands.options import CacheOption, JsonOption, LabelledOptions
from pipelines.running.last_run import find_name
from pipelines.running.stdout import print_json, print_line, print_table, require_output
from pipelines.runs.listing import format_interval, format_minute, format_score
from pipelines.runs.references import NamedModel, resolve_model
from pipelines.runs.run import list_kept
from pipelines.runs.run_changes import RunChanges, changes_between
from textrnn.errors import ConfigError
from textrnn.evaluation.formatting import clean_text

if TYPE_CHECKING:
    from pipelines.runs.compare_models import ComparedModels
    from pipelines.runs.differing_texts import DifferingText

SHOWN, CHANGES_SHOWN, TEXT_SHOWN = 10, 8, 60  # texts that differ, lines of changes of a kind, characters of a text
RUN_HELP = "The id of a run or a part of it, a name, or a model folder."


@flatten_option_groups
def compare(
    first: Annotated[str | None, typer.Argument(help=RUN_HELP, metavar="[A]", show_default=False)] = None,
    second: Annotated[str | None, typer.Argument(help=RUN_HELP, metavar="[B]", show_default=False)] = None,
    data: Annotated[
        str | None,
        typer.Option("--data", help="Labelled rows that neither has seen, to compare on.", show_default=False),
    ] = None,
    *,
    labelled: LabelledOptions,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="A CSV file of all texts on which they differ.", show_default=False),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the output, whatever it is.")] = False,
    cache_dir: CacheOption = None,
    json: JsonOption = False,
) -> None:
    """Compare two runs on rows that both held out.

    \b
    textrnn compare                    # the last two runs
    textrnn compare 3fa2 77c1 -o differ.csv
    textrnn compare models/a models/b --data new.csv

    Says whether the difference is more than chance (a paired test), on which texts they differ, and which settings,
    data, code changed.
    """  # noqa: D301  # \b keeps the lines that follow
    from pipelines.runs.compare_models import compare_models
    from pipelines.runs.differing_texts import write_differing

    a, b = _two_models(first, second)
    if output is not None:
        require_output(output, Path(data) if data else None, a.folder)
        if output.exists() and output.stat().st_size and not overwrite:
            raise ConfigError(f"--output {output}: expected no such file, found one; name another, or take --overwrite")
    if data is None:
        labelled.require_unused("--data FILE")
    found = compare_models(a, b, data, labelled.reading, cache_dir)
    changed = changes_between(a.run, b.run) if a.run is not None and b.run is not None else None
    if output is not None:
        write_differing(found.differing, output)
    if json:
        print_json({**found.to_json(), "changed": changed.to_json() if changed else None})
        return
    _print(found, changed, output)


def _two_models(first: str | None, second: str | None) -> tuple[NamedModel, NamedModel]:
    """The models that are named; where none is, those of the last two runs. Raises ConfigError."""
    root = Path.cwd()
    if first is None:
        name = find_name(root, None)
        kept = list_kept(root, name)
        if len(kept) < 2:
            raise ConfigError(
                f"compare: expected two kept runs of {name}, found {len(kept)}; train another, or name two models"
            )
        first, second = (f"{name}/{run.id}" for run in kept[-2:])
    if second is None:
        raise ConfigError("compare: expected two runs or models, found one; `textrnn runs` lists the kept runs")
    return resolve_model(root, first), resolve_model(root, second)


def _print(found: "ComparedModels", changed: RunChanges | None, output: Path | None) -> None:
    print_table([["A", *_about(found.a)], ["B", *_about(found.b)]])
    print_line(found.rows.line)
    score = str(found.comparison.test["score"])
    print_table([[name.upper(), *_scored(score, found.comparison.scores[name])] for name in "ab"])
    print_line(found.comparison.verdict)
    if changed is not None:
        _print_changes(changed)
    _print_differing(found.differing, len(found.rows.examples), output)


def _about(model: NamedModel) -> list[str]:
    if model.run is None:
        return [model.shown, "", ""]
    return [model.run.id, model.run.name, format_minute(str(model.run.record.get("finished", "")))]


def _scored(name: str, score: dict[str, Any]) -> list[str]:
    ends = format_interval(score)
    return [format_score({**score, "name": name}), f"(95 % {ends})" if ends else ""]


def _print_changes(changed: RunChanges) -> None:
    """A line for each thing that changed from A to B."""
    lines = changed.to_json()
    if not any(lines.values()):
        print_line("settings, data, code and libraries are the same")
    for kind, words in lines.items():
        for line in words[:CHANGES_SHOWN]:
            print_line(f"{kind:<10}{line}")
        if len(words) > CHANGES_SHOWN:
            print_line(f"{kind:<10}... {len(words) - CHANGES_SHOWN} more")


def _print_differing(differing: "list[DifferingText]", rows: int, output: Path | None) -> None:
    print_line(f"they differ on {len(differing):,} of {rows:,} texts" + (":" if differing else ""))
    shown = [
        [
            f"row {text.row}",
            clean_text(text.id),
            f"label {clean_text(text.label)}",
            f"A {_said(text.a, text.a_probability)}",
            f"B {_said(text.b, text.b_probability)}",
            clean_text(text.text, TEXT_SHOWN),
        ]
        for text in differing[:SHOWN]
    ]
    print_table([[f"  {first}", *rest] for first, *rest in shown])
    if output is not None:
        print_line(f"all of them in {output}")
    elif len(differing) > SHOWN:
        print_line(f"  ... {len(differing) - SHOWN:,} more; --output FILE writes all")


def _said(label: str, probability: float | None) -> str:
    return clean_text(label) + ("" if probability is None else f" {probability:.3f}")
