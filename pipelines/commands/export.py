"""`textrnn export`: a saved model for other engines, or for little room."""

from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.model_notice import print_model_used
from pipelines.commands.options import CacheOption, ModelOption, QuietOption
from pipelines.commands.small_model import MAX_LOSS, SmallModelOptions, write_small
from pipelines.running.last_run import find_model
from pipelines.running.stdout import print_line
from textrnn.errors import ConfigError

OnnxOption = Annotated[
    Path | None,
    typer.Option("--onnx", help="An ONNX file, with its card next to it.", metavar="FILE.onnx", show_default=False),
]
SmallOption = Annotated[
    Path | None,
    typer.Option("--small", help="A model folder with int8 weights.", metavar="FOLDER", show_default=False),
]
SizeOption = Annotated[
    str | None,
    typer.Option("--max-size", help="The largest small model, as in 2MB.", metavar="SIZE", show_default=False),
]
LossOption = Annotated[
    float | None,
    typer.Option(
        "--max-loss",
        help=f"Points of the score that a small model may lose; without --max-size: {MAX_LOSS}.",
        metavar="POINTS",
        show_default=False,
    ),
]
ValidationOption = Annotated[
    str | None,
    typer.Option(
        "--validation",
        help="Labelled rows to measure a small model on; default: the validation split of the run that made it.",
        metavar="FILE",
        show_default=False,
    ),
]


def export(
    onnx: OnnxOption = None,
    small: SmallOption = None,
    max_size: SizeOption = None,
    max_loss: LossOption = None,
    validation: ValidationOption = None,
    model: ModelOption = None,
    cache_dir: CacheOption = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")] = False,
    quiet: QuietOption = False,
) -> None:
    """Write a saved model in another form.

    \b
    textrnn export --onnx films.onnx
    textrnn export --small films-small --max-size 2MB

    ONNX: one graph from token ids and lengths to calibrated probabilities. It is written where onnxruntime's scores
    are textrnn's to 0.00001.

    Small: a model folder like any other. Weights are rounded to int8; tokens and n-grams stay as far as they are worth
    it: the best within --max-size, or the smallest within --max-loss. Its card says what it costs.
    """  # noqa: D301  # \b keeps the lines that follow
    if onnx is None and small is None:
        raise ConfigError("export: expected what to write, found nothing; name it, as in --onnx FILE.onnx")
    if onnx is not None and small is not None:
        raise ConfigError("export: expected one form, found --onnx and --small; write one after the other")
    wish = SmallModelOptions(max_size, max_loss, validation, cache_dir, overwrite)
    if small is not None:
        write_small(model, small, wish, quiet=quiet)
        return
    assert onnx is not None
    wish.require_unused("--onnx")
    folder = find_model(model)
    _require_place(onnx, folder, overwrite=overwrite)
    from textrnn.export.onnx_file import export_onnx

    if model is None and not quiet:
        print_model_used(folder)
    done = export_onnx(folder, onnx)
    print_line(f"wrote {done.file} ({done.size / 1e6:.1f} MB) and {done.card}")
    print_line(
        f"{done.parity.engine} agrees with textrnn to {done.parity.differences.max():.1e} in "
        f"{done.parity.differences.size} batches"
    )


def _require_place(file: Path, model: Path, *, overwrite: bool) -> None:
    """Refuse, by ConfigError and before any work, a place that cannot be written, or may not be replaced."""
    if file.suffix != ".onnx":
        raise ConfigError(f"--onnx {file}: expected a name that ends in .onnx, found {file.suffix or 'none'}")
    place = file.resolve()
    if not place.parent.is_dir():
        raise ConfigError(f"--onnx {file}: expected a folder {file.parent}, found none; make it first")
    if model.resolve() in place.parents:
        raise ConfigError(
            f"--onnx {file}: expected a path other than the model folder, found {model}; choose another path"
        )
    for path in (place, place.with_suffix(".md")):
        if path.is_dir() or (path.exists() and not overwrite):
            what = (
                "a folder; choose another path"
                if path.is_dir()
                else "one; choose another path, or replace it with --overwrite"
            )
            raise ConfigError(f"--onnx {file}: expected no file {path.name} there yet, found {what}")
