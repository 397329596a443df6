"""`textrnn explain`: what each word adds to a prediction."""

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pipelines.commands.option_groups import flatten_option_groups
from pipelines.commands.options import FormatOptions, IdOption, ModelOption, QuietOption, TextColumnOption
from pipelines.commands.print_model_used import print_model_used
from pipelines.predicting.input_files import find_files
from pipelines.predicting.input_rows import read_arguments, rename_texts
from pipelines.predicting.row_counts import RowCounts
from pipelines.running.last_run import find_model
from pipelines.running.stdout import print_line, require_output, write_stdout
from textrnn.config.data import TextFormat
from textrnn.data.columns import Columns
from textrnn.data.readers.notes import Notes
from textrnn.errors import ConfigError
from textrnn.evaluation.formatting import clean_text
from textrnn.storage.file_names import as_text
from textrnn.storage.files import write_text
from textrnn.storage.ownership import mark_page, require_own_files

if TYPE_CHECKING:
    from pipelines.predicting.chosen_rows import ChosenRow
    from textrnn.explanation.explanation import Explanation

Method = Literal["shapley", "leave_one_out", "integrated_gradients"]
OPTION_PREFIXES = {"label: ": "--class: ", "against: ": "--against: "}  # how messages begin: in Python, here


@dataclass(frozen=True)
class RowsOptions(FormatOptions):
    """Rows of a file in place of texts, and how it is read."""

    input: Annotated[
        Path | None,
        typer.Option("--input", "-i", help="A file of which rows are explained: --id or --row.", show_default=False),
    ] = None
    id: Annotated[
        list[str] | None,
        typer.Option("--id", help="The row with this id; repeatable.", metavar="ID", show_default=False),
    ] = None
    row: Annotated[
        list[int] | None,
        typer.Option(
            "--row", min=1, help="The row with this number, from 1; repeatable.", metavar="N", show_default=False
        ),
    ] = None
    text_column: TextColumnOption = None
    id_column: IdOption = None

    def require_use(self, texts: Sequence[str] | None) -> None:
        """Refuse, by ConfigError, `texts` with a file, neither, a file of which no row is named, options without it."""
        if bool(texts) == (self.input is not None):
            raise ConfigError("explain: expected texts, or --input FILE with --id or --row, one of the two")
        if self.input is not None and not (self.id or self.row):
            raise ConfigError(f"--input {self.input}: expected --id or --row with it, found neither; name the rows")
        for field in fields(self):
            if self.input is None and getattr(self, field.name) is not None:
                name = field.name.replace("_", "-")
                raise ConfigError(
                    f"--{name}: expected --input FILE with it, found none; name the file, or leave it out"
                )


@flatten_option_groups
def explain(
    texts: Annotated[list[str] | None, typer.Argument(help="Texts to explain.", show_default=False)] = None,
    *,
    named: RowsOptions,
    model: ModelOption = None,
    label: Annotated[
        str | None, typer.Option("--class", help="Explain this class; default: the predicted one.", show_default=False)
    ] = None,
    against: Annotated[
        str | None,
        typer.Option("--against", help="Compare with this class; default: the next most probable.", show_default=False),
    ] = None,
    method: Annotated[
        Method, typer.Option("--method", help="How the recurrent branch is explained; the last needs torch and captum.")
    ] = "shapley",
    top: Annotated[int, typer.Option("--top", min=0, help="List the N words that add most.", metavar="N")] = 8,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write a page with the coloured texts.", show_default=False)
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a JSON object a text, with the offsets of its words.")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a page that textrnn did not write.")] = False,
    quiet: QuietOption = False,
) -> None:
    """Explain a prediction: what each word adds to it, in colour.

    \b
    textrnn explain "What a wonderful film, though far too long!"
    textrnn explain "I lost my card" --class lost_card --against card_arrival
    textrnn explain "What a film!" --html why.html
    textrnn explain --input tickets.csv --id T-0042

    Blue words speak for the class, orange underlined ones against it. All that is listed adds up to the difference of
    the calibrated logits of the two classes.

    Where a model reads more than a text, an argument is a JSON object with its columns. Of a file columns are called
    as in training.
    """  # noqa: D301  # \b keeps the lines that follow
    from textrnn.explanation.page import show_page
    from textrnn.model.explain import explain_examples
    from textrnn.model.folder import load_predictor

    named.require_use(texts)
    text_format = named.text_format
    folder = find_model(model)
    if html is not None:
        _require_place(html, folder, overwrite=overwrite)
    predictor = load_predictor(folder)
    if model is None and not quiet:
        print_model_used(folder)
    chosen = _choose(texts or (), named, predictor.columns, text_format)
    examples = [found.row.example for found in chosen if found.row.example is not None]
    try:
        found = list(explain_examples(predictor, examples, label=_class(label), against=_class(against), method=method))
    except ConfigError as error:
        raise ConfigError(_for_options(str(error))) from None
    if html is not None:
        write_text(html, mark_page(show_page(found)))
    _print(found, chosen if named.input is not None else (), top=top, html=html, as_json=as_json)


