"""The options of `textrnn predict` for its predictions: what they hold, where they are written."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from pipelines.predicting.csv_json_output import OutputFormat
from pipelines.predicting.input_files import require_other_output
from pipelines.predicting.prediction_files import require_prediction_file
from pipelines.predicting.prediction_output import Destination, choose_format
from pipelines.running.stdout import require_output
from textrnn.errors import ConfigError


@dataclass(frozen=True)
class PredictionOptions:
    """What the predictions hold, and where they are written."""

    format: Annotated[
        OutputFormat | None,
        typer.Option(
            "--format", "-f", help="Output format; default: by the output's name, else JSON Lines.", show_default=False
        ),
    ] = None
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="The output file; default: standard output. .gz or .xz compresses.",
            show_default=False,
        ),
    ] = None
    top: Annotated[
        int | None,
        typer.Option(
            "--top",
            min=1,
            help="Show the N most probable classes: label, then label_2, ...",
            metavar="N",
            show_default=False,
        ),
    ] = None
    all_classes: Annotated[bool, typer.Option("--all", help="Add a column with the probability of each class.")] = False
    bom: Annotated[
        bool, typer.Option("--bom", help="Write a byte order mark first, so that spreadsheets detect UTF-8.")
    ] = False
    spreadsheet_safe: Annotated[
        bool,
        typer.Option("--spreadsheet-safe", help="Put an apostrophe before CSV cells that a spreadsheet would run."),
    ] = False
    restart: Annotated[
        bool, typer.Option("--restart", help="Start over; ignore the rows that an interrupted command finished.")
    ] = False
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an output that predict did not write.")] = (
        False
    )

    def destination(self) -> Destination:
        """Where they go, and in which format; a link stays, and what it leads to is replaced. Raises ConfigError."""
        output = self.output
        place = Path(os.path.realpath(output)) if output is not None and os.path.islink(output) else output
        return Destination(choose_format(self.format, self.output), place, self.bom, self.spreadsheet_safe)

    def require_output_file(self, source: str | None, files: Sequence[Path], model: Path) -> None:
        """Refuse, by ConfigError and before any work, an output that cannot be written, or may not be replaced."""
        if self.restart and (self.output is None or not files):
            raise ConfigError("--restart: expected --input FILE and --output FILE: nothing else is resumed")
        if self.output is None:
            return
        folder = source is not None and Path(source).is_dir()
        for path in [Path(str(source))] if folder else files or (None,):
            require_output(self.output, path, model)
        if source is not None and files:
            require_other_output(self.output, source, files)
        require_prediction_file(self.output, overwrite=self.overwrite)
