"""`textrnn export`: a saved model for other engines."""

from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.model_notice import print_model_used
from pipelines.commands.options import ModelOption, QuietOption
from pipelines.running.last_run import find_model
from pipelines.running.stdout import print_line
from textrnn.errors import ConfigError


def export(
    onnx: Annotated[
        Path | None,
        typer.Option("--onnx", help="An ONNX file, and its card beside it.", metavar="FILE.onnx", show_default=False),
    ] = None,
    model: ModelOption = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file that is there.")] = False,
    quiet: QuietOption = False,
) -> None:
    """Write a saved model in another form.

    \b
    textrnn export --onnx films.onnx

    ONNX: one graph from token ids and lengths to calibrated probabilities. It is written where onnxruntime's scores
    are textrnn's to 0.00001.
    """  # noqa: D301  # \b keeps the lines that follow
    if onnx is None:
        raise ConfigError("export: expected what to write, found nothing; name it, as in --onnx FILE.onnx")
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
        raise ConfigError(f"--onnx {file}: expected another place than the model folder, found {model}; name another")
    for path in (place, place.with_suffix(".md")):
        if path.is_dir() or (path.exists() and not overwrite):
            what = "a folder; name another" if path.is_dir() else "one; name another, or replace it with --overwrite"
            raise ConfigError(f"--onnx {file}: expected no file {path.name} there yet, found {what}")