def _choose(
    texts: Sequence[str], named: RowsOptions, columns: Columns, text_format: TextFormat
) -> "Sequence[ChosenRow]":
    """The rows that are named, or those that stand on the command line. Raises ConfigError, DataError."""
    from pipelines.predicting.chosen_rows import ChosenRow, choose_rows
    from textrnn.model.stream import StreamRow

    if named.input is None:
        counts = RowCounts(Notes(), columns.max_characters, refuse=True)
        rows = read_arguments(texts, columns, counts).rows
        return [ChosenRow(number, "", row) for number, row in enumerate(rows, 1) if isinstance(row, StreamRow)]
    files = find_files(str(named.input))
    if len(files) != 1:
        raise ConfigError(f"--input {named.input}: expected one file, found {len(files)}; name the one of the rows")
    columns = rename_texts(columns, named.text_column)
    columns = replace(columns, id=named.id_column or columns.id)
    return choose_rows(files[0], columns, text_format, named.row or (), [as_text(each) for each in named.id or ()])


def _print(
    found: "Sequence[Explanation]", rows: "Sequence[ChosenRow]", *, top: int, html: Path | None, as_json: bool
) -> None:
    """Print the explanations, those of `rows` of a file with their names: as JSON, or as lines where they are not on a
    page.
    """
    from textrnn.explanation.terminal import show_lines

    for number, explanation in enumerate(found):
        if as_json:
            where = {"row": rows[number].number, "id": rows[number].id or None} if rows else {}
            write_stdout(json.dumps({**where, **explanation.to_json()}, allow_nan=False) + "\n", json_text=True)
        elif html is None:
            lines = show_lines(explanation, colours=supports_colour(), top=top)
            name = [clean_text(rows[number].name)] if rows else []
            for line in [*([""] if number else []), *name, *lines]:
                print_line(line)
    if html is not None and not as_json:
        print_line(f"page  {html}")


def supports_colour() -> bool:
    """Whether standard output is a terminal that shows colours, and NO_COLOR (no-color.org) does not forbid them."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _require_place(html: Path, model: Path, *, overwrite: bool) -> None:
    """Refuse, by ConfigError and before any work, a page that cannot be written, or may not be replaced."""
    try:
        require_output(html, None, model)
        if not overwrite:
            require_own_files([html], f"--html {html}:")
    except ConfigError as error:
        raise ConfigError(str(error).replace("--output", "--html")) from None


def _class(name: str | None) -> str | None:
    return None if name is None else as_text(name)


def _for_options(message: str) -> str:
    """A `message` that begins with a parameter of Python's, for who typed a command."""
    for parameter, option in OPTION_PREFIXES.items():
        if message.startswith(parameter):
            return option + message.removeprefix(parameter)
    return message
