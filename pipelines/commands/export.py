"""`textrnn export`: a saved model for other engines, or for little room."""

from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.html_page import require_output_file, write_html
from pipelines.commands.option_groups import flatten_option_groups
from pipelines.commands.options import CacheOption, LabelledOptions, ModelOption, QuietOption
from pipelines.commands.print_model_used import print_model_used
from pipelines.commands.small_model import DEFAULT_MAX_LOSS, SmallModelOptions, write_small
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
HtmlOption = Annotated[
    Path | None,
    typer.Option("--html", help="One HTML file that works offline.", metavar="FILE.html", show_default=False),
]
SizeOption = Annotated[
    str | None,
    typer.Option(
        "--max-size", help="Size that the small model may have at most, as in 2MB.", metavar="SIZE", show_default=False
    ),
]
LossOption = Annotated[
    float | None,
    typer.Option(
        "--max-loss",
        help=f"Points of the score that a small model may lose; without --max-size: {DEFAULT_MAX_LOSS}.",
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


@flatten_option_groups
def export(
    onnx: OnnxOption = None,
    small: SmallOption = None,
    html: HtmlOption = None,
    max_size: SizeOption = None,
    max_loss: LossOption = None,
    validation: ValidationOption = None,
    *,
    labelled: LabelledOptions,
    model: ModelOption = None,
    cache_dir: CacheOption = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")] = False,
    quiet: QuietOption = False,
) -> None:
    """Write a saved model in another form.

    \b
    textrnn export --onnx films.onnx
    textrnn export --small films-small --max-size 2MB
    textrnn export --html films.html --model films-small

    ONNX: one graph from token ids and lengths to calibrated probabilities. It is written where onnxruntime's scores
    are textrnn's to 0.00001.

    Small: a model folder like any other. Weights are rounded to int8; tokens and n-grams stay as far as they are worth
    it: the best within --max-size, or the smallest within --max-loss. Its card says what it costs.

    HTML: one page with the model in it, for a browser without a network: a text or a CSV file in, labels with the words
    that speak for them out.
    """  # noqa: D301  # \b keeps the lines that follow
    forms = {"--onnx": onnx, "--small": small, "--html": html}
    given = [name for name, place in forms.items() if place is not None]
    if not given:
        raise ConfigError("export: expected what to write, found nothing; name it, as in --onnx FILE.onnx")
    if len(given) > 1:
        raise ConfigError(f"export: expected one form, found {' and '.join(given)}; write one after the other")
    wish = SmallModelOptions(max_size, max_loss, validation, labelled, cache_dir, overwrite)
    if small is not None:
        write_small(model, small, wish, quiet=quiet)
        return
    wish.require_unused(given[0])
    folder = find_model(model)
    if model is None and not quiet:
        print_model_used(folder)
    if html is not None:
        write_html(folder, html, overwrite=overwrite)
        return
    assert onnx is not None
    require_output_file("--onnx", onnx, folder, overwrite=overwrite, suffixes=(".onnx", ".md"))
    from textrnn.export.export_onnx import export_onnx

    done = export_onnx(folder, onnx)
    print_line(f"wrote {done.file} ({done.size / 1e6:.1f} MB) and {done.card}")
    print_line(
        f"{done.parity.engine} agrees with textrnn to {done.parity.differences.max():.1e} in "
        f"{done.parity.differences.size} batches"
    )
