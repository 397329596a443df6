"""`textrnn demo series`, `demo memory`: what a recurrence is for."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.commands.options import JsonOption
from pipelines.running.stdout import print_json, print_line, print_table, require_output
from textrnn.config.model import Recurrence
from textrnn.errors import ConfigError
from textrnn.machine.heap import keep_freed_memory
from textrnn.storage.files import write_bytes, write_json

LENGTHS, MORE_LENGTHS = (50, 100, 200), (500, 1000)
ENCODERS: tuple[Recurrence, ...] = ("rnn", "gru", "lstm", "mingru")

demo_app = typer.Typer(no_args_is_help=True, help="Show what recurrences forecast and remember.")
SeedsOption = Annotated[
    int, typer.Option("--seeds", min=1, max=100, help="Number of networks, one a seed; the mean is shown.")
]


@demo_app.command("series")
def show_series(
    out: Annotated[Path, typer.Option("--out", help="The folder for series.json and series.png.")] = Path(
        "demo/series"
    ),
    encoder: Annotated[Recurrence, typer.Option("--encoder", help="The recurrence.")] = "rnn",
    hidden_size: Annotated[int, typer.Option("--hidden-size", min=1, max=4096, help="Its units.")] = 50,
    window: Annotated[int, typer.Option("--window", min=2, max=1000, help="Steps read for each forecast.")] = 30,
    epochs: Annotated[int, typer.Option("--epochs", min=1, help="Epochs over the training part.")] = 100,
    seeds: SeedsOption = 3,
    json: JsonOption = False,
) -> None:
    """Forecast two series one step ahead.

    A recurrent network compared with the last value, the season, a linear model.
    """
    require_output(out, None, folder=True)
    from textrnn.sequences.demo.forecast import Settings, forecast
    from textrnn.sequences.demo.series import PACKAGE, sines, temperatures
    from textrnn.sequences.demo.series_plot import draw_series

    keep_freed_memory(one_arena=True)
    settings = Settings(encoder, hidden_size, window, epochs, seeds=seeds)
    found = []
    for series in (sines(), temperatures()):
        if series is None:
            _tell(f"the daily temperatures are skipped: {PACKAGE} is not installed (`pip install textrnn[demo]`)")
            continue
        _tell(f"{series.name}: {len(series.values):,} steps, {seeds} networks of {epochs} epochs")
        found.append(forecast(series, settings))
    write_json(out / "series.json", {"settings": vars(settings), "series": found})
    _write_picture(out / "series.png", draw_series(found), write_bytes)
    if json:
        print_json([{name: one[name] for name in one if name not in ("truth", "network")} for one in found])
        return
    for one in found:
        unit = f" {one['unit']}" if one["unit"] else ""
        print_line(f"{one['series']}: {one['about']}; the last {one['test_steps']} of {one['steps']:,} steps")
        print_table([["", f"RMSE{unit}", f"MAE{unit}", ""], *[_error_cells(row) for row in one["errors"]]])
        if one["floor"] is not None:
            print_line(f"no forecast can have an RMSE below {one['floor']:.3f}: that is the noise")
    print_line(f"wrote {out}")


def _error_cells(row: dict[str, Any]) -> list[str]:
    spread = f"{row['lowest']:.3f} to {row['highest']:.3f} by seed" if "lowest" in row else ""
    return [row["way"], f"{row['rmse']:.3f}", f"{row['mae']:.3f}", spread]


@demo_app.command("memory")
def show_memory(
    out: Annotated[Path, typer.Option("--out", help="The folder for memory.json and memory.png.")] = Path(
        "demo/memory"
    ),
    lengths: Annotated[
        list[int] | None,
        typer.Option(
            "--length",
            min=4,
            max=100_000,
            help="Length of the sequences; repeatable.",
            show_default="50, 100, 200",
        ),
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Lengths 500 and 1,000 too: five times the work.")] = False,
    steps: Annotated[int, typer.Option("--steps", min=1, help="Training steps at most.")] = 1500,
    hidden_size: Annotated[int, typer.Option("--hidden-size", min=1, max=4096, help="Units.")] = 64,
    seed: Annotated[int, typer.Option("--seed", min=0, max=2**31 - 1, help="Seed of weights and sequences.")] = 0,
    processes: Annotated[
        int, typer.Option("--processes", min=0, max=256, help="Processes at once; 0: one for each idle core.")
    ] = 0,
    json: JsonOption = False,
) -> None:
    """Show how far each recurrence remembers.

    For rnn, gru, lstm and mingru, and why.
    """
    if lengths and full:
        raise ConfigError("expected --length or --full, found both; --full is 50, 100, 200, 500 and 1,000")
    require_output(out, None, folder=True)
    from textrnn.sequences.demo.memory_plot import draw_memory
    from textrnn.sequences.demo.memory_trial import Trial
    from textrnn.sequences.demo.synthetic_tasks import BASELINES, CHANCE
    from textrnn.sequences.demo.trials import idle_cores, run_trials

    wanted = sorted(set(lengths or (*LENGTHS, *(MORE_LENGTHS if full else ()))))
    trials = [
        Trial(task, encoder, length, steps, hidden_size, seed)
        for task in BASELINES
        for encoder in ENCODERS
        for length in wanted
    ]
    at_once = processes or idle_cores()
    _tell(f"{len(trials)} networks of {hidden_size} units, {steps:,} steps at most, {at_once} at once")
    results = run_trials(trials, at_once, on_result=lambda row: _tell(_trial_line(row)))
    about = {"baseline_loss": BASELINES, "chance_accuracy": CHANCE}
    write_json(out / "memory.json", {**about, "results": results})
    _write_picture(out / "memory.png", draw_memory(results, CHANCE), write_bytes)
    if json:
        print_json([{name: row[name] for name in row if not name.startswith("gradient_")} for row in results])
        return
    for task, baseline in BASELINES.items():
        print_line(f"{task}: accuracy (loss); without memory {CHANCE[task]:.3f} ({baseline:.3f})")
        rows = {(row["encoder"], row["length"]): row for row in results if row["task"] == task}
        cells = [[kind, *[_memory_cell(rows[kind, length]) for length in wanted]] for kind in ENCODERS]
        print_table([["", *[f"{length} steps" for length in wanted]], *cells])
    print_line(f"wrote {out}")


def _memory_cell(row: dict[str, Any]) -> str:
    return f"{row['accuracy']:.3f} ({row['loss']:.4f})"


def _trial_line(row: dict[str, Any]) -> str:
    what = f"{row['task']:<7} {row['encoder']:<7} {row['length']:>5} steps"
    return f"{what}  accuracy {row['accuracy']:.3f}  after {row['steps_taken']:,} steps, {row['seconds']:.0f} s"


def _write_picture(path: Path, data: bytes | None, write: Any) -> None:
    if data is None:
        _tell("no picture: matplotlib is not installed (`pip install textrnn[plots]`)")
    else:
        write(path, data)


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
